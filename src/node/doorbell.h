/*
 * doorbell.h - what a thread does when libuv calls its doorbell, or a place among its
 * handles (order.h).
 */
#ifndef RP_NODE_DOORBELL_H_
#define RP_NODE_DOORBELL_H_

#include "node/env.h"

/* Ring the doorbell of the thread that owns this ready list, which is the one of an
 * rp_env. Any thread that has taken the list's token; does not block. */
void rp_doorbell_ring(rp_ready_list *list);

/* libuv's callback of the doorbell. */
void rp_doorbell_called(uv_async_t *doorbell);

/* Serve the ready list and go to rest. `place` is the handle that libuv is calling, NULL:
 * none, a poll has ended. Owner's thread. */
void rp_doorbell_serve(rp_env *e, const uv_async_t *place);

#endif
