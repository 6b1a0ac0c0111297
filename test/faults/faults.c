/*
 * faults.c - part of the addon that `scripts/build.js --faults` builds: stops a thread at
 * an rp_failpoint() of the sources, and lets the n-th allocation fail.
 *
 * It adds these functions to the binding of every thread:
 *
 *   faultStopAt(point, nth)    this thread is to stop when it comes to the point the n-th time from now
 *   faultStopped() -> boolean  a thread has stopped and not gone on
 *   faultLetGo(milliseconds)   it goes on after that time
 *   faultReached() -> object   how often this thread has come to each point since faultStopAt()
 *   faultFailAt(kind, n)       the n-th call of a kind from now fails, in any thread; 0: none
 *   faultFailed() -> boolean   it has
 *   faultCalls(kind) -> number calls since faultFailAt()
 *   faultLive() -> number      blocks of memory that the addon has and has not freed
 *   faultKeep(bytes)           see rp_memory_keep()
 *
 * A stopped thread continues after GIVE_UP at the latest. By then the test has failed,
 * and this way nothing hangs.
 */
#include <node_api.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/lock.h"
#include "core/memory.h"
#include "core/failpoint.h"

#define POINTS_MAX 256
#define GIVE_UP UINT64_C(20000000000)

/* ---- points ---- */

/* Of this thread. */
static _Thread_local char armed[64];
static _Thread_local uint32_t to_go;
static _Thread_local bool counts;
static _Thread_local struct {
  const char *point;
  uint32_t times;
} reached[POINTS_MAX];

static rp_lock lock = RP_LOCK_INIT;
static rp_cond let_go = PTHREAD_COND_INITIALIZER;
static bool stopped;
static uint64_t until; /* when the stopped thread goes on */

static void
stop(void) {
  rp_lock_take(&lock);
  stopped = true;
  until = rp_now() + GIVE_UP;
  while (rp_now() < until) (void) rp_cond_wait_until(&let_go, &lock, until);
  stopped = false;
  rp_lock_drop(&lock);
}

static void
count(const char *point) {
  uint32_t i = 0;

  while (i < POINTS_MAX && reached[i].point != NULL &&
         strcmp(reached[i].point, point) != 0)
    i++;
  if (i == POINTS_MAX) abort();
  reached[i].point = point;
  reached[i].times++;
}

void
rp_failpoint(const char *point) {
  if (counts) count(point);
  if (to_go == 0 || strcmp(armed, point) != 0) return;
  if (--to_go == 0) stop();
}

static void
arguments(napi_env env, napi_callback_info info, napi_value argv[2]) {
  size_t argc = 2;

  (void) napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
}

static napi_value
stop_at(napi_env env, napi_callback_info info) {
  napi_value argv[2];

  arguments(env, info, argv);
  memset(reached, 0, sizeof(reached));
  counts = true;
  to_go = 0;
  armed[0] = '\0';
  (void) napi_get_value_string_utf8(env, argv[0], armed, sizeof(armed), NULL);
  (void) napi_get_value_uint32(env, argv[1], &to_go);
  return NULL;
}

static napi_value
boolean(napi_env env, bool value) {
  napi_value result = NULL;

  (void) napi_get_boolean(env, value, &result);
  return result;
}

static napi_value
number(napi_env env, double value) {
  napi_value result = NULL;

  (void) napi_create_double(env, value, &result);
  return result;
}

static napi_value
has_stopped(napi_env env, napi_callback_info info) {
  (void) info;
  rp_lock_take(&lock);
  bool now = stopped;
  rp_lock_drop(&lock);
  return boolean(env, now);
}

static napi_value
let_it_go(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t milliseconds = 0;

  arguments(env, info, argv);
  (void) napi_get_value_uint32(env, argv[0], &milliseconds);
  rp_lock_take(&lock);
  until = rp_now() + milliseconds * UINT64_C(1000000);
  rp_cond_wake_all(&let_go);
  rp_lock_drop(&lock);
  return NULL;
}

