/*
 * blocked.h - how a thread blocks until one of its endpoints has something to read.
 *
 * A thread that blocks does not run its loop, so no doorbell can wake it. It puts a
 * sleeper into the endpoint, under the channel's lock, and then parks the inbox.
 * Whoever takes the token wakes the sleeper besides pushing the endpoint. A sender's
 * path is the same as ever.
 *
 * A message may also come another way than by the inbox: by a channel of Node's,
 * between a worker and its parent. An owner that waits for those as well sets
 * `watched`, and the peer nudges it after each post. Node's queue has a lock of its
 * own, which orders the owner's store of `watched` and its look into that queue against
 * the peer's post and its load of `watched`. The same goes for rp_nudges_wanted, one word
 * of the process, by which the wrapper sees without a call that nobody has ever watched.
 *
 * Threads that wait without end are on a list of the process. If each thread of a
 * circle waits for the next, none will ever be woken. So the one that joins the circle
 * last, and finds that under the list's lock, has the thread give up whose wait is the
 * youngest: by the ticket that it drew when it began.
 */
#ifndef RP_CORE_PORT_BLOCKED_H_
#define RP_CORE_PORT_BLOCKED_H_

#include "core/port/channel.h"
#include "core/port/sleeper.h"

/* Draw a ticket for a wait, which is never 0. Any thread, wait-free. */
uint32_t rp_endpoint_ticket(void);

/* Take the token of the inbox, so that senders need not wake anybody while the owner
 * looks. Owner only, wait-free. */
void rp_endpoint_wake_up(rp_endpoint *endpoint);

/* Block until there is something to read (a message, or that the peer has closed),
 * until a nudge, or until rp_now() reaches `deadline`. `ticket`: of a wait without end,
 * which is continued after the deadline; or 0. Owner only. Returns RP_OK, RP_EMPTY when
 * the time is up, or RP_EDEADLOCK if it has a ticket and is the youngest wait of a
 * circle. */
int rp_endpoint_block(rp_endpoint *endpoint, uint64_t deadline, uint32_t ticket);

/* Return whether the peer's thread waits without end for the owner of the endpoint,
 * possibly by way of others. Owner only; takes the list's lock. */
bool rp_endpoint_is_awaited(rp_endpoint *endpoint);

/* 0 until an owner of the process has called rp_endpoint_watch(); then no byte is 0. */
extern rp_word rp_nudges_wanted;

/* Say whether the owner waits for nudges, too. Owner only, wait-free. */
void rp_endpoint_watch(rp_endpoint *endpoint, bool watched);

/* A message for the peer has been posted by another way. Owner only; lock-free unless
 * the peer's owner has called rp_endpoint_watch(). */
void rp_endpoint_nudge_peer(rp_endpoint *endpoint);

#endif
