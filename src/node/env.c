/*
 * env.c - one Node environment: its doorbell, its ports, its end.
 *
 * The end of an environment, in order: the async clean-up hook runs (no JS any more), every endpoint is
 * closed (peers read RP_CLOSED), the doorbell and the handles of closing ports are closed, and the
 * last of their callbacks removes the hook and frees the rest.
 */
#include "node/env.h"

#include <stdlib.h>
#include <string.h>

#include "core/process/barrier.h"
#include "node/blocks.h"
#include "node/flat.h"
#include "node/ring_buffer.h"
#include "core/process/spawn.h"
#include "node/value.h"
#include "core/failpoint.h"

static void
finish(rp_env *e) {
  napi_async_cleanup_hook_handle hook = e->hook;

  rp_failpoint("env:finishing");
  if (e->prepares) (void) uv_thread_join(&e->preparer); /* 10 ms at most */
  for (uint32_t i = 0; i < e->staged_length; i++) rp_blocks_drop(e->staged[i]);
  rp_rings_free(e);
  rp_order_free(e);
  rp_flat_free(e);
  free(e->staged);
  free(e->ports);
  free(e->reserve);
  rp_threads_exit(&e->counters);
  free(e);
  (void) napi_remove_async_cleanup_hook(hook);
}

/* A handle is gone. True if the environment went with it. */
static bool
release_handle(rp_env *e) {
  if (--e->open_handles > 0) return false;
  finish(e);
  return true;
}

void
rp_env_handle_closed(uv_handle_t *handle) {
  rp_env *e = handle->data;

  free(handle);
  (void) release_handle(e);
}

static void
on_environment_closing(napi_async_cleanup_hook_handle hook, void *data) {
  rp_env *e = data;

  rp_failpoint("env:closing");
  e->hook = hook;
  e->closing = true;
  rp_threads_stop(&e->counters);
  for (uint32_t slot = 0; slot < e->ports_length; slot++) {
    rp_port *port = &e->ports[slot];

    if (port->endpoint != NULL) (void) rp_endpoint_close(port->endpoint);
    rp_failpoint("env:endpoint-closed");
    /* Withdrawn for a thread of ours that never got it: those have all ended. */
    if (port->endpoint == NULL && port->state == RP_PORT_OPEN)
      rp_endpoint_lost(port->away);
    if (port->context != NULL) (void) napi_async_destroy(e->env, port->context);
    rp_order_leave(e, port);
    port->context = NULL;
    port->endpoint = NULL;
    port->state = RP_PORT_FREE;
  }
  rp_rings_close(e);
  /* Also what it was in the middle of: whoever waits for that goes on. */
  rp_spawn_forget_all(e);
  rp_threads_forget_all(e);
  rp_idle_close(e);
  rp_order_close(e);
  rp_failpoint("env:closed");
  uv_close((uv_handle_t *) e->doorbell, rp_env_handle_closed);
}

static void
ring(rp_ready_list *list) {
  /* libuv's relaxed fast path cannot miss here: who calls this holds the thread's token, so the last callback
   * has begun and cleared the flag, and who has taken the token from a thread at rest has seen that. The other
   * way, from here to the callback, nothing is expected of libuv but the call: see rp_ready_list_wake(). */
  (void) uv_async_send(((rp_env *) (void *) list)->doorbell);
}

bool
rp_env_call(rp_env *e, napi_async_context context, napi_ref receiver_ref,
            napi_ref function_ref, size_t argc, const napi_value *argv) {
  napi_value receiver = NULL, function = NULL, error = NULL;

  (void) napi_get_reference_value(e->env, receiver_ref, &receiver);
  (void) napi_get_reference_value(e->env, function_ref, &function);

  napi_status status =
      napi_make_callback(e->env, context, receiver, function, argc, argv, NULL);

  if (status == napi_ok) return true;

  bool pending = false;

  (void) napi_is_exception_pending(e->env, &pending);
  if (!pending) return false; /* terminated */
  if (napi_get_and_clear_last_exception(e->env, &error) != napi_ok) return false;
  return napi_fatal_exception(e->env, error) == napi_ok;
}

/* Call a function of the wrapper for a port. */
static bool
call(rp_env *e, rp_port *port, napi_ref function, size_t argc, const napi_value *argv) {
  return rp_env_call(e, port->context, e->receiver, function, argc, argv);
}

