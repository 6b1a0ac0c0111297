/*
 * flow.c - the addon's functions for ports with a mark.
 *
 * A sender that has reached its mark waits until the consumer of its messages, on any
 * thread, wakes the sender's thread. The wrapper then looks at every port of the thread
 * that waits.
 */
#include "node/flow.h"

#include <string.h>

#include "core/failpoint.h"
#include "core/memory.h"
#include "core/port/flow.h"
#include "node/value.h"

/* What lookAgain() returns. */
#define DRAINED 0
#define WAITING 1
#define GONE 2

bool
rp_flow_prepare(rp_env *e) {
  if (rp_load_relaxed(&e->ready_list.senders) != NULL) return true;

  rp_senders *senders = rp_memory_take(sizeof(*senders));

  if (senders == NULL) return false;
  memset(senders, 0, sizeof(*senders));
  /* Release pairs with the acquire in rp_senders_wake(). */
  rp_store_release(&e->ready_list.senders, senders);
  return true;
}

void
rp_flow_end(rp_env *e) {
  rp_memory_give(rp_load_relaxed(&e->ready_list.senders), sizeof(rp_senders));
}

bool
rp_flow_owns(rp_env *e, const rp_endpoint *endpoint) {
  rp_senders *senders = rp_load_relaxed(&e->ready_list.senders);

  return senders != NULL && endpoint == &senders->endpoint;
}

bool
rp_flow_turn(rp_env *e) {
  napi_handle_scope scope;

  rp_senders_begin(rp_load_relaxed(&e->ready_list.senders));
  rp_failpoint("flow:turn");
  if (napi_open_handle_scope(e->env, &scope) != napi_ok) return false;

  napi_value argv[] = {rp_from_u32(e->env, RP_NO_SLOT), rp_from_u32(e->env, 0)};
  bool running = rp_env_call(e, NULL, e->receiver, e->dispatch, 2, argv);

  (void) napi_close_handle_scope(e->env, scope);
  return running;
}

/* Return whether the queue of a port has reached its mark, and count if it does so again.
 */
static bool
is_full(rp_env *e, rp_port *port) {
  if (!rp_flow_is_full(port->endpoint->outflow)) return false;
  if (!port->is_full) {
    rp_count(&e->counters.stalls, 1);
    rp_count_word(&port->counts.stalls, 1);
  }
  port->is_full = true;
  return true;
}

void
rp_flow_sending(rp_env *e, rp_port *port, uint32_t records, uint64_t weight) {
  rp_flow_add(port->endpoint->outflow, records, weight);
  rp_control(e)[RP_CONTROL_FLOW] = is_full(e, port);
}

/* The flow of what a port sends; NULL without a mark. */
static rp_flow *
flow_of(rp_env *e, napi_value slot) {
  rp_port *port = rp_env_readable_port(e, slot);

  return port == NULL ? NULL : port->endpoint->outflow;
}

static uint64_t
to_u64(napi_env env, napi_value value) {
  double number = 0;

  (void) napi_get_value_double(env, value, &number);
  /* Also false for NaN. */
  return number >= 1 && number < 9.2e18 ? (uint64_t) number : 0;
}

static napi_value
from_double(napi_env env, double number) {
  napi_value value = NULL;

  (void) napi_create_double(env, number, &value);
  return value;
}

/* setMark(slot, bytes, policy): give both directions of a channel that was just opened a
 * mark of at least 1. */
napi_value
rp_flow_set_mark(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);
  uint64_t mark = to_u64(env, argv[1]);
  uint32_t policy = 0;

  if (port == NULL || port->endpoint->outflow != NULL || mark == 0 ||
      napi_get_value_uint32(env, argv[2], &policy) != napi_ok || policy > UINT8_MAX)
    return rp_throw_type(env, "setMark needs a new port, a number and a policy");
  if (!rp_flow_prepare(e)) return rp_throw_memory(env);
  rp_lock_take(&e->ports_lock); /* other threads read the mark; see threads.h */
  int status = rp_endpoint_set_mark(port->endpoint, mark, (uint8_t) policy);
  rp_lock_drop(&e->ports_lock);
  return status == RP_OK ? NULL : rp_throw_memory(env);
}

