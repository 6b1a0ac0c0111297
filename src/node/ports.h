/*
 * ports.h - the table of an environment's ports, by slot: how a port is added, withdrawn
 * and closed.
 */
#ifndef RP_NODE_PORTS_H_
#define RP_NODE_PORTS_H_

#include "node/env.h"

/* Open a port with this endpoint in a free slot. Owner's thread. Returns RP_NO_SLOT
 * without memory; then nothing has changed. */
uint32_t rp_ports_add(rp_env *e, rp_endpoint *endpoint);

/* Give a port its endpoint, or none. Everything that changes it calls this, because other
 * threads read it. Owner's thread. */
void rp_ports_hold(rp_env *e, rp_port *port, rp_endpoint *endpoint);

/* Close the endpoint of a port, if it has one. Returns as rp_endpoint_close(), 0 without
 * one. Owner's thread. */
uint64_t rp_ports_close_endpoint(rp_env *e, rp_port *port);

/* Detach the endpoint of an open port and return its id. The port stays open without an
 * endpoint. Owner's thread. */
uint64_t rp_ports_withdraw(rp_env *e, rp_port *port);

/* Close the port in the closing phase of the loop, as Node does: close its endpoint, if
 * it still has one, and call the wrapper, which emits 'close'. The peer learns of it only
 * then. Owner's thread. */
void rp_ports_retire(rp_env *e, uint32_t slot);

#endif
