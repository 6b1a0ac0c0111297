/*
 * channel.h - channels: two endpoints that send to each other, and how they are opened,
 * transferred and closed.
 *
 * Each endpoint has an inbox. The owner of the endpoint consumes it, the owner of the
 * other endpoint produces into it. Both roles move when an endpoint changes threads.
 *
 *   STATE      OWNER    THE ENDPOINT IS
 *   ATTACHED   thread   a port of that thread
 *   DETACHED   -        in transit, found by its id; messages queue in it
 *   CLOSED     -        gone; when both are, the channel is freed
 *
 * State and owner change under the channel's lock. The message path reads neither: it
 * writes into the other endpoint's inbox, whatever the state. Only a thread that has
 * taken the token takes the lock, to find the thread to ring.
 *
 * Where the token of an inbox is:
 *
 *   parked        the owner has drained the inbox and rests
 *   with a waker  which is about to take the lock
 *   token_held    the endpoint is DETACHED or CLOSED: there is nobody to ring; attaching looks
 *   awake         the endpoint is on the owner's ready list, or its callback runs, or it is stopped and has
 *                 something queued: the owner will look again by itself
 *
 * A thread that ends closes all its endpoints (src/node/lifetime.c). An endpoint that is
 * lost in transit is closed by whoever learns of it (rp_endpoint_lost()): a message that
 * is dropped unread loses the endpoints that it carries.
 */
#ifndef RP_CORE_PORT_CHANNEL_H_
#define RP_CORE_PORT_CHANNEL_H_

#include "core/port/endpoint.h"
#include "core/port/message.h"
#include "core/port/ready_list.h"

/* Open a channel with both endpoints attached to `owner` and parked. Owner's thread.
 * Returns RP_ENOMEM without memory. */
int rp_channel_open(rp_ready_list *owner, rp_endpoint **one, rp_endpoint **other);

/* Write a message to the other endpoint's inbox; rp_endpoint_publish() makes it visible.
 * Owner only; lock-free except for malloc. Returns as rp_message_write(), and RP_CLOSED
 * if the peer has closed. */
int rp_endpoint_write(rp_endpoint *endpoint, uint32_t flags, const void *bytes,
                      size_t length, const rp_block *blocks, uint32_t count);

/* Write several small messages, all or none: see rp_message_write_run(). Owner only. */
int rp_endpoint_write_run(rp_endpoint *endpoint, const uint8_t *run, uint32_t bytes,
                          uint32_t *count);

/* Make written messages visible and wake the peer's thread if it rests. Owner only;
 * lock-free unless the peer rests. */
void rp_endpoint_publish(rp_endpoint *endpoint);

/* Limit what is queued, in both directions, to a mark in bytes: see flow.h. `endpoint` is
 * one of a channel that was just opened. Opener only. Returns RP_ENOMEM without memory;
 * then nothing has changed. */
int rp_endpoint_set_mark(rp_endpoint *endpoint, uint64_t mark, uint8_t policy);

/* So many messages were consumed: wake the sender if it waits for that. Owner only;
 * wait-free without a mark, else lock-free unless the sender waits. */
void rp_endpoint_consumed(rp_endpoint *endpoint, uint32_t count);

/* Wake the sender of a direction with a mark: it must look at this endpoint. Owner
 * only. */
void rp_endpoint_wake_sender(rp_endpoint *endpoint);

/* Return true if the other endpoint reads no more, perhaps a while ago. Owner only,
 * wait-free. */
bool rp_endpoint_peer_gone(rp_endpoint *endpoint);

/* Have the owner's callback run for this endpoint, unless it will run anyway. Owner
 * only. */
void rp_endpoint_schedule(rp_endpoint *endpoint);

/* The owner's callback for this endpoint begins: the owner holds the token. Owner
 * only. */
void rp_endpoint_begin(rp_endpoint *endpoint);

/* The owner's callback for this endpoint ends. It will run again if `more`, or if a
 * message has come. A `stopped` endpoint with something queued keeps the token and is not
 * called again. Owner only. */
void rp_endpoint_end(rp_endpoint *endpoint, bool more, bool stopped);

/* A stopped endpoint was drained outside its callback: park it, so that the next message,
 * or the peer's close, wakes the owner. Owner only. */
void rp_endpoint_drained(rp_endpoint *endpoint);

/* Say whether large data should arrive as blocks, to be read in place;
 * rp_endpoint_attach() resets it. rp_endpoint_peer_views() returns what the peer has
 * said, perhaps a while ago. Owner only, wait-free. */
void rp_endpoint_want_views(rp_endpoint *endpoint, bool wanted);
bool rp_endpoint_peer_views(const rp_endpoint *endpoint);

/* Declare that the owner receives by this endpoint from now on; and ask whether the owner
 * of the other one has declared that. Owner only, wait-free. */
void rp_endpoint_declare(rp_endpoint *endpoint);
bool rp_endpoint_peer_declared(const rp_endpoint *endpoint);

/* Returns true for the first caller in the lifetime of the channel. For what either owner
 * may need but only one may make (the wrapper's Node channel). Owner only. */
bool rp_endpoint_claim_offer(rp_endpoint *endpoint);

/* Return true if the other endpoint is closed. Owner only. */
bool rp_endpoint_peer_closed(rp_endpoint *endpoint);

/* Return the other endpoint if it is attached to the same thread, else NULL. Owner
 * only. */
rp_endpoint *rp_endpoint_local_peer(rp_endpoint *endpoint);

/* Return the id, never 0, under which the endpoint can be attached once it is detached.
 * Owner only. */
uint64_t rp_endpoint_announce(rp_endpoint *endpoint);

/* Take the endpoint off its thread and return its id. Owner only; it must not use the
 * endpoint any more. Messages queue until the endpoint is attached by its id. */
uint64_t rp_endpoint_detach(rp_endpoint *endpoint);

/* Attach a detached endpoint to `owner`, whose callback will run for it if there is news.
 * Owner's thread. Returns RP_ENOENT if no endpoint with this id is in transit: it never
 * was, was attached before, or was lost. */
int rp_endpoint_attach(uint64_t id, rp_ready_list *owner, rp_endpoint **attached);

/* Close the endpoint, which is gone then. All written messages are published, after which
 * the peer reads RP_CLOSED. Messages queued for this endpoint are dropped and the
 * endpoints in them lost. Owner only. Returns the id of the peer if that is in transit,
 * else 0: the caller is the only one who can find out that it gets lost. */
uint64_t rp_endpoint_close(rp_endpoint *endpoint);

/* The peer of this endpoint was lost in transit: close the peer now, or as soon as it is
 * detached if it is only announced. Owner of `endpoint` only. */
void rp_endpoint_peer_lost(rp_endpoint *endpoint);

/* Close the endpoint with this id if it is in transit; 0 is a no-op. Any thread. */
void rp_endpoint_lost(uint64_t id);

/* Return the number of endpoints in transit. Any thread. For tests and leak checks. */
size_t rp_channel_in_transit(void);

#endif
