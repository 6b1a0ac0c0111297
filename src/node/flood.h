/*
 * flood.h - large messages that come one after the other: their memory is kept as long as that lasts.
 */
#ifndef RP_NODE_FLOOD_H_
#define RP_NODE_FLOOD_H_

#include <stdbool.h>
#include <uv.h>

struct rp_env;

typedef struct rp_flood {
  uv_timer_t *timer; /* NULL until the first large message, or without memory for it */
  bool goes_on;      /* one has come since the timer last looked */
  bool busy;         /* rp_memory_busy() awaits its rp_memory_calm() */
} rp_flood;

/* An ArrayBuffer has got a block. Nothing is kept for long if there is no memory for a timer. */
void rp_flood_goes_on(struct rp_env *e);

/* The environment is closing. */
void rp_flood_close(struct rp_env *e);

#endif
