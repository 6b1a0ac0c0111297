/*
 * wait_queue.h - what the handles of one ring in this process know of each other.
 * Internal to the core.
 *
 * There is one wait queue per ring that has handles, found by the address of its memory.
 * It counts the handles of each role, and lists those that sleep, those that have slept
 * longest first. Everything here is under its lock, unless said otherwise; `data_wanted`
 * (`room_wanted`) in the ring is 1 while a consumer (producer) is on the list, and only a
 * hint to take the lock.
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
  rp_shared shared;                   /* never changes */
  uint32_t handles[2];                /* by role */
  uint32_t blocks[2];                 /* of counters that have an owner, a bit each */
  rp_ring_handle *first[2], *last[2]; /* that sleep */
  uint32_t refs;                      /* under the lock of all wait queues */
  struct rp_wait_queue *other;        /* the same */
} rp_wait_queue;

struct rp_ring_handle {
  /* The owner's, as all that is not said to be somebody else's. */
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
  uint32_t unpublished; /* records committed since, or stepped over and not released */
  rp_shared_counters *counters;
  bool counts_together;    /* the block is that of several */
  uint64_t records, bytes; /* not in the counters yet */
  uint32_t turns;          /* times that they were put there */
  bool slept;              /* it may have been woken, and has got nothing since */

  rp_ring_wake wake; /* never changes */
  void *context;

  /* Asleep. Under the wait queue's lock. */
  rp_ring_handle *next, *previous;
  bool listed;
  bool notify;     /* wake() is due */
  bool blocked;    /* the thread waits for `cond` */
  uint32_t length; /* of the record that it wants room for */
  rp_cond cond;
  bool woken; /* taken off the list by another */
};

/* The wait queue of this ring, made if there is none. NULL: no memory. Any thread. */
rp_wait_queue *rp__wait_queue_enter(const rp_shared *shared);

/* One handle less uses it; without any it is freed. Any thread, without the lock. */
void rp__wait_queue_leave(rp_wait_queue *queue);

/* Put a handle on the list, at its end, unless it is there. */
void rp__wait_queue_list(rp_ring_handle *handle);

/* Take a handle off the list. The word of the ring follows. */
void rp__wait_queue_unlist(rp_ring_handle *handle);

/* Wake the first of a role. */
void rp__wait_queue_wake(rp_wait_queue *queue, rp_role role);

/* Wake all that sleep. */
void rp__wait_queue_wake_all(rp_wait_queue *queue);

static inline rp_word *
rp__wait_queue_wanted(const rp_wait_queue *queue, rp_role role) {
  rp_shared_words *words = queue->shared.words;

  return role == RP_PRODUCER ? &words->room_wanted : &words->data_wanted;
}

/* A handle that was woken has got something: if there is more, the next one is woken.
 * Without the lock. */
void rp__ring_hand_on(rp_ring_handle *handle);

/* Add to a counter of the handle's block. Owner only. */
void rp__ring_count(rp_ring_handle *handle, rp_atomic_u64 *counter, double by);

/* Bring the counters of what has been published or released up to date. Owner only. */
void rp__ring_count_up(rp_ring_handle *handle);

/* Note how much is in use. Owner only. */
void rp__ring_look_at_fill(rp_ring_handle *handle);

#endif
