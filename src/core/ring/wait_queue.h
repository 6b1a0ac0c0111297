/*
 * wait_queue.h - what the handles of one ring in this process know of each other.
 * Internal to the core.
 *
 * Each ring that has handles has one wait queue, found by the address of its memory. It
 * counts the handles of each role and lists those that sleep, the longest waiting first.
 * Its lock protects all of it, unless a comment says otherwise. `data_wanted`
 * (`room_wanted`) in the ring is 1 while a consumer (producer) is on the list, and is
 * only a hint to take the lock.
 */
#ifndef RP_CORE_RING_WAIT_QUEUE_H_
#define RP_CORE_RING_WAIT_QUEUE_H_

#include "core/lock.h"
#include "core/ring/mpmc.h"
#include "core/ring/mpsc.h"
#include "core/ring/role.h"
#include "core/ring/spsc.h"

typedef struct rp_wait_queue {
  rp_lock lock;
  rp_shared shared;                   /* constant */
  uint32_t handles[2];                /* by role */
  uint32_t blocks[2];                 /* owned blocks of counters, by role: a bit each */
  rp_ring_handle *first[2], *last[2]; /* sleepers, by role */
  uint32_t refs;                      /* under the lock of the list of wait queues */
  struct rp_wait_queue *other;        /* next in that list, under its lock */
} rp_wait_queue;

struct rp_ring_handle {
  /* The owner's, unless said otherwise. */
  union {
    rp_spsc_producer spsc_producer;
    rp_spsc_consumer spsc_consumer;
    rp_mpsc_producer mpsc_producer;
    rp_mpsc_consumer mpsc_consumer;
    rp_mpmc_producer mpmc_producer;
    rp_mpmc_consumer mpmc_consumer;
  } as;
  rp_shared shared;
  rp_role role;
  rp_wait_queue *queue;
  bool claiming;
  uint32_t claim_length, claim_type;
  uint32_t unpublished; /* records committed, or stepped over and not released */
  rp_shared_counters *counters;
  bool counts_together;    /* the block is shared */
  uint64_t records, bytes; /* not added to the counters yet */
  uint32_t turns;          /* times that they were added */
  bool slept;              /* it may have been woken, and has found nothing since */

  rp_ring_wake wake; /* constant */
  void *context;

  /* Asleep. Under the wait queue's lock. */
  rp_ring_handle *next, *previous;
  bool listed;
  bool notify;     /* wake() must be called */
  bool blocked;    /* the thread waits on `cond` */
  uint32_t length; /* of the record that it needs room for */
  rp_cond cond;
  bool woken; /* another handle has taken it off the list */
};

/* Get the wait queue of a ring, creating it if necessary. Returns NULL without memory.
 * Any thread. */
rp_wait_queue *rp__wait_queue_enter(const rp_shared *shared);

/* Undo rp__wait_queue_enter(). The last one frees the queue. Any thread; its lock must
 * not be held. */
void rp__wait_queue_leave(rp_wait_queue *queue);

/* Append a handle to the list of sleepers, unless it is there. The lock is held, as in
 * the three functions below. */
void rp__wait_queue_list(rp_ring_handle *handle);

/* Take a handle off the list, and clear the hint in the ring if it was the last. */
void rp__wait_queue_unlist(rp_ring_handle *handle);

/* Wake the first sleeper of a role. */
void rp__wait_queue_wake(rp_wait_queue *queue, rp_role role);

/* Wake all sleepers. */
void rp__wait_queue_wake_all(rp_wait_queue *queue);

/* Return the hint for a role in the ring. */
static inline rp_word *
rp__wait_queue_wanted(const rp_wait_queue *queue, rp_role role) {
  rp_shared_words *words = queue->shared.words;

  return role == RP_PRODUCER ? &words->room_wanted : &words->data_wanted;
}

/* A handle that was woken has found something: wake the next one if there is more. The
 * lock must not be held. */
void rp__ring_hand_on(rp_ring_handle *handle);

/* Add to a counter in the handle's block. Owner only. */
void rp__ring_count(rp_ring_handle *handle, rp_atomic_u64 *counter, double by);

/* Add what was published or released to the counters. Owner only. */
void rp__ring_count_up(rp_ring_handle *handle);

/* Sample the fill of the ring for `high_water`. Owner only. */
void rp__ring_look_at_fill(rp_ring_handle *handle);

#endif
