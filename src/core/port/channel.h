/*
 * channel.h - port pairs: entangle, detach, attach, disentangle.
 *
 * A channel is two halves. Each half has an inbox: its consumer is the owner of the half, its
 * producer the owner of the other one. Both roles move together when a half changes threads.
 *
 *   STATE      OWNER    THE HALF IS
 *   ATTACHED   thread   a port of that thread
 *   DETACHED   -        in transit, found by its id; messages queue in it
 *   CLOSED     -        gone; when both are, the channel is freed
 *
 * State and owner change under the channel's lock. The message path does not look at them: it
 * writes into the other half's inbox, whatever state that is in. Only who takes the token (the
 * wake path) takes the lock, to see which thread to ring.
 *
 * Where the token of an inbox is:
 *
 *   parked            the owner has drained and rests
 *   with a waker      who will take the lock
 *   held              the half is DETACHED (or CLOSED): nobody to ring; attach looks
 *   awake             on the owner's ready list, or its callback runs, or the half is stopped and
 *                     has something queued: the owner will look again by itself
 *
 * What happens when an owner dies: its thread closes every half it has, on its way out
 * (src/node/env.c). A half that is lost in transit is closed by whoever learns of it
 * (rp_half_lost): a message that is dropped unread loses the halves that it names.
 */
#ifndef RP_CORE_PORT_CHANNEL_H_
#define RP_CORE_PORT_CHANNEL_H_

#include "core/port/chain.h"
#include "core/lock.h"
#include "core/port/message.h"
#include "core/port/ready_list.h"

typedef enum rp_half_state {
  RP_HALF_ATTACHED,
  RP_HALF_DETACHED,
  RP_HALF_CLOSED,
} rp_half_state;

typedef struct rp_channel rp_channel;

typedef struct rp_half {
  rp_chain inbox;
  rp_channel *channel;
  struct rp_half *peer;
  rp_thread *owner;               /* under the lock */
  struct rp_half *ready_next;     /* of whoever holds the token */
  struct rp_half *ready_previous; /* on the owner's list; the owner's */
  struct rp_half *next;           /* in the registry of detached halves, under its lock */
  uint64_t id;                    /* 0: not announced; under the lock */
  uint32_t slot;                  /* the owner's, to find its port */
  uint32_t round;                 /* the owner's, see ready_list.h */
  rp_word views;    /* a hint of the owner's to the peer: see rp_half_want_views() */
  rp_word declared; /* the owner's: see rp_half_declare() */
  uint8_t state;    /* rp_half_state, under the lock */
  bool held;        /* the token is here; under the lock */
  bool lost;        /* to be closed instead of detached; under the lock */
  bool awake;       /* the token is with the owner; the owner's */
  bool listed;      /* on the owner's list; the owner's */
} rp_half;

struct rp_channel {
  rp_half half[2];
  rp_lock lock;
  bool offered; /* see rp_half_claim_offer(); under the lock */
};

/* Make a channel, both halves attached to `thread`, both parked. RP_ENOMEM. */
int rp_channel_open(rp_thread *thread, rp_half **one, rp_half **other);

/* Write a message to the other half's inbox; it is visible after rp_half_publish(). Owner only,
 * lock-free but for malloc. Results as rp_message_write(); to a peer that has closed, RP_SEALED. */
int rp_half_write(rp_half *half, uint32_t flags, const void *bytes, size_t length,
                  const rp_block *blocks, uint32_t count);

/* The same for many small messages: see rp_message_write_run(). All of them or none. */
int rp_half_write_run(rp_half *half, const uint8_t *run, uint32_t bytes, uint32_t *count);

/* Make what was written visible, and wake the peer's thread if it rests. Owner only; lock-free
 * unless the peer rests. */
void rp_half_publish(rp_half *half);

/* Have the owner's callback run for this half, if it will not run anyway. Owner only. */
void rp_half_schedule(rp_half *half);

/* The owner's callback for this half begins: the token is with the owner. */
void rp_half_begin(rp_half *half);

/* The owner's callback for this half ends. With `more`, or if a message came in, it will run again.
 * With `stopped` it will not: a stopped half with something queued keeps the token. Owner only. */
void rp_half_end(rp_half *half, bool more, bool stopped);

/* A stopped half was drained from outside its callback: let the next message, or the peer's close,
 * wake the owner again. Owner only. */
void rp_half_drained(rp_half *half);

/* Say whether large data is wanted as blocks, to be read where it lies; rp_half_attach() takes it back. Owner
 * only. And what the peer has said, perhaps a while ago. Owner only. Wait-free. */
void rp_half_want_views(rp_half *half, bool wanted);
bool rp_half_peer_views(const rp_half *half);

/* Say that the owner takes messages by this half from now on, and see whether the owner of the other one has
 * said so. Owner only. Wait-free. */
void rp_half_declare(rp_half *half);
bool rp_half_peer_declared(const rp_half *half);

/* Both owners may come to need what only one may make for both (the wrapper's Node channel): true for the first
 * that asks, in the channel's whole life. Owner only. */
bool rp_half_claim_offer(rp_half *half);

/* Whether the other half is closed. Owner only. */
bool rp_half_peer_closed(rp_half *half);

/* The other half if it is attached to the same thread, else NULL. Owner only. */
rp_half *rp_half_local_peer(rp_half *half);

/* The id (never 0) under which the half can be attached once it is detached. Owner only. */
uint64_t rp_half_announce(rp_half *half);

/* Take the half off its thread. Owner only, who must not use it any more. Messages queue in it until
 * someone attaches it by its id, which is returned. */
uint64_t rp_half_detach(rp_half *half);

/* Make a detached half a port of `thread`. Any thread. The owner's callback will run for it if there
 * is anything to see. RP_ENOENT: no such half is in transit (never was, attached by someone else,
 * or lost). */
int rp_half_attach(uint64_t id, rp_thread *thread, rp_half **attached);

/* Close the half: everything written is published, then the peer reads RP_SEALED; what was queued
 * for this half is dropped, and the halves that travelled with it are lost. Owner only; the half is
 * gone. Returns the id of the peer if that is in transit, else 0: nobody but the caller may learn
 * that it has been lost. */
uint64_t rp_half_close(rp_half *half);

/* The peer of this half has been lost in transit: close it, now or, if it is announced but not yet
 * detached, when it is. Owner of `half` only. */
void rp_half_peer_lost(rp_half *half);

/* Close the half with this id if it is in transit. Any thread. */
void rp_half_lost(uint64_t id);

/* Halves in transit now: for tests and leak checks. */
size_t rp_channel_in_transit(void);

#endif
