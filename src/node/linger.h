/*
 * linger.h - a moment's patience of a port that has been read to the end, before its thread goes to sleep.
 */
#ifndef RP_NODE_LINGER_H_
#define RP_NODE_LINGER_H_

#include <stdbool.h>
#include <stdint.h>

struct rp_env;
struct rp_port;

/* Of a port: times not to linger, now and the next time that it is in vain. */
typedef struct rp_linger {
  uint32_t skip, skips;
} rp_linger;

/* The inbox of this port, whose turn it is, is empty. Whether that has changed. */
bool rp_linger_for(struct rp_env *e, struct rp_port *port);

#endif
