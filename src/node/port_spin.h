/*
 * port_spin.h - a port that has been read to the end spins for a moment before its thread
 * goes to sleep.
 */
#ifndef RP_NODE_PORT_SPIN_H_
#define RP_NODE_PORT_SPIN_H_

#include "node/env.h"

/* Spin on the empty inbox of this port, whose turn it is. Owner's thread. True if a
 * message has come. */
bool rp_port_spin_for(rp_env *e, rp_port *port);

#endif
