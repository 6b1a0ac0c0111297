/*
 * port.c - the addon's functions that open, start and close ports, and ask about the
 * peer.
 */
#include "node/port.h"

#include "core/failpoint.h"
#include "node/order.h"
#include "node/ports.h"
#include "node/value.h"

/* open() -> slot of one endpoint; STATUS is the slot of the other. */
napi_value
rp_port_open(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_endpoint *one, *other;
  uint32_t slot, other_slot;

  if (e->closing || rp_channel_open(&e->ready_list, &one, &other) != RP_OK)
    return rp_throw_memory(env);
  rp_failpoint("port:opened");
  slot = rp_ports_add(e, one);
  other_slot = slot == RP_NO_SLOT ? RP_NO_SLOT : rp_ports_add(e, other);
  if (other_slot == RP_NO_SLOT) {
    if (slot != RP_NO_SLOT)
      rp_ports_retire(e, slot);
    else
      (void) rp_endpoint_close(one);
    (void) rp_endpoint_close(other);
    return rp_throw_memory(env);
  }
  /* Whoever gets one of them, gets it after all that was posted before. */
  rp_order_marked(e, &e->ports[slot]);
  rp_order_marked(e, &e->ports[other_slot]);
  rp_control(e)[RP_CONTROL_STATUS] = other_slot;
  return rp_from_u32(env, slot);
}

/* bind(slot, port): make the port an async resource, as Node does with its ports. */
napi_value
rp_port_bind(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], name;
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);

  if (port == NULL || port->context != NULL) return NULL;
  if (napi_create_string_latin1(env, "MESSAGEPORT", NAPI_AUTO_LENGTH, &name) == napi_ok)
    (void) napi_async_init(env, argv[1], name, &port->context);
  return NULL;
}

/* setReceiving(slot, boolean): start or stop the port. */
napi_value
rp_port_set_receiving(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);
  bool receiving = false;

  if (port == NULL || napi_get_value_bool(env, argv[1], &receiving) != napi_ok)
    return NULL;
  rp_failpoint("port:starting");
  if (receiving && !port->receiving) rp_endpoint_schedule(port->endpoint);
  port->receiving = receiving;
  return NULL;
}

/* close(slot): close the port in the closing phase of the loop. The peer reads what was
 * posted, then 'close'. */
napi_value
rp_port_close(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);

  if (port != NULL) rp_ports_retire(e, port->endpoint->slot);
  return NULL;
}

/* wantViews(slot, boolean): see rp_endpoint_want_views(). */
napi_value
rp_port_want_views(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  bool wanted = false;

  (void) napi_get_value_bool(env, argv[1], &wanted);
  if (port != NULL) rp_endpoint_want_views(port->endpoint, wanted);
  return NULL;
}

/* peerViews(slot) -> true if the peer wants large data as blocks. */
napi_value
rp_port_peer_views(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return rp_from_bool(env, port != NULL && rp_endpoint_peer_views(port->endpoint));
}

/* peerDeclared(slot) -> true if the owner of the other endpoint has called join(). */
napi_value
rp_port_peer_declared(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return rp_from_bool(env, port != NULL && rp_endpoint_peer_declared(port->endpoint));
}

/* claimOffer(slot) -> true if this side must make the Node channel of the pair. */
napi_value
rp_port_claim_offer(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  bool first = port != NULL && rp_endpoint_claim_offer(port->endpoint);

  rp_failpoint("port:offering");
  return rp_from_bool(env, first);
}

/* peerClosed(slot) -> true if the other endpoint is closed, or this one is gone. */
napi_value
rp_port_peer_closed(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return rp_from_bool(env, port == NULL || rp_endpoint_peer_closed(port->endpoint));
}

/* queued(slot) -> number of messages that wait. */
napi_value
rp_port_queued(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  rp_record first;

  if (port == NULL || rp_chain_peek(&port->endpoint->inbox, &first) != RP_OK)
    return rp_from_u32(env, 0);
  return rp_from_u32(env, rp_chain_queued(&port->endpoint->inbox));
}
