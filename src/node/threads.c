/*
 * threads.c - lists the threads of the process and their ports.
 */
#include "node/threads.h"

#include <stdlib.h>

#include "core/port/flow.h"
#include "node/env.h"
#include "node/value.h"

/* A port as other threads see it. */
typedef struct row {
  const rp_channel *channel;
  uint64_t thread_id, bytes_in, mark;
  uint32_t slot, serial, received, sent, queued, turns, by_node, stalls;
  const struct row *peer; /* NULL: in transit, or not listed */
} row;

typedef struct rows {
  row *list;
  size_t length, capacity;
} rows;

/* Return the environment that has these counters. */
static rp_env *
env_of(rp_counters *counters) {
  return (rp_env *) (void *) ((uint8_t *) counters - offsetof(rp_env, counters));
}

/* Return the number of messages queued for a port. Its environment's ports_lock is held.
 */
static uint32_t
queued(rp_port *port) {
  uint32_t received = rp_load_relaxed(&port->counts.received);
  uint32_t count = rp_load_relaxed(&port->endpoint->inbox.sent) - received;

  return (int32_t) count < 0 ? 0 : count; /* `sent` may be the older of the two */
}

static void
add_row(rows *to, uint64_t thread_id, uint32_t slot, rp_port *port) {
  const rp_endpoint *endpoint = port->endpoint;
  rp_port_counts *counts = &port->counts;

  if (to->length == to->capacity) return;
  to->list[to->length++] = (row){
      .channel = endpoint->channel,
      .thread_id = thread_id,
      .slot = slot,
      .serial = port->serial,
      .mark = endpoint->outflow == NULL ? 0 : endpoint->outflow->mark,
      .received = rp_load_relaxed(&counts->received),
      .sent = rp_load_relaxed(&endpoint->peer->inbox.sent),
      .queued = queued(port),
      .bytes_in = rp_load_relaxed(&counts->bytes_in),
      .turns = rp_load_relaxed(&counts->turns),
      .by_node = rp_load_relaxed(&counts->by_node),
      .stalls = rp_load_relaxed(&counts->stalls),
  };
}

static void
add_ports(uint64_t thread_id, rp_counters *counters, void *data) {
  rp_env *e = env_of(counters);

  rp_lock_take(&e->ports_lock);
  for (uint32_t slot = 0; slot < e->ports_length; slot++)
    if (e->ports[slot].endpoint != NULL) add_row(data, thread_id, slot, &e->ports[slot]);
  rp_lock_drop(&e->ports_lock);
}

static void
count_ports(uint64_t thread_id, rp_counters *counters, void *data) {
  rp_env *e = env_of(counters);

  (void) thread_id;
  rp_lock_take(&e->ports_lock);
  *(size_t *) data += e->ports_length;
  rp_lock_drop(&e->ports_lock);
}

/* What is queued for the ports of a thread. */
typedef struct inboxes {
  uint64_t *queued; /* by place in the list of threads */
  const rp_thread_info *infos;
  size_t length;
} inboxes;

static void
add_queued(uint64_t thread_id, rp_counters *counters, void *data) {
  const inboxes *to = data;
  rp_env *e = env_of(counters);
  size_t i = 0;

  while (i < to->length && to->infos[i].id != thread_id) i++;
  if (i == to->length) return;
  rp_lock_take(&e->ports_lock);
  for (uint32_t slot = 0; slot < e->ports_length; slot++)
    if (e->ports[slot].endpoint != NULL) to->queued[i] += queued(&e->ports[slot]);
  rp_lock_drop(&e->ports_lock);
}

static bool
set_number(napi_env env, napi_value object, const char *key, uint64_t number) {
  napi_value value;

  return napi_create_double(env, (double) number, &value) == napi_ok &&
         napi_set_named_property(env, object, key, value) == napi_ok;
}

static bool
set_string(napi_env env, napi_value object, const char *key, const char *text) {
  napi_value value;

  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok &&
         napi_set_named_property(env, object, key, value) == napi_ok;
}

/* Describe a thread as threads() does. NULL if Node-API fails. */
static napi_value
describe_thread(napi_env env, const rp_thread_info *info, uint64_t waiting) {
  static const char *const states[] = {"starting", "running", "stopping", "exited"};
  napi_value object;
  bool complete = napi_create_object(env, &object) == napi_ok &&
                  set_number(env, object, "threadId", info->id) &&
                  set_string(env, object, "name", info->name) &&
                  set_string(env, object, "state", states[info->state]) &&
                  set_number(env, object, "ports", info->ports) &&
                  set_number(env, object, "messagesIn", info->messages_in) &&
                  set_number(env, object, "messagesOut", info->messages_out) &&
                  set_number(env, object, "bytesIn", info->bytes_in) &&
                  set_number(env, object, "bytesOut", info->bytes_out) &&
                  set_number(env, object, "wakeUps", info->wakeups) &&
                  set_number(env, object, "queued", waiting) &&
                  set_number(env, object, "byNode", info->by_node) &&
                  set_number(env, object, "stalls", info->stalls);

  return complete ? object : NULL;
}