/* flowMark(slot) -> bytes, 0 without a mark; STATUS is the policy. */
napi_value
rp_flow_get_mark(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_flow *flow = flow_of(e, argv[0]);

  rp_control(e)[RP_CONTROL_STATUS] = flow == NULL ? 0 : flow->policy;
  return from_double(env, flow == NULL ? 0 : (double) flow->mark);
}

/* flowLength(slot) -> bytes that are queued; STATUS is the number of records. */
napi_value
rp_flow_get_length(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_flow *flow = flow_of(e, argv[0]);

  rp_control(e)[RP_CONTROL_STATUS] =
      flow == NULL ? 0 : flow->sent - rp_load_relaxed(&flow->consumed);
  return from_double(env, flow == NULL ? 0 : (double) rp_flow_length(flow));
}

/* flowReached(slot) -> whether the queue has reached the mark. Then lookAgain() is due
 * when the senders are woken. */
napi_value
rp_flow_reached(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return rp_from_bool(env, port != NULL && port->endpoint->outflow != NULL &&
                               is_full(e, port));
}

/* lookAgain(slot) -> DRAINED, WAITING, or GONE: nobody will consume any more. */
napi_value
rp_flow_look_again(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);
  rp_flow *flow = flow_of(e, argv[0]);

  if (port == NULL || flow == NULL || rp_endpoint_peer_gone(port->endpoint))
    return rp_from_u32(env, GONE);
  port->is_full = rp_flow_look(flow);
  return rp_from_u32(env, port->is_full ? WAITING : DRAINED);
}

/* carry(slot, records, bytes): something was sent by Node's channel: so many records, or
 * 0: it belongs to the last one. FLOW: whether the queue has reached the mark. */
napi_value
rp_flow_carry(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  uint32_t records = 0;

  if (napi_get_value_uint32(env, argv[1], &records) != napi_ok)
    return rp_throw_type(env, "carry needs a number");
  if (port == NULL || port->endpoint->outflow == NULL) return NULL;
  if (records > 0) {
    rp_flow_sending(e, port, records, to_u64(env, argv[2]));
    return NULL;
  }
  rp_flow_add_weight(port->endpoint->outflow, to_u64(env, argv[2]));
  rp_control(e)[RP_CONTROL_FLOW] = is_full(e, port);
  return NULL;
}

/* pass(slot, records): so many records of Node's channel have been received. */
napi_value
rp_flow_pass(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  uint32_t records = 0;

  if (napi_get_value_uint32(env, argv[1], &records) != napi_ok)
    return rp_throw_type(env, "pass needs a number");
  if (port != NULL) rp_endpoint_consumed(port->endpoint, records);
  return NULL;
}

/* portStats(slot): the numbers of a port: START: messages sent, END: received, COUNT:
 * unread, MAX: turns. */
napi_value
rp_flow_port_stats(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  uint32_t *control = rp_control(e);
  rp_record first;

  control[RP_CONTROL_START] = control[RP_CONTROL_END] = 0;
  control[RP_CONTROL_COUNT] = control[RP_CONTROL_MAX] = 0;
  if (port == NULL) return NULL;

  rp_chain *inbox = &port->endpoint->inbox;

  control[RP_CONTROL_START] = port->endpoint->peer->inbox.claimed;
  control[RP_CONTROL_END] = inbox->received;
  if (rp_chain_peek(inbox, &first) == RP_OK)
    control[RP_CONTROL_COUNT] = rp_chain_queued(inbox);
  control[RP_CONTROL_MAX] = rp_load_relaxed(&port->counts.turns);
  return NULL;
}
