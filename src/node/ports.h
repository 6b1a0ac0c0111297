/*
 * ports.h - the ports of an environment, by slot: how one gets there, leaves and closes.
 */
#ifndef RP_NODE_PORTS_H_
#define RP_NODE_PORTS_H_

#include "node/env.h"

/* Open a port with this endpoint in a free slot. RP_NO_SLOT: out of memory; nothing has
 * changed. */
uint32_t rp_ports_add(rp_env *e, rp_endpoint *endpoint);

/* Detach the endpoint of an open port and return its id. The port stays open without an
 * endpoint. */
uint64_t rp_ports_withdraw(rp_env *e, rp_port *port);

/* Close the port in the closing phase of the loop, as Node does: its endpoint is closed,
 * if it still has one, and 'close' is emitted. The peer learns of it only then. */
void rp_ports_retire(rp_env *e, uint32_t slot);

#endif