/* Have the wrapper deal with an endpoint that has news. */
static bool
dispatch(rp_env *e, uint32_t slot, uint32_t queued) {
  napi_handle_scope scope;

  if (napi_open_handle_scope(e->env, &scope) != napi_ok) return false;

  napi_value argv[] = {rp_from_u32(e->env, slot), rp_from_u32(e->env, queued)};
  bool running = call(e, &e->ports[slot], e->dispatch, 2, argv);

  (void) napi_close_handle_scope(e->env, scope);
  return running;
}

/* One turn of an endpoint that has news. False if JS cannot run any more. */
static bool
turn(rp_env *e, rp_endpoint *endpoint) {
  uint32_t slot = endpoint->slot;
  rp_record first;
  bool running;

  rp_endpoint_begin(endpoint);
  rp_failpoint("turn:begun");
  /* A handle that is closing gets no callbacks any more; neither do we. */
  if (e->ports[slot].state != RP_PORT_OPEN) return true;
  if (rp_chain_peek(&endpoint->inbox, &first) == RP_OK &&
      (first.type & RP_MESSAGE_BEHIND) != 0 && rp_order_hold(e, &e->ports[slot], true))
    return true;

  e->turn = endpoint;
  e->lingered = 0;
  e->lingers_on = false;
  running = dispatch(e, slot, rp_chain_queued(&endpoint->inbox));
  e->turn = NULL;

  rp_port *port = &e->ports[slot];

  rp_failpoint("turn:called");
  /* The callback may have closed the port, or sent it away. */
  if (port->state == RP_PORT_OPEN && port->endpoint == endpoint && port->waits == 0)
    rp_endpoint_end(endpoint, e->lingers_on, !port->receiving);
  return running;
}

static void
prepare(void *unused) {
  (void) unused;
  (void) rp_barrier_available();
}

/* Have the barrier of the process prepared meanwhile. By a thread, not by libuv's pool, where it could wait
 * for jobs that never end, and the end of the environment for it. Without a thread there is no barrier. */
static void
prepare_barrier(rp_env *e) {
  e->prepares = uv_thread_create(&e->preparer, prepare, NULL) == 0;
}

bool
rp_env_serve(rp_env *e) {
  rp_endpoint *endpoint;

  rp_ready_list_wake(&e->ready_list);
  while ((endpoint = rp_ready_list_next(&e->ready_list)) != NULL)
    if (!(rp_rings_owns(e, endpoint) ? rp_rings_turn(e) : turn(e, endpoint)))
      return false;
  if (rp_barrier_wanted()) prepare_barrier(e);
  return true;
}

void
rp_env_rest(rp_env *e) {
  if (e->order.length > 0 || e->idle.watching) return; /* whose callbacks come here */
  /* What came meanwhile waits for the next iteration of the loop, behind timers and I/O. */
  if (!rp_ready_list_rest(&e->ready_list) && !rp_idle_come_back(e))
    (void) uv_async_send(e->doorbell);
}

static void
on_doorbell(uv_async_t *doorbell) {
  rp_env *e = doorbell->data;

  if (e->closing) return;
  rp_failpoint("doorbell:woken");
  rp_count(&e->counters.wakeups, 1);
  rp_idle_woken(e);
  rp_order_serve(e, doorbell);
}

rp_env *
rp_env_new(napi_env env) {
  rp_env *e = calloc(1, sizeof(*e));
  uv_async_t *doorbell = calloc(1, uv_handle_size(UV_ASYNC));

  uv_idle_t *reserve = malloc(uv_handle_size(UV_IDLE));

  if (e == NULL || doorbell == NULL || reserve == NULL) goto err;
  e->env = env;
  e->reserve = reserve;
  e->idle.linger = RP_LINGER;
  e->unclosed = RP_NO_SLOT;
  e->doorbell = doorbell;
  e->free_slot = RP_NO_SLOT;
  e->batch_slot = RP_NO_SLOT;
  rp_ready_list_init(&e->ready_list, ring);
  if (napi_get_uv_event_loop(env, &e->loop) != napi_ok) goto err;
  if (uv_async_init(e->loop, doorbell, on_doorbell) != 0) goto err;
  doorbell->data = e;
  uv_unref((uv_handle_t *) doorbell);
  e->open_handles = 1;
  rp_failpoint("env:made");
  if (napi_add_async_cleanup_hook(env, on_environment_closing, e, &e->hook) != napi_ok) {
    /* Only when the environment is going already; the loop still runs closing callbacks. */
    uv_close((uv_handle_t *) doorbell, (uv_close_cb) free);
    free(reserve);
    free(e);
    return NULL;
  }
  return e;

err:
  free(reserve);
  free(doorbell);
  free(e);
  (void) rp_throw_memory(env);
  return NULL;
}

