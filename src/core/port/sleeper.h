/*
 * sleeper.h - what wakes a thread that blocks until an endpoint has something to read;
 * see blocked.h.
 */
#ifndef RP_CORE_PORT_SLEEPER_H_
#define RP_CORE_PORT_SLEEPER_H_

#include <stddef.h>

#include "core/port/endpoint.h"

typedef struct rp_sleeper {
  rp_cond cond;
  bool woken; /* under the channel's lock, like `stuck` */
  bool stuck; /* it is to give up */
  uint32_t ticket;
  rp_endpoint *endpoint;
  struct rp_ready_list *thread;
  struct rp_sleeper *next; /* on the list of the process, under its lock */
} rp_sleeper;

/* Wake the owner of the endpoint if it blocks. The lock of the channel is held. */
static inline void
rp_sleeper_wake(rp_endpoint *endpoint) {
  rp_sleeper *sleeper = endpoint->sleeper;

  if (sleeper == NULL) return;
  sleeper->woken = true;
  rp_cond_wake_all(&sleeper->cond);
}

#endif
