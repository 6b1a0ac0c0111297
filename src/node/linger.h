/*
 * linger.h - a moment's patience of a port that has been read to the end, before its thread goes to sleep.
 */
#ifndef RP_NODE_LINGER_H_
#define RP_NODE_LINGER_H_

#include <stdbool.h>
#include <stdint.h>

struct rp_env;
struct rp_port;

/* Of a port: how often it is not to linger, now and after the next time in vain; the same for lingering
 * longer, and how many messages in a row have been met only so. */
typedef struct rp_linger {
  uint8_t skip, skips;
  uint8_t long_skip, long_skips;
  uint8_t unproved;
  uint8_t vain; /* times in vain, as far as that is counted */
  bool asked;   /* it has sent something since it was last read to the end */
} rp_linger;

/* To ring a thread's doorbell has taken so long, in nanoseconds. Any thread. */
void rp_linger_rung(uint64_t took);

/* How long a thread that expects an answer lingers: what a sleep costs on this machine. Any thread. */
uint64_t rp_linger_measured(void);

/* The inbox of this port, whose turn it is, is empty. Whether that has changed. */
bool rp_linger_for(struct rp_env *e, struct rp_port *port);

#endif
