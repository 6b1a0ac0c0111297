/*
 * idle.h - what a thread does when its loop has nothing to do: sleep, or watch for messages first.
 */
#ifndef RP_NODE_IDLE_H_
#define RP_NODE_IDLE_H_

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "node/patience.h"

struct rp_env;

/* What a sleep costs two threads that answer each other, less a wake-up that may go on meanwhile. */
#define RP_LINGER (20 * RP_MICROSECOND)

/* All times in nanoseconds. All others are 0 as long as nobody has asked for watching. */
typedef struct rp_idle {
  uint64_t linger; /* see linger.h; RP_LINGER unless something else was asked for */
  uv_prepare_t
      *prepare;      /* runs right before the loop would block; NULL until it is needed */
  uv_idle_t *again;  /* active: the loop must come back without blocking */
  uint64_t spin;     /* how long to watch at most */
  uint64_t patience; /* how long it is worth to watch now */
  uint64_t
      since;     /* when the loop ran out of work, or last served a message by watching */
  uint64_t vain; /* how long it has watched since the last news */
  uint32_t skip,
      skips; /* times not to watch, now and the next time that a core is taken */
  uint32_t deaf,
      deafs;     /* hints not to follow, now and the next time that one was wrong */
  bool hinted;   /* it watches because of a hint, which has not been proved yet */
  bool watching; /* the thread does not rest and no doorbell is on its way */
} rp_idle;

/* setIdle(spin, linger): in microseconds, 0 is off. */
napi_value rp_idle_set(napi_env env, napi_callback_info info);

/* The doorbell is about to be served. */
void rp_idle_woken(struct rp_env *e);

/* There was news again when the doorbell's callback wanted to go to rest: come back by watching. False: by
 * another ring, since nobody has asked for watching, or it is not worth while. */
bool rp_idle_come_back(struct rp_env *e);

/* The environment is closing. */
void rp_idle_close(struct rp_env *e);

/* Let others have the core. The time then. */
uint64_t rp_idle_yield(void);

/* Whether the loop has events that it would find by polling now. */
bool rp_idle_has_events(struct rp_env *e);

#endif
