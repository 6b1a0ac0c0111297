/*
 * lifetime.c - how the data of a Node environment is made and freed.
 *
 * At its end the async clean-up hook runs first, when no JavaScript can run any more. It
 * closes all endpoints (their peers read RP_CLOSED), the doorbell and all other libuv
 * handles. The last close callback removes the hook and frees the rest.
 */
#include "node/lifetime.h"

#include <stdlib.h>

#include "core/failpoint.h"
#include "core/process/spawn.h"
#include "node/blocks.h"
#include "node/doorbell.h"
#include "node/flat.h"
#include "node/flow.h"
#include "node/loop_spin.h"
#include "node/order.h"
#include "node/ports.h"
#include "node/ring_buffer.h"
#include "node/value.h"

static void
finish(rp_env *e) {
  napi_async_cleanup_hook_handle hook = e->hook;

  rp_failpoint("env:finishing");
  if (e->prepares) (void) uv_thread_join(&e->preparer); /* 10 ms at most */
  rp_threads_exit(&e->counters); /* from here on no other thread reads the ports */
  for (uint32_t i = 0; i < e->staged_length; i++) rp_blocks_drop(e->staged[i]);
  rp_rings_free(e);
  rp_order_free(e);
  rp_flat_free(e);
  rp_flow_end(e);
  free(e->staged);
  free(e->ports);
  free(e->reserve);
  rp_lock_destroy(&e->ports_lock);
  free(e);
  (void) napi_remove_async_cleanup_hook(hook);
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

    bool is_away = port->endpoint == NULL && port->state == RP_PORT_OPEN;

    (void) rp_ports_close_endpoint(e, port);
    rp_failpoint("env:endpoint-closed");
    /* The endpoint was detached for a child worker that never claimed it. All child
     * workers have exited, so close it. */
    if (is_away) rp_endpoint_lost(port->away);
    if (port->context != NULL) (void) napi_async_destroy(e->env, port->context);
    rp_order_leave(e, port);
    port->context = NULL;
    port->state = RP_PORT_FREE;
  }
  rp_rings_close(e);
  /* Includes a spawn that is still open, so that nobody waits for it. */
  rp_spawn_forget_all(e);
  rp_threads_forget_all(e);
  rp_loop_spin_close(e);
  rp_order_close(e);
  rp_failpoint("env:closed");
  uv_close((uv_handle_t *) e->doorbell, rp_env_handle_closed);
}

rp_env *
rp_env_new(napi_env env) {
  rp_env *e = calloc(1, sizeof(*e));
  uv_async_t *doorbell = calloc(1, uv_handle_size(UV_ASYNC));

  uv_idle_t *reserve = malloc(uv_handle_size(UV_IDLE));

  if (e == NULL || doorbell == NULL || reserve == NULL) goto err;
  rp_lock_init(&e->ports_lock);
  e->env = env;
  e->reserve = reserve;
  e->turn_spin.limit = RP_LIMIT_MEASURED;
  e->unclosed = RP_NO_SLOT;
  e->doorbell = doorbell;
  e->free_slot = RP_NO_SLOT;
  e->batch_slot = RP_NO_SLOT;
  rp_ready_list_init(&e->ready_list, rp_doorbell_ring);
  e->finish = finish;
  e->order.serve = rp_doorbell_serve;
  if (napi_get_uv_event_loop(env, &e->loop) != napi_ok) goto err;
  if (uv_async_init(e->loop, doorbell, rp_doorbell_called) != 0) goto err;
  doorbell->data = e;
  uv_unref((uv_handle_t *) doorbell);
  e->open_handles = 1;
  rp_failpoint("env:made");
  if (napi_add_async_cleanup_hook(env, on_environment_closing, e, &e->hook) != napi_ok) {
    /* The environment is ending already; the loop still runs close callbacks. */
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
