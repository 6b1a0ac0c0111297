/*
 * order.h - keeps the order between messages by ring and messages by Node's own channels.
 *
 * Node's channels (the output of a worker, BroadcastChannel, ports) are handles of the
 * receiver's loop, which calls them in the order of their creation. A ring does not wait
 * for them. So the sender marks its first record after a post to such a channel
 * (RP_MESSAGE_BEHIND), and the receiver holds a marked record back until the loop has
 * called the handles that may bring what was posted before.
 * docs/decisions/order-with-node.md says what Node guarantees.
 *
 * The sender's thread counts its posts to Node in a word that it shares with the wrapper
 * (rp_env.posts), and a port compares that with the count at its last record. Without
 * such posts neither side does more than this comparison.
 */
#ifndef RP_NODE_ORDER_H_
#define RP_NODE_ORDER_H_

#include <node_api.h>

#include "node/env.h"

/* place(slot, first): give the port a place among the handles of the loop: after those
 * that exist now or, with `first`, at the doorbell. Without memory it has none. */
napi_value rp_order_place(napi_env env, napi_callback_info info);

/* cover(slot): no record that is queued now has to wait. Node's own channel has just
 * brought the message that was posted before them. */
napi_value rp_order_cover(napi_env env, napi_callback_info info);

/* Return whether the first record need not wait even if it is marked. Owner's thread. */
bool rp_order_is_covered(const rp_port *port);

/* The port closes: it waits no more, and its place is closed. Owner's thread. */
void rp_order_leave(rp_env *e, rp_port *port);

/* Return the flag for the next record of this port: RP_MESSAGE_BEHIND or 0. Owner's
 * thread, wait-free. */
uint32_t rp_order_mark(const rp_env *e, const rp_port *port);

/* A record with the flag of rp_order_mark() has been written. Owner's thread. */
void rp_order_marked(const rp_env *e, rp_port *port);

/* The first record of the port is marked. Returns true if it has to wait: the port's
 * callback must not run now, and will run later by itself. Without memory the record does
 * not wait. `begins`: the port's turn has just begun. Owner's thread. */
bool rp_order_hold(rp_env *e, rp_port *port, bool begins);

/* Schedule the ports that wait for this place, which libuv is calling; NULL: those that
 * wait for the end of a poll. Owner's thread. */
void rp_order_let_pass(rp_env *e, const uv_async_t *place);

/* Close the handles when the environment is closing; free the rest when it has closed. */
void rp_order_close(rp_env *e);
void rp_order_free(rp_env *e);

#endif