static napi_value
what_was_reached(napi_env env, napi_callback_info info) {
  napi_value result = NULL;

  (void) info;
  (void) napi_create_object(env, &result);
  for (uint32_t i = 0; i < POINTS_MAX && reached[i].point != NULL; i++)
    (void) napi_set_named_property(env, result, reached[i].point,
                                   number(env, reached[i].times));
  return result;
}

/* ---- calls that fail ---- */

enum { MEMORY, ASYNC, KINDS };

static atomic_long calls[KINDS], fail_at[KINDS], live;
static atomic_bool failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);
int __real_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb callback);
napi_status __real_napi_define_properties(napi_env env, napi_value object, size_t length,
                                          const napi_property_descriptor *properties);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *block);
int __wrap_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb callback);
napi_status __wrap_napi_define_properties(napi_env env, napi_value object, size_t length,
                                          const napi_property_descriptor *properties);

static bool
fails(int kind) {
  if (atomic_fetch_add(&calls[kind], 1) + 1 != atomic_load(&fail_at[kind])) return false;
  atomic_store(&failed, true);
  return true;
}

static void *
counted(void *block) {
  if (block != NULL) atomic_fetch_add(&live, 1);
  return block;
}

void *
__wrap_malloc(size_t size) {
  return fails(MEMORY) ? NULL : counted(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size) {
  return fails(MEMORY) ? NULL : counted(__real_calloc(count, size));
}

void *
__wrap_realloc(void *block, size_t size) {
  if (fails(MEMORY)) return NULL;
  return block == NULL ? counted(__real_realloc(NULL, size))
                       : __real_realloc(block, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size) {
  return fails(MEMORY) ? NULL : counted(__real_aligned_alloc(alignment, size));
}

void
__wrap_free(void *block) {
  if (block != NULL) atomic_fetch_sub(&live, 1);
  __real_free(block);
}

int
__wrap_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb callback) {
  return fails(ASYNC) ? UV_EMFILE : __real_uv_async_init(loop, async, callback);
}

static napi_value
fail_the(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t kind = 0, n = 0;

  arguments(env, info, argv);
  (void) napi_get_value_uint32(env, argv[0], &kind);
  (void) napi_get_value_uint32(env, argv[1], &n);
  if (kind >= KINDS) abort();
  atomic_store(&fail_at[kind], 0);
  atomic_store(&failed, false);
  atomic_store(&calls[kind], 0);
  atomic_store(&fail_at[kind], n);
  return NULL;
}

static napi_value
has_failed(napi_env env, napi_callback_info info) {
  (void) info;
  return boolean(env, atomic_load(&failed));
}

static napi_value
how_many_calls(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t kind = 0;

  arguments(env, info, argv);
  (void) napi_get_value_uint32(env, argv[0], &kind);
  return number(env, (double) atomic_load(&calls[kind < KINDS ? kind : 0]));
}

static napi_value
live_blocks(napi_env env, napi_callback_info info) {
  (void) info;
  return number(env, (double) atomic_load(&live));
}

static napi_value
keep(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t bytes = 0;

  arguments(env, info, argv);
  (void) napi_get_value_uint32(env, argv[0], &bytes);
  rp_memory_keep(bytes);
  return NULL;
}

/* ---- the binding ---- */

static const struct {
  const char *name;
  napi_callback function;
} functions[] = {
    {"faultStopAt", stop_at},
    {"faultStopped", has_stopped},
    {"faultLetGo", let_it_go},
    {"faultReached", what_was_reached},
    {"faultFailAt", fail_the},
    {"faultFailed", has_failed},
    {"faultCalls", how_many_calls},
    {"faultLive", live_blocks},
    {"faultKeep", keep},
};

napi_status
__wrap_napi_define_properties(napi_env env, napi_value object, size_t length,
                              const napi_property_descriptor *properties) {
  for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
    napi_property_descriptor one = {.utf8name = functions[i].name,
                                    .method = functions[i].function,
                                    .attributes = napi_enumerable};

    (void) __real_napi_define_properties(env, object, 1, &one);
  }
  return __real_napi_define_properties(env, object, length, properties);
}
