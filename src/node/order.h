/*
 * order.h - what a thread posts by ring is heard where Node would hear it among its own
 * channels.
 *
 * Node's channels (the output of a worker, BroadcastChannel, ports) are handles of the
 * receiver's loop, which calls them in the order of their creation. A ring does not wait
 * for them. So the sender marks its first record behind a post to such a channel
 * (RP_MESSAGE_BEHIND), and the receiver holds a marked record back until the loop has
 * called the handles that may bring what was posted before.
 * docs/decisions/order-with-node.md says what Node guarantees.
 *
 * The sender's thread counts its posts to Node in a word that the wrapper shares
 * (rp_env.posts); a port compares it with the count at its last record. Without such
 * posts neither side does more than a compare.
 */
#ifndef RP_NODE_ORDER_H_
#define RP_NODE_ORDER_H_

#include <node_api.h>

#include "node/env.h"

/* place(slot, first): this port has a place among the handles of the loop: behind those
 * that there are now or, with `first`, the doorbell's. Without memory it has none. */
napi_value rp_order_place(napi_env env, napi_callback_info info);

/* cover(slot): what is queued now need not wait: Node's own channel has just brought what
 * says that it follows. */
napi_value rp_order_cover(napi_env env, napi_callback_info info);

/* Whether the record in front need not wait, though it may be marked. */
bool rp_order_is_covered(const rp_port *port);

/* The port ends. */
void rp_order_leave(rp_env *e, rp_port *port);

/* The flag for the next record of this port: RP_MESSAGE_BEHIND or 0. Owner's thread,
 * wait-free. */
uint32_t rp_order_mark(const rp_env *e, const rp_port *port);

/* A record with what rp_order_mark() gave has been written. */
void rp_order_marked(const rp_env *e, rp_port *port);

/* Whether the record in front, which is marked, has to wait. The port's callback must not
 * run for it then; it runs again by itself. Without memory for waiting the record does
 * not wait. `begins`: the port's turn has just begun. */
bool rp_order_hold(rp_env *e, rp_port *port, bool begins);

/* Schedule the ports that have waited for this place, the doorbell or a position; NULL:
 * for the end of a poll. */
void rp_order_let_pass(rp_env *e, const uv_async_t *place);

/* The environment is closing; and has closed. */
void rp_order_close(rp_env *e);
void rp_order_free(rp_env *e);

#endif
