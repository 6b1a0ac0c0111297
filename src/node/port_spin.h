/*
 * port_spin.h - how long a port that was read to the end looks for the next message
 * before its thread sleeps.
 */
#ifndef RP_NODE_PORT_SPIN_H_
#define RP_NODE_PORT_SPIN_H_

#include "node/env.h"

/* Spin on the empty inbox of this port, whose turn it is. Owner's thread. Returns true if
 * a message has come. */
bool rp_port_spin_for(rp_env *e, rp_port *port);

#endif
