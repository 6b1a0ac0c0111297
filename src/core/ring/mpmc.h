/*
 * mpmc.h - many producers, many consumers, slots of one size, in the memory of
 * shared_memory.h.
 *
 * Dmitry Vyukov's bounded queue: the sequence of a slot says whose turn it is, tail and
 * head only assign the slots. A consumer may claim several contiguous slots at once: its
 * range.
 */
#ifndef RP_CORE_RING_MPMC_H_
#define RP_CORE_RING_MPMC_H_

#include "core/ring/shared_memory.h"
#include "core/failpoint.h"

/* tail and head are the position times 2, plus the bit CLOSED. */
#define RP_MPMC_STEP 2u

typedef struct rp_mpmc_producer {
  rp_shared shared;
  uint32_t claimed; /* the open claim */
  rp_slot *pending; /* the first committed slot, its sequence not stored yet; or NULL */
  uint32_t pending_sequence;
} rp_mpmc_producer;

typedef struct rp_mpmc_consumer {
  rp_shared shared;
  uint32_t from; /* start of the range */
  uint32_t next; /* read up to here */
  uint32_t to;   /* end of the range */
} rp_mpmc_consumer;

/* Initialise a producer or a consumer. */
void rp_mpmc_producer_init(rp_mpmc_producer *p, const rp_shared *shared);
void rp_mpmc_consumer_init(rp_mpmc_consumer *c, const rp_shared *shared);

/* The slot at `*at` is not free, or not ready. Returns RP_OK if the position has moved:
 * try again with the new `*at`. Otherwise returns the result of the operation. */
int rp_mpmc_not_free(const rp_shared *shared, uint64_t *at, int32_t distance);
int rp_mpmc_not_ready(const rp_shared *shared, uint64_t *at, int32_t distance);

/* Claim up to `limit` ready slots as the new range; the last one must be released. Any
 * consumer, lock-free. Returns RP_EMPTY, RP_CLOSED or RP_ECORRUPT. */
int rp_mpmc_take(rp_mpmc_consumer *c, uint32_t limit);

/* As in spsc.h. Any thread. */
bool rp_mpmc_writable(const rp_shared *shared);
bool rp_mpmc_readable(const rp_shared *shared);

/* Claim a slot, which consumers wait for from now on. Any producer, lock-free. Returns
 * RP_FULL, RP_ETOOBIG, RP_ECLOSED or RP_ECORRUPT; then nothing has changed. */
static inline int
rp_mpmc_claim(rp_mpmc_producer *p, uint32_t length, uint8_t **payload) {
  rp_atomic_u64 *tail = &p->shared.words->tail.wide;

  if (length > p->shared.slot) return RP_ETOOBIG;

  /* Acquire pairs with the CAS below: the slot's sequence is at least as new as that of
   * the lap before. */
  for (uint64_t at = rp_load_acquire(tail);;) {
    if (at & RP_TAIL_CLOSED) return RP_ECLOSED;

    uint32_t position = (uint32_t) (at / RP_MPMC_STEP);
    rp_slot *slot = rp_slot_at(&p->shared, position);
    /* Acquire pairs with rp_mpmc_release(): the consumer has finished reading. */
    int32_t distance =
        (int32_t) (rp_load_acquire(&slot->sequence) - rp_slot_free(&p->shared, position));

    if (distance != 0) {
      int result = rp_mpmc_not_free(&p->shared, &at, distance);

      if (result != RP_OK) return result;
    } else if (rp_cas(tail, &at, at + RP_MPMC_STEP)) {
      rp_failpoint("mpmc:claimed");
      p->claimed = position;
      *payload = slot->payload;
      return RP_OK;
    }
  }
}

/* Complete the claim with its first `length` bytes. Visible after the next publish, all
 * records at once. Its producer only, wait-free. */
static inline void
rp_mpmc_commit(rp_mpmc_producer *p, uint32_t type, uint32_t length) {
  rp_slot *slot = rp_slot_at(&p->shared, p->claimed);
  uint32_t complete = rp_slot_free(&p->shared, p->claimed) + 1;

  /* Relaxed: the sequence makes it visible. */
  rp_store_relaxed(&slot->info, length | type << 24);
  if (p->pending == NULL) {
    /* The first becomes visible last: sleeping consumers look there. */
    p->pending = slot;
    p->pending_sequence = complete;
  } else {
    /* Release pairs with the acquire in rp_mpmc_take(). */
    rp_store_release(&slot->sequence, complete);
  }
}

/* Make all committed records visible. Its producer only, wait-free. Returns true if a
 * consumer sleeps. */
static inline bool
rp_mpmc_publish(rp_mpmc_producer *p) {
  rp_slot *pending = p->pending;

  if (pending == NULL) return false;
  rp_failpoint("mpmc:publishing");
  p->pending = NULL;
  /* Pairs with the acquire in rp_mpmc_take(). */
  return rp_post(&pending->sequence, p->pending_sequence, &p->shared.words->data_wanted);
}

/* Read the next record of the range. Its consumer only, wait-free. Returns RP_EMPTY at
 * the end of the range, or RP_ECORRUPT; calling again continues with the following
 * record. */
static inline int
rp_mpmc_peek(rp_mpmc_consumer *c, rp_record *record) {
  for (; c->next != c->to; c->next++) {
    rp_slot *slot = rp_slot_at(&c->shared, c->next);
    /* Relaxed: the acquire of the sequence came before. Read once. */
    uint32_t info = rp_load_relaxed(&slot->info);
    uint32_t length = info & 0xFFFFFFu;

    if (info >> 24 == RP_SLOT_PADDING) continue;
    if (length > c->shared.slot) {
      c->next++;
      return RP_ECORRUPT;
    }
    *record = (rp_record){length, info >> 24, slot->payload};
    return RP_OK;
  }
  return RP_EMPTY;
}

/* Step over the record that rp_mpmc_peek() has read. Its consumer only, wait-free. */
static inline void
rp_mpmc_advance(rp_mpmc_consumer *c) {
  c->next++;
}

/* Free all slots of the range that were read. Its consumer only, wait-free in the size of
 * the range. Returns true if a producer sleeps. */
static inline bool
rp_mpmc_release(rp_mpmc_consumer *c) {
  uint32_t n = c->shared.capacity, first = c->from;

  if (first == c->next) return false;
  rp_failpoint("mpmc:releasing");
  c->from = c->next;
  /* Release pairs with the acquire in rp_mpmc_claim(): we have finished reading. The
   * first slot comes last: sleeping producers look there. */
  for (uint32_t i = first + 1; i != c->next; i++)
    rp_store_release(&rp_slot_at(&c->shared, i)->sequence,
                     rp_slot_free(&c->shared, i) + n);
  return rp_post(&rp_slot_at(&c->shared, first)->sequence,
                 rp_slot_free(&c->shared, first) + n, &c->shared.words->room_wanted);
}

#endif
