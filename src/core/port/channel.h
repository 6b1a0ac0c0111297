/*
 * channel.h - port pairs: entangle, detach, attach, disentangle.
 *
 * A channel is two endpoints. Each endpoint has an inbox: its consumer is the owner of
 * the endpoint, its producer the owner of the other one. Both roles move together when an
 * endpoint changes threads.
 *
 *   STATE      OWNER    THE ENDPOINT IS
 *   ATTACHED   thread   a port of that thread
 *   DETACHED   -        in transit, found by its id; messages queue in it
 *   CLOSED     -        gone; when both are, the channel is freed
 *
 * State and owner change under the channel's lock. The message path does not look at
 * them: it writes into the other endpoint's inbox, whatever state that is in. Only who
 * takes the token (the wake path) takes the lock, to see which thread to ring.
 *
 * Where the token of an inbox is:
 *
 *   parked            the owner has drained and rests
 *   with a waker      who will take the lock
 *   token_held        the endpoint is DETACHED (or CLOSED): nobody to ring; attach looks
 *   awake             on the owner's ready list, or its callback runs, or the endpoint is stopped and
 *                     has something queued: the owner will look again by itself
 *
 * What happens when an owner dies: its thread closes every endpoint it has, on its way
 * out (src/node/env.c). An endpoint that is lost in transit is closed by whoever learns
 * of it (rp_endpoint_lost): a message that is dropped unread loses the endpoints that it
 * names.
 */
#ifndef RP_CORE_PORT_CHANNEL_H_
#define RP_CORE_PORT_CHANNEL_H_

#include "core/port/endpoint.h"
#include "core/port/message.h"
#include "core/port/ready_list.h"

/* Make a channel, both endpoints attached to `owner`, both parked. RP_ENOMEM. */
int rp_channel_open(rp_ready_list *owner, rp_endpoint **one, rp_endpoint **other);

/* Write a message to the other endpoint's inbox; it is visible after
 * rp_endpoint_publish(). Owner only, lock-free but for malloc. Results as
 * rp_message_write(); to a peer that has closed, RP_CLOSED. */
int rp_endpoint_write(rp_endpoint *endpoint, uint32_t flags, const void *bytes,
                      size_t length, const rp_block *blocks, uint32_t count);

/* The same for many small messages: see rp_message_write_run(). All of them or none. */
int rp_endpoint_write_run(rp_endpoint *endpoint, const uint8_t *run, uint32_t bytes,
                          uint32_t *count);

/* Make what was written visible, and wake the peer's thread if it rests. Owner only;
 * lock-free unless the peer rests. */
void rp_endpoint_publish(rp_endpoint *endpoint);

/* Have the owner's callback run for this endpoint, if it will not run anyway. Owner
 * only. */
void rp_endpoint_schedule(rp_endpoint *endpoint);

/* The owner's callback for this endpoint begins: the token is with the owner. */
void rp_endpoint_begin(rp_endpoint *endpoint);

/* The owner's callback for this endpoint ends. With `more`, or if a message came in, it
 * will run again. With `stopped` it will not: a stopped endpoint with something queued
 * keeps the token. Owner only. */
void rp_endpoint_end(rp_endpoint *endpoint, bool more, bool stopped);

/* A stopped endpoint was drained from outside its callback: let the next message, or the
 * peer's close, wake the owner again. Owner only. */
void rp_endpoint_drained(rp_endpoint *endpoint);

/* Say whether large data is wanted as blocks, to be read where it lies;
 * rp_endpoint_attach() takes it back. Owner only. And what the peer has said, perhaps a
 * while ago. Owner only. Wait-free. */
void rp_endpoint_want_views(rp_endpoint *endpoint, bool wanted);
bool rp_endpoint_peer_views(const rp_endpoint *endpoint);

/* Say that the owner takes messages by this endpoint from now on, and see whether the
 * owner of the other one has said so. Owner only. Wait-free. */
void rp_endpoint_declare(rp_endpoint *endpoint);
bool rp_endpoint_peer_declared(const rp_endpoint *endpoint);

/* Both owners may come to need what only one may make for both (the wrapper's Node
 * channel): true for the first that asks, in the channel's whole life. Owner only. */
bool rp_endpoint_claim_offer(rp_endpoint *endpoint);

/* Whether the other endpoint is closed. Owner only. */
bool rp_endpoint_peer_closed(rp_endpoint *endpoint);

/* The other endpoint if it is attached to the same thread, else NULL. Owner only. */
rp_endpoint *rp_endpoint_local_peer(rp_endpoint *endpoint);

/* The id (never 0) under which the endpoint can be attached once it is detached. Owner
 * only. */
uint64_t rp_endpoint_announce(rp_endpoint *endpoint);

/* Take the endpoint off its thread. Owner only, who must not use it any more. Messages
 * queue in it until someone attaches it by its id, which is returned. */
uint64_t rp_endpoint_detach(rp_endpoint *endpoint);

/* Make a detached endpoint a port of `owner`. Any thread. The owner's callback will run
 * for it if there is anything to see. RP_ENOENT: no such endpoint is in transit (never
 * was, attached by someone else, or lost). */
int rp_endpoint_attach(uint64_t id, rp_ready_list *owner, rp_endpoint **attached);

/* Close the endpoint: everything written is published, then the peer reads RP_CLOSED;
 * what was queued for this endpoint is dropped, and the endpoints that travelled with it
 * are lost. Owner only; the endpoint is gone. Returns the id of the peer if that is in
 * transit, else 0: nobody but the caller may learn that it has been lost. */
uint64_t rp_endpoint_close(rp_endpoint *endpoint);

/* The peer of this endpoint has been lost in transit: close it, now or, if it is
 * announced but not yet detached, when it is. Owner of `endpoint` only. */
void rp_endpoint_peer_lost(rp_endpoint *endpoint);

/* Close the endpoint with this id if it is in transit. Any thread. */
void rp_endpoint_lost(uint64_t id);

/* Endpoints in transit now: for tests and leak checks. */
size_t rp_channel_in_transit(void);

#endif