static void
set_view(rp_env *e, rp_view *view, napi_value value) {
  napi_typedarray_type type;
  napi_ref ref = NULL;
  void *data = NULL;
  size_t length = 0;

  if (napi_get_typedarray_info(e->env, value, &type, &length, &data, NULL, NULL) !=
      napi_ok) {
    (void) rp_throw_type(e->env, "a typed array is needed");
    return;
  }
  if (napi_create_reference(e->env, value, 1, &ref) != napi_ok) return;
  if (view->ref != NULL) (void) napi_delete_reference(e->env, view->ref);
  *view = (rp_view){ref, data, type == napi_int32_array ? length * 4 : length};
}

napi_value
rp_env_setup(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  set_view(e, &e->control, argv[3]);
  if (e->control.length < RP_CONTROL_WORDS * sizeof(uint32_t)) {
    e->control = (rp_view){NULL, NULL, 0};
    return rp_throw_type(env, "setup needs an Int32Array of control words");
  }
  (void) napi_create_reference(env, argv[0], 1, &e->receiver);
  (void) napi_create_reference(env, argv[1], 1, &e->dispatch);
  (void) napi_create_reference(env, argv[2], 1, &e->closed);
  return NULL;
}

napi_value
rp_env_set_scratch(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  set_view(e, &e->scratch, argv[0]);
  return NULL;
}

napi_value
rp_env_set_outbox(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  set_view(e, &e->outbox, argv[0]);
  return NULL;
}

napi_value
rp_env_set_posts(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  set_view(e, &e->posts, argv[0]);
  if (e->posts.length >= sizeof(uint32_t)) return NULL;
  e->posts = (rp_view){NULL, NULL, 0};
  return rp_throw_type(env, "setPosts needs 4 bytes");
}

napi_value
rp_env_set_inbox(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  set_view(e, &e->inbox, argv[0]);
  return NULL;
}

napi_value
rp_env_set_collect(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  if (e->collect != NULL) return NULL;
  (void) napi_create_reference(env, argv[0], 1, &e->collect);
  (void) napi_get_value_uint32(env, argv[1], &e->flats_left);
  return NULL;
}

napi_value
rp_env_fatal(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];

  (void) rp_arguments(env, info, argv);
  (void) napi_fatal_exception(env, argv[0]);
  return NULL;
}

napi_value
rp_env_set_ref(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  bool ref = false, rings = false;

  if (napi_get_value_bool(env, argv[0], &ref) != napi_ok || e->closing) return NULL;
  (void) napi_get_value_bool(env, argv[1], &rings);
  if (rings)
    e->ref_by_rings = ref;
  else
    e->ref_by_ports = ref;
  if (e->ref_by_ports || e->ref_by_rings)
    uv_ref((uv_handle_t *) e->doorbell);
  else
    uv_unref((uv_handle_t *) e->doorbell);
  return NULL;
}

rp_port *
rp_env_used_port(rp_env *e, napi_value value) {
  uint32_t slot;

  if (napi_get_value_uint32(e->env, value, &slot) != napi_ok) return NULL;
  if (slot >= e->ports_length || e->ports[slot].state == RP_PORT_FREE) return NULL;
  return &e->ports[slot];
}

rp_port *
rp_env_port_at(rp_env *e, uint32_t slot) {
  return slot >= e->ports_length || e->ports[slot].endpoint == NULL ? NULL
                                                                    : &e->ports[slot];
}

rp_port *
rp_env_readable_port(rp_env *e, napi_value value) {
  uint32_t slot;

  if (napi_get_value_uint32(e->env, value, &slot) != napi_ok) return NULL;
  return rp_env_port_at(e, slot);
}

rp_port *
rp_env_port(rp_env *e, napi_value value) {
  rp_port *port = rp_env_readable_port(e, value);

  return port == NULL || port->state != RP_PORT_OPEN ? NULL : port;
}

