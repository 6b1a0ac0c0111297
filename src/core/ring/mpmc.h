/*
 * mpmc.h - many producers, many consumers, slots of one size, in the memory of
 * shared_memory.h.
 *
 * The bounded queue of Dmitry Vyukov: the sequence of a slot says whose turn it is, tail
 * and head only say who gets which slot. A consumer may claim several slots at once, in
 * one piece: its range.
 */
#ifndef RP_CORE_RING_MPMC_H_
#define RP_CORE_RING_MPMC_H_

#include "core/ring/shared_memory.h"
#include "core/failpoint.h"

/* A position p in tail and head is p x 2, beside the bit CLOSED. */
#define RP_MPMC_STEP 2u

typedef struct rp_mpmc_producer {
  rp_shared shared;
  uint32_t claimed; /* the open claim */
  rp_slot *
      pending; /* the first that is complete but for its sequence: NULL if there is none */
  uint32_t pending_sequence;
} rp_mpmc_producer;

typedef struct rp_mpmc_consumer {
  rp_shared shared;
  uint32_t from; /* the range: taken, ... */
  uint32_t next; /* ... read up to here, ... */
  uint32_t to;   /* ... and ending here */
} rp_mpmc_consumer;

void rp_mpmc_producer_init(rp_mpmc_producer *p, const rp_shared *shared);
void rp_mpmc_consumer_init(rp_mpmc_consumer *c, const rp_shared *shared);

/* What to do where the slot is not free (ready): RP_OK, try again with the new `*at`. */
int rp_mpmc_not_free(const rp_shared *shared, uint64_t *at, int32_t distance);
int rp_mpmc_not_ready(const rp_shared *shared, uint64_t *at, int32_t distance);

/* Claim slots that are ready, up to `limit`, once the range has been released. Any
 * consumer, lock-free. RP_EMPTY, RP_CLOSED, RP_ECORRUPT. */
int rp_mpmc_take(rp_mpmc_consumer *c, uint32_t limit);

/* As those of spsc.h. */
bool rp_mpmc_writable(const rp_shared *shared);
bool rp_mpmc_readable(const rp_shared *shared);

/* Claim a slot, which consumers wait for from now on. Any producer, lock-free. RP_FULL,
 * RP_ETOOBIG, RP_ECLOSED, RP_ECORRUPT: nothing has changed. */
static inline int
rp_mpmc_claim(rp_mpmc_producer *p, uint32_t length, uint8_t **payload) {
  rp_atomic_u64 *tail = &p->shared.words->tail.wide;

  if (length > p->shared.slot) return RP_ETOOBIG;

  /* Acquire pairs with the swap below: the slot is seen as it was left for its last lap,
   * or later. */
  for (uint64_t at = rp_load_acquire(tail);;) {
    if (at & RP_TAIL_CLOSED) return RP_ECLOSED;

    uint32_t position = (uint32_t) (at / RP_MPMC_STEP);
    rp_slot *slot = rp_slot_at(&p->shared, position);
    /* Acquire pairs with rp_mpmc_release(): it has been read. */
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

/* The claimed record is complete, with its first `length` bytes. It becomes visible with
 * the next publish, all at once. Its producer only, wait-free. */
static inline void
rp_mpmc_commit(rp_mpmc_producer *p, uint32_t type, uint32_t length) {
  rp_slot *slot = rp_slot_at(&p->shared, p->claimed);
  uint32_t complete = rp_slot_free(&p->shared, p->claimed) + 1;

  /* Relaxed: the sequence makes it visible. */
  rp_store_relaxed(&slot->info, length | type << 24);
  if (p->pending == NULL) {
    /* The first becomes visible last: whoever sleeps looks there. */
    p->pending = slot;
    p->pending_sequence = complete;
  } else {
    /* Release pairs with the acquire in rp_mpmc_take(). */
    rp_store_release(&slot->sequence, complete);
  }
}

/* Make everything committed visible. Its producer only, wait-free. True if a consumer
 * sleeps. */
static inline bool
rp_mpmc_publish(rp_mpmc_producer *p) {
  rp_slot *pending = p->pending;

  if (pending == NULL) return false;
  rp_failpoint("mpmc:publishing");
  p->pending = NULL;
  /* Pairs with the acquire in rp_mpmc_take(). */
  return rp_post(&pending->sequence, p->pending_sequence, &p->shared.words->data_wanted);
}

/* The next record of the range. RP_EMPTY: it is at its end. RP_ECORRUPT: calling again
 * goes on with the record behind. Its consumer only, wait-free. */
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

static inline void
rp_mpmc_advance(rp_mpmc_consumer *c) {
  c->next++;
}

/* Give all slots of the range that were read back. Its consumer only, wait-free in the
 * size of the range. True if a producer sleeps. */
static inline bool
rp_mpmc_release(rp_mpmc_consumer *c) {
  uint32_t n = c->shared.capacity, first = c->from;

  if (first == c->next) return false;
  rp_failpoint("mpmc:releasing");
  c->from = c->next;
  /* Release pairs with the acquire in rp_mpmc_claim(): we have finished reading. The
   * first comes last: whoever sleeps looks there. */
  for (uint32_t i = first + 1; i != c->next; i++)
    rp_store_release(&rp_slot_at(&c->shared, i)->sequence,
                     rp_slot_free(&c->shared, i) + n);
  return rp_post(&rp_slot_at(&c->shared, first)->sequence,
                 rp_slot_free(&c->shared, first) + n, &c->shared.words->room_wanted);
}

#endif
