/*
 * port_transfer.c - the addon's functions that transfer a port to another thread.
 */
#include "core/failpoint.h"
#include "node/port.h"
#include "node/ports.h"
#include "node/value.h"

/* announce(slot) -> id under which the endpoint will be in transit; undefined without
 * one. */
napi_value
rp_port_announce(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return port == NULL ? NULL : rp_from_id(env, rp_endpoint_announce(port->endpoint));
}

/* peer(slot) -> slot of the other endpoint if it is a port of this thread, else -1. */
napi_value
rp_port_peer(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  rp_endpoint *peer = port == NULL ? NULL : rp_endpoint_local_peer(port->endpoint);

  return peer == NULL ? rp_from_i32(env, -1) : rp_from_u32(env, peer->slot);
}

/* detach(slot) -> id of the endpoint, now in transit; undefined if it was already. The
 * port closes. */
napi_value
rp_port_detach(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_used_port(e, argv[0]);

  if (port == NULL) return NULL;

  napi_value id = rp_port_withdraw(env, info);

  if (port->state == RP_PORT_OPEN) rp_ports_retire(e, (uint32_t) (port - e->ports));
  return id;
}

/* withdraw(slot) -> id of the endpoint, now in transit. The port stays without an
 * endpoint, for restore() or detach(). */
napi_value
rp_port_withdraw(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  if (port == NULL) return NULL;

  port->away = rp_ports_withdraw(e, port);
  rp_failpoint("port:withdrawn");
  return rp_from_id(env, port->away);
}

/* restore(slot, id): take back the endpoint that withdraw() has sent off. If another
 * thread has it, the port closes. */
napi_value
rp_port_restore(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_used_port(e, argv[0]);
  rp_endpoint *endpoint;

  if (port == NULL || port->endpoint != NULL) return NULL;

  uint32_t slot = (uint32_t) (port - e->ports);

  if (rp_endpoint_attach(rp_to_id(env, argv[1]), &e->ready_list, &endpoint) == RP_OK) {
    rp_failpoint("port:restored");
    rp_ports_hold(e, port, endpoint);
    endpoint->slot = slot;
  } else if (port->state == RP_PORT_OPEN) {
    rp_ports_retire(e, slot);
  }
  return NULL;
}

/* attach(id) -> slot; -1 if no endpoint with this id is in transit. */
napi_value
rp_port_attach(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint64_t id = rp_to_id(env, argv[0]);
  rp_endpoint *endpoint;

  if (e->closing || id == 0 || rp_endpoint_attach(id, &e->ready_list, &endpoint) != RP_OK)
    return rp_from_i32(env, -1);
  rp_failpoint("port:attached");

  uint32_t slot = rp_ports_add(e, endpoint);

  if (slot == RP_NO_SLOT) {
    (void) rp_endpoint_close(endpoint);
    return rp_throw_memory(env);
  }
  return rp_from_u32(env, slot);
}

/* peerLost(slot): the other endpoint was lost in transit. */
napi_value
rp_port_peer_lost(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);

  if (port != NULL) rp_endpoint_peer_lost(port->endpoint);
  return NULL;
}
