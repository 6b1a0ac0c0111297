/*
 * doorbell.h - how a thread is woken: by its doorbell, or by a place among its handles
 * (order.h).
 */
#ifndef RP_NODE_DOORBELL_H_
#define RP_NODE_DOORBELL_H_

#include "node/env.h"

/* Ring the doorbell of the thread that owns this ready list, which must be that of an
 * rp_env. Any thread that has taken the list's token; does not block. */
void rp_doorbell_ring(rp_ready_list *list);

/* libuv's callback of the doorbell. Owner's thread. */
void rp_doorbell_called(uv_async_t *doorbell);

/* Serve the ready list, then go to rest. `place` is the handle that libuv is calling;
 * NULL after a poll. Owner's thread. */
void rp_doorbell_serve(rp_env *e, const uv_async_t *place);

#endif
