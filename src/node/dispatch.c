/*
 * dispatch.c - calls the wrapper for each port and ring on the ready list.
 */
#include "node/dispatch.h"

#include "core/failpoint.h"
#include "core/process/barrier.h"
#include "node/flow.h"
#include "node/order.h"
#include "node/ring_wakeups.h"
#include "node/value.h"

/* Call the wrapper's dispatch(slot, queued). False if JavaScript cannot run any more. */
static bool
dispatch(rp_env *e, uint32_t slot, uint32_t queued) {
  napi_handle_scope scope;

  if (napi_open_handle_scope(e->env, &scope) != napi_ok) return false;

  napi_value argv[] = {rp_from_u32(e->env, slot), rp_from_u32(e->env, queued)};
  bool running =
      rp_env_call(e, e->ports[slot].context, e->receiver, e->dispatch, 2, argv);

  (void) napi_close_handle_scope(e->env, scope);
  return running;
}

/* Give a port its turn. False if JavaScript cannot run any more. */
static bool
turn(rp_env *e, rp_endpoint *endpoint) {
  uint32_t slot = endpoint->slot;
  rp_record first;
  bool running;

  rp_endpoint_begin(endpoint);
  rp_failpoint("turn:begun");
  /* As in libuv, a port that is closing gets no more callbacks. */
  if (e->ports[slot].state != RP_PORT_OPEN) return true;
  if (rp_chain_peek(&endpoint->inbox, &first) == RP_OK &&
      (first.type & RP_MESSAGE_BEHIND) != 0 && rp_order_hold(e, &e->ports[slot], true))
    return true;

  e->ports[slot].late = false;
  rp_count_word(&e->ports[slot].counts.turns, 1);
  e->turn = endpoint;
  e->turn_spin.since = 0;
  e->turn_spin.goes_on = false;
  running = dispatch(e, slot, rp_chain_queued(&endpoint->inbox));
  e->turn = NULL;

  rp_port *port = &e->ports[slot];

  rp_failpoint("turn:called");
  /* The callback may have closed or transferred the port. */
  if (port->state == RP_PORT_OPEN && port->endpoint == endpoint && port->waits == 0)
    rp_endpoint_end(endpoint, e->turn_spin.goes_on, !port->receiving);
  return running;
}

/* Give an endpoint of the ready list its turn. False if JavaScript cannot run any
 * more. */
static bool
any_turn(rp_env *e, rp_endpoint *endpoint) {
  if (rp_rings_owns(e, endpoint)) return rp_rings_turn(e);
  if (rp_flow_owns(e, endpoint)) return rp_flow_turn(e);
  return turn(e, endpoint);
}

static void
prepare(void *unused) {
  (void) unused;
  (void) rp_barrier_available();
}

/* Prepare the barrier of the process in a thread. In libuv's pool it could wait for jobs
 * that never end, and the end of the environment for it. If no thread can be created,
 * there is no barrier. */
static void
prepare_barrier(rp_env *e) {
  e->prepares = uv_thread_create(&e->preparer, prepare, NULL) == 0;
}

bool
rp_dispatch_serve(rp_env *e) {
  rp_endpoint *endpoint;

  rp_ready_list_wake(&e->ready_list);
  while ((endpoint = rp_ready_list_next(&e->ready_list)) != NULL)
    if (!any_turn(e, endpoint)) return false;
  if (rp_barrier_wanted()) prepare_barrier(e);
  return true;
}
