/*
 * adopt.c - ArrayBuffers of memory that was not V8's, and are like any other.
 *
 * Node-API's external ArrayBuffers are not: Node marks them as untransferable, since their memory ends
 * with the environment that made them. V8 itself knows no such end: a backing store belongs to whoever
 * holds it, of whatever thread, and the last one calls its deleter. So this file calls V8, as an addon in C++
 * does, and like that only where it knows the binary interface: on Linux, on the lines of Node that it has
 * been tested with, when all the symbols are there under the names that say what they take, and where
 * Node-API would allow external memory (not in a sandbox of V8's). Elsewhere there are no such ArrayBuffers,
 * and data is copied.
 *
 *   std::unique_ptr<BackingStore> ArrayBuffer::NewBackingStore(void *, size_t, deleter, void *);
 *   Local<ArrayBuffer> ArrayBuffer::New(Isolate *, std::shared_ptr<BackingStore>);
 *
 * What is not a plain pointer goes through memory of the caller's. A shared_ptr of libstdc++ (the name of New()
 * says that it is) is two pointers, to the object and to the block with its counters; that one is
 * part of every program in C++, inlined, and has not changed since there are shared_ptrs:
 *
 *   OFFSET SIZE DESCRIPTION
 *   0      8    virtual functions, see `functions`
 *   8      4    owners; the last one calls dispose()
 *   12     4    weak owners, and one more for all owners; the last one calls destroy()
 *   16     8    ours: the backing store
 */
#include "adopt.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"

typedef enum answer { UNKNOWN, NO, YES } answer;

#if defined(__linux__) && defined(__LP64__)
#include <uv.h>

typedef struct counted {
  void (*const *functions)(struct counted *);
  int32_t owners, weak;
  void *store;
} counted;

_Static_assert(offsetof(counted, owners) == 8 && offsetof(counted, weak) == 12,
               "as libstdc++ has it");

typedef struct shared_store {
  void *store;
  counted *counters;
} shared_store;

/* A unique_ptr, and as large as what no calling convention returns in registers. */
typedef struct unique_store {
  void *store;
  void *unused[2];
} unique_store;

static struct {
  unique_store (*new_store)(void *data, size_t length,
                            void (*deleter)(void *, size_t, void *), void *hint);
  void *(*new_buffer)(void *isolate, shared_store *store);
  void *(*isolate)(void);
  void (*end_store)(void *store);
  void (*free)(void *memory);
} v8;

static const struct {
  const char *name;
  void *function;
} symbols[] = {
    {"_ZN2v811ArrayBuffer15NewBackingStoreEPvmPFvS1_mS1_ES1_", &v8.new_store},
    {"_ZN2v811ArrayBuffer3NewEPNS_7IsolateESt10shared_ptrINS_12BackingStoreEE",
     &v8.new_buffer},
    {"_ZN2v87Isolate10GetCurrentEv", &v8.isolate},
    {"_ZN2v812BackingStoreD1Ev", &v8.end_store},
    {"_ZdlPv", &v8.free},
};

/* The lines of Node whose V8 this has been tested with. */
static const uint32_t lines[] = {20, 22, 24, 26};

/* The two destructors are for who deletes through a pointer, which nobody does. */
static void
never(counted *c) {
  (void) c;
}

static void
dispose(counted *c) {
  v8.end_store(c->store);
  v8.free(c->store);
}

static void
destroy(counted *c) {
  free(c);
}

/* No type and no offset in front: nobody asks for them. */
static void (*const functions[])(counted *) = {NULL,    NULL,    never, never,
                                               dispose, destroy, never};

static void
on_last_owner(void *data, size_t length, void *hint) {
  (void) hint;
  rp_block_free((rp_block){data, length});
}

static bool
find_symbols(void) {
  uv_lib_t program;
  bool all = uv_dlopen(NULL, &program) == 0;

  for (size_t i = 0; all && i < sizeof(symbols) / sizeof(symbols[0]); i++) {
    void *found = NULL;

    all = uv_dlsym(&program, symbols[i].name, &found) == 0 && found != NULL;
    memcpy(symbols[i].function, &found, sizeof(found));
  }
  uv_dlclose(&program);
  return all;
}

static bool
is_known(napi_env env) {
  const napi_node_version *version;

  if (napi_get_node_version(env, &version) != napi_ok) return false;
  if (strcmp(version->release, "node") != 0) return false;
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
    if (version->major == lines[i]) return true;
  return false;
}

static void
nothing(napi_env env, void *data, void *hint) {
  (void) env;
  (void) data;
  (void) hint;
}

/* Whether ArrayBuffers may have memory from outside: YES, NO, or UNKNOWN in a thread that is being
 * terminated. */
static answer
is_allowed(napi_env env) {
  static char byte;
  napi_value buffer;

  switch (napi_create_external_arraybuffer(env, &byte, 1, nothing, NULL, &buffer)) {
    case napi_ok:
      return YES;
    case napi_no_external_buffers_allowed:
      return NO;
    default:
      return UNKNOWN;
  }
}

napi_value
rp_adopt(rp_block block) {
  counted *counters = malloc(sizeof(*counters));

  if (counters == NULL) return NULL;
  *counters = (counted){functions + 2, 1, 1, NULL};
  counters->store = v8.new_store(block.data, block.length, on_last_owner, NULL).store;

  shared_store store = {counters->store, counters};

  /* A handle of V8's is what Node-API calls a value. What is passed by value is moved out of. */
  return v8.new_buffer(v8.isolate(), &store);
}

/* An ArrayBuffer is what it should be, and gives its memory back. */
static bool
tries_well(napi_env env) {
  rp_block block = rp_block_new(8);
  napi_value buffer = block.data == NULL ? NULL : rp_adopt(block);
  void *data = NULL;
  size_t length = 0;

  if (buffer == NULL) rp_block_free(block);
  return buffer != NULL &&
         napi_get_arraybuffer_info(env, buffer, &data, &length) == napi_ok &&
         data == block.data && length == block.length &&
         napi_detach_arraybuffer(env, buffer) == napi_ok;
}

static answer
works_here(napi_env env) {
  if (!is_known(env) || !find_symbols()) return NO;

  answer allowed = is_allowed(env);

  return allowed == YES && !tries_well(env) ? NO : allowed;
}
#else
napi_value
rp_adopt(rp_block block) {
  (void) block;
  return NULL;
}

static answer
works_here(napi_env env) {
  (void) env;
  return NO;
}
#endif

bool
rp_adopt_works(napi_env env) {
  static rp_lock lock = RP_LOCK_INIT;
  static answer works;

  rp_lock_take(&lock);
  if (works == UNKNOWN) works = works_here(env);

  bool result = works == YES;

  rp_lock_drop(&lock);
  return result;
}