/* Twice the slots. False without memory. */
static bool
grow_ports(rp_env *e) {
  uint32_t length = e->ports_length == 0 ? 8 : e->ports_length * 2;
  rp_port *ports = realloc(e->ports, length * sizeof(*ports));

  if (ports == NULL) return false;
  memset(ports + e->ports_length, 0, (length - e->ports_length) * sizeof(*ports));
  for (uint32_t slot = length; slot-- > e->ports_length;) {
    ports[slot].next_free = e->free_slot;
    e->free_slot = slot;
  }
  e->ports = ports;
  e->ports_length = length;
  return true;
}

uint32_t
rp_env_add_port(rp_env *e, rp_endpoint *endpoint) {
  if (e->free_slot == RP_NO_SLOT && !grow_ports(e)) return RP_NO_SLOT;

  uint32_t slot = e->free_slot;
  rp_port *port = &e->ports[slot];

  e->free_slot = port->next_free;
  *port = (rp_port){.endpoint = endpoint, .state = RP_PORT_OPEN};
  endpoint->slot = slot;
  rp_count(&e->counters.ports, 1);
  return slot;
}

uint64_t
rp_env_withdraw(rp_env *e, rp_port *port) {
  rp_endpoint *endpoint = port->endpoint;

  if (e->batch_slot == endpoint->slot) e->batch_slot = RP_NO_SLOT;
  port->endpoint = NULL;
  port->away = 0;
  return rp_endpoint_detach(endpoint);
}

typedef struct closing {
  rp_env *env;
  uint32_t slot;
} closing;

/* The closing phase of a port. */
static void
close_port(rp_env *e, uint32_t slot) {
  napi_handle_scope scope;
  rp_port *port = &e->ports[slot];

  if (e->batch_slot == slot) e->batch_slot = RP_NO_SLOT;

  rp_failpoint("port:closing");

  uint64_t in_transit = port->endpoint == NULL ? 0 : rp_endpoint_close(port->endpoint);

  port->endpoint = NULL;
  if (napi_open_handle_scope(e->env, &scope) == napi_ok) {
    napi_value argv[] = {rp_from_u32(e->env, slot), NULL};

    if (in_transit != 0) argv[1] = rp_from_id(e->env, in_transit);
    (void) call(e, port, e->closed, in_transit != 0 ? 2 : 1, argv);
    (void) napi_close_handle_scope(e->env, scope);
  }
  port = &e->ports[slot]; /* the callback may have opened ports */
  if (port->context != NULL) (void) napi_async_destroy(e->env, port->context);
  rp_order_leave(e, port);
  *port = (rp_port){.state = RP_PORT_FREE, .next_free = e->free_slot};
  e->free_slot = slot;
}

static void
on_port_closed(uv_handle_t *handle) {
  closing *c = handle->data;
  rp_env *e = c->env;
  uint32_t slot = c->slot;

  free(c);
  free(handle);
  if (!release_handle(e) && !e->closing) close_port(e, slot);
}

static void
on_reserve_closed(uv_handle_t *handle) {
  rp_env *e = handle->data;
  uint32_t slot = e->unclosed;

  e->unclosed = RP_NO_SLOT;
  if (release_handle(e)) return;
  while (slot != RP_NO_SLOT && !e->closing) {
    uint32_t next = e->ports[slot].next_free;

    close_port(e, slot);
    slot = next;
  }
}

/* Without memory for a handle of its own, a port closes with the others that have none. */
static void
retire_by_reserve(rp_env *e, uint32_t slot) {
  bool closes = e->unclosed != RP_NO_SLOT;

  e->ports[slot].next_free = e->unclosed;
  e->unclosed = slot;
  if (closes) return;
  (void) uv_idle_init(e->loop, e->reserve);
  e->reserve->data = e;
  e->open_handles++;
  uv_close((uv_handle_t *) e->reserve, on_reserve_closed);
}

void
rp_env_retire_port(rp_env *e, uint32_t slot) {
  rp_port *port = &e->ports[slot];
  uv_idle_t *handle = malloc(uv_handle_size(UV_IDLE));
  closing *c = malloc(sizeof(*c));

  port->receiving = false;
  port->state = RP_PORT_CLOSING;
  rp_count(&e->counters.ports, (uint64_t) -1);
  if (handle == NULL || c == NULL) {
    free(handle);
    free(c);
    retire_by_reserve(e, slot);
    return;
  }
  /* Node emits 'close' in the closing phase of the loop; a handle that never starts gets there. */
  *c = (closing){e, slot};
  (void) uv_idle_init(e->loop, handle);
  handle->data = c;
  e->open_handles++;
  rp_failpoint("port:retired");
  uv_close((uv_handle_t *) handle, on_port_closed);
}