/* threads() -> see lib/index.d.ts. */
napi_value
rp_threads_describe(napi_env env, napi_callback_info info) {
  size_t capacity = rp_threads_list(NULL, 0) + 8; /* some may start meanwhile */
  rp_thread_info *infos = calloc(capacity, sizeof(*infos));
  uint64_t *waiting = calloc(capacity, sizeof(*waiting));
  napi_value result = NULL;

  (void) info;
  if (infos == NULL || waiting == NULL) {
    free(infos);
    free(waiting);
    return rp_throw_memory(env);
  }

  size_t count = rp_threads_list(infos, capacity);

  if (count > capacity) count = capacity;

  inboxes to = {waiting, infos, count};
  bool complete = napi_create_array(env, &result) == napi_ok;

  rp_threads_each(add_queued, &to);
  for (uint32_t i = 0; complete && i < count; i++) {
    napi_value thread = describe_thread(env, &infos[i], waiting[i]);

    complete = thread != NULL && napi_set_element(env, result, i, thread) == napi_ok;
  }
  free(infos);
  free(waiting);
  return complete ? result : rp_throw_memory(env);
}

static int
by_channel(const void *one, const void *other) {
  uintptr_t a = (uintptr_t) ((const row *) one)->channel;
  uintptr_t b = (uintptr_t) ((const row *) other)->channel;

  return a < b ? -1 : a > b;
}

/* Describe a port as ports() does. NULL if Node-API fails. */
static napi_value
describe_port(napi_env env, const row *port) {
  napi_value object;
  bool complete = napi_create_object(env, &object) == napi_ok &&
                  set_number(env, object, "threadId", port->thread_id) &&
                  set_number(env, object, "slot", port->slot) &&
                  set_number(env, object, "serial", port->serial) &&
                  set_number(env, object, "messagesIn", port->received) &&
                  set_number(env, object, "messagesOut", port->sent) &&
                  set_number(env, object, "bytesIn", port->bytes_in) &&
                  set_number(env, object, "queued", port->queued) &&
                  set_number(env, object, "wakeUps", port->turns) &&
                  set_number(env, object, "byNode", port->by_node) &&
                  set_number(env, object, "stalls", port->stalls) &&
                  set_number(env, object, "highWaterMark", port->mark);

  if (port->peer != NULL) {
    complete = complete &&
               set_number(env, object, "peerThreadId", port->peer->thread_id) &&
               set_number(env, object, "peerSlot", port->peer->slot);
  }
  return complete ? object : NULL;
}

/* ports() -> the ports of all threads: { threadId, slot, serial, messagesIn, messagesOut,
 * bytesIn, queued, wakeUps, byNode, stalls, highWaterMark }; and { peerThreadId, peerSlot
 * } if the other port is one of them. highWaterMark is 0 without a mark. The next port of
 * a slot has another serial. */
napi_value
rp_threads_ports(napi_env env, napi_callback_info info) {
  rows all = {NULL, 0, 64}; /* some may open meanwhile */
  napi_value result = NULL;

  (void) info;
  rp_threads_each(count_ports, &all.capacity);
  all.list = calloc(all.capacity, sizeof(*all.list));
  if (all.list == NULL) return rp_throw_memory(env);
  rp_threads_each(add_ports, &all);
  qsort(all.list, all.length, sizeof(*all.list), by_channel);
  for (size_t i = 1; i < all.length; i++) {
    row *one = &all.list[i - 1], *other = &all.list[i];

    /* The channel of a port that was transferred meanwhile may be here three times. */
    if (one->channel != other->channel) continue;
    one->peer = other;
    other->peer = one;
  }

  bool complete = napi_create_array(env, &result) == napi_ok;

  for (uint32_t i = 0; complete && i < all.length; i++) {
    napi_value port = describe_port(env, &all.list[i]);

    complete = port != NULL && napi_set_element(env, result, i, port) == napi_ok;
  }
  free(all.list);
  return complete ? result : rp_throw_memory(env);
}

/* answers(): this thread answers the questions of `ringport top` from now on. */
napi_value
rp_threads_answer(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  rp_store_relaxed(&e->counters.answers, 1);
  return NULL;
}

/* Ids of threads. */
typedef struct ids {
  uint64_t *list;
  size_t length, capacity;
} ids;

static void
add_answering(uint64_t thread_id, rp_counters *counters, void *data) {
  ids *to = data;

  if (rp_load_relaxed(&counters->answers) == 0) return;
  if (to->length < to->capacity) to->list[to->length++] = thread_id;
}

/* answering() -> the ids of the threads that have called answers(). */
napi_value
rp_threads_answering(napi_env env, napi_callback_info info) {
  ids all = {NULL, 0, rp_threads_list(NULL, 0) + 8}; /* some may start meanwhile */
  napi_value result = NULL, id;

  (void) info;
  all.list = calloc(all.capacity, sizeof(*all.list));
  if (all.list == NULL) return rp_throw_memory(env);
  rp_threads_each(add_answering, &all);

  bool complete = napi_create_array(env, &result) == napi_ok;

  for (uint32_t i = 0; complete && i < all.length; i++)
    complete = napi_create_double(env, (double) all.list[i], &id) == napi_ok &&
               napi_set_element(env, result, i, id) == napi_ok;
  free(all.list);
  return complete ? result : rp_throw_memory(env);
}
