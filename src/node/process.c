/*
 * process.c - the addon's functions for what threads share besides channels: shapes,
 * spawns, the table of threads.
 */
#include "node/process.h"

#include <stdlib.h>

#include "node/env.h"
#include "core/random.h"
#include "core/process/shapes.h"
#include "core/process/spawn.h"
#include "node/ports.h"
#include "node/value.h"
#include "core/failpoint.h"

/* internShape(text) -> number of the shape; -1 if the table is full or the text too
 * long. */
napi_value
rp_process_intern_shape(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  char text[RP_SHAPE_TEXT_MAX + 1];
  size_t length;
  uint32_t number;

  (void) rp_arguments(env, info, argv);
  if (napi_get_value_string_utf8(env, argv[0], NULL, 0, &length) != napi_ok)
    return rp_throw_type(env, "internShape needs a string");
  if (length > RP_SHAPE_TEXT_MAX) return rp_from_i32(env, -1);
  if (napi_get_value_string_utf8(env, argv[0], text, sizeof(text), &length) != napi_ok)
    return rp_from_i32(env, -1);
  if (rp_shapes_intern(text, length, &number) != RP_OK) return rp_from_i32(env, -1);
  return rp_from_u32(env, number);
}

/* shapeText(number) -> text of the shape; undefined if there is no such shape. */
napi_value
rp_process_shape_text(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], result = NULL;
  const char *text;
  size_t length;
  uint32_t number;

  (void) rp_arguments(env, info, argv);
  if (napi_get_value_uint32(env, argv[0], &number) != napi_ok) return NULL;
  if (rp_shapes_get(number, &text, &length) != RP_OK) return NULL;
  (void) napi_create_string_utf8(env, text, length, &result);
  return result;
}

/* The id of a thread; 0, which is no worker, for anything else. */
static uint64_t
thread_id(napi_env env, napi_value value) {
  int64_t id = 0;

  (void) napi_get_value_int64(env, value, &id);
  return (uint64_t) id;
}

/* Copy a string, truncated to what the table keeps; empty for anything else. */
static void
thread_name(napi_env env, napi_value value, char name[4 * RP_THREAD_NAME_MAX]) {
  name[0] = '\0';
  (void) napi_get_value_string_utf8(env, value, name, 4 * RP_THREAD_NAME_MAX, NULL);
}

/* spawnBegin(): see rp_spawn_begin(). */
napi_value
rp_process_spawn_begin(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  return rp_spawn_begin(e) == RP_OK ? NULL : rp_throw_memory(env);
}

/* spawnCommit(threadId, id of an endpoint in transit, name of the thread). */
napi_value
rp_process_spawn_commit(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  char name[4 * RP_THREAD_NAME_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  uint64_t endpoint_id = rp_to_id(env, argv[1]);

  if (rp_spawn_commit(e, thread_id(env, argv[0]), endpoint_id) == RP_OK) {
    thread_name(env, argv[2], name);
    rp_threads_start(e, thread_id(env, argv[0]), name);
    return NULL;
  }
  rp_endpoint_lost(endpoint_id);
  return rp_throw_type(env, "spawnCommit without spawnBegin");
}

/* spawnAbort(): see rp_spawn_abort(). */
napi_value
rp_process_spawn_abort(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  (void) rp_spawn_abort(e);
  return NULL;
}

/* join(threadId, milliseconds) -> slot of the endpoint that the parent has made for this
 * thread, attached and declared; undefined if it has made none; null if that is not known
 * within the time. */
napi_value
rp_process_join(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], null = NULL;
  rp_env *e = rp_arguments(env, info, argv);
  uint32_t milliseconds = 0;
  uint64_t endpoint_id;
  rp_endpoint *endpoint;

  (void) napi_get_value_uint32(env, argv[1], &milliseconds);
  if (rp_spawn_claim(thread_id(env, argv[0]), &e->spawn_horizon, milliseconds,
                     &endpoint_id) != RP_OK) {
    (void) napi_get_null(env, &null);
    return null;
  }
  rp_failpoint("spawn:joining");
  if (endpoint_id == 0 || e->closing) return NULL;

  int result = rp_endpoint_attach(endpoint_id, &e->ready_list, &endpoint);

  if (result == RP_ENOMEM) return rp_throw_memory(env);
  if (result != RP_OK) return NULL;

  uint32_t slot = rp_ports_add(e, endpoint);

  if (slot == RP_NO_SLOT) {
    (void) rp_endpoint_close(endpoint);
    return rp_throw_memory(env);
  }
  rp_endpoint_declare(endpoint);
  /* A parent that waits goes over to the ring now; see lib/flow/worker-flow.js. */
  if (endpoint->inflow != NULL) rp_endpoint_wake_sender(endpoint);
  rp_failpoint("spawn:joined");
  return rp_from_u32(env, slot);
}

/* spawnEntrust(threadId, id of an endpoint in transit): see rp_spawn_entrust(). */
napi_value
rp_process_spawn_entrust(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  /* Without memory, a loss of the endpoint is not noticed. */
  (void) rp_spawn_entrust(e, thread_id(env, argv[0]), rp_to_id(env, argv[1]));
  return NULL;
}

/* lost(id): close the endpoint if it is still in transit. */
napi_value
rp_process_lost(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];

  (void) rp_arguments(env, info, argv);
  rp_endpoint_lost(rp_to_id(env, argv[0]));
  return NULL;
}

/* spawnForget(threadId): the thread has ended. */
napi_value
rp_process_spawn_forget(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];

  (void) rp_arguments(env, info, argv);
  rp_spawn_forget(thread_id(env, argv[0]));
  rp_threads_forget(thread_id(env, argv[0]));
  return NULL;
}

/* threadOnline(threadId): Node says that the thread runs. */
napi_value
rp_process_thread_online(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];

  (void) rp_arguments(env, info, argv);
  rp_threads_online(thread_id(env, argv[0]));
  return NULL;
}

/* threadRun(threadId, name): list this thread in threads(). */
napi_value
rp_process_thread_run(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  char name[4 * RP_THREAD_NAME_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  thread_name(env, argv[1], name);
  if (rp_threads_run(thread_id(env, argv[0]), name, &e->counters) == RP_OK) return NULL;
  return rp_throw_memory(env);
}

/* mark() -> a secret number, the same in all threads. The wrapper marks its own messages
 * with it on channels that users post to as well. */
napi_value
rp_process_mark(napi_env env, napi_callback_info info) {
  (void) info;
  if (rp_random_prepare() == RP_OK) return rp_from_id(env, rp_random_number(0));
  (void) napi_throw_error(
      env, "ERR_RINGPORT_NO_RANDOM",
      "The system gives no random numbers: ringport needs getrandom() or /dev/urandom");
  return NULL;
}

/* counts() -> [endpoints in transit, open spawns and unclaimed endpoints] of the process,
 * for tests. */
napi_value
rp_process_counts(napi_env env, napi_callback_info info) {
  napi_value result = NULL;

  (void) info;
  if (napi_create_array_with_length(env, 2, &result) != napi_ok ||
      napi_set_element(env, result, 0,
                       rp_from_u32(env, (uint32_t) rp_channel_in_transit())) != napi_ok ||
      napi_set_element(env, result, 1, rp_from_u32(env, (uint32_t) rp_spawn_size())) !=
          napi_ok)
    return NULL;
  return result;
}
