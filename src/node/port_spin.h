/*
 * port_spin.h - how long a port that was read to the end looks for the next message
 * before its thread sleeps.
 */
#ifndef RP_NODE_PORT_SPIN_H_
#define RP_NODE_PORT_SPIN_H_

#include "node/env.h"

/* Return true if there is something to read, or the peer has closed. Owner's thread. */
static inline bool
rp_port_has_news(rp_port *port) {
  rp_record first;

  return rp_chain_peek(&port->endpoint->inbox, &first) != RP_EMPTY;
}

/* Wait until `time`, as uv_hrtime(). Returns the time afterwards. Any thread. */
static inline uint64_t
rp_spin_until(uint64_t time) {
  uint64_t now;

  do {
    for (int i = 0; i < 4; i++) rp_spin_pause();
    now = uv_hrtime();
  } while (now < time);
  return now;
}

/* Spin on the empty inbox of this port, whose turn it is. Owner's thread. Returns true if
 * a message has come. */
bool rp_port_spin_for(rp_env *e, rp_port *port);

#endif
