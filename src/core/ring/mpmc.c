/*
 * mpmc.c - many producers, many consumers: the paths that not every record takes.
 */
#include "core/ring/mpmc.h"

void
rp_mpmc_producer_init(rp_mpmc_producer *p, const rp_shared *shared) {
  *p = (rp_mpmc_producer){.shared = *shared};
}

void
rp_mpmc_consumer_init(rp_mpmc_consumer *c, const rp_shared *shared) {
  *c = (rp_mpmc_consumer){.shared = *shared};
}

/* Compare a position with its new value `now`. If it has moved, update `*at` and return
 * true. */
static inline bool
moved(uint64_t *at, uint64_t now) {
  if (now == *at) return false;
  *at = now;
  return true;
}

/* Return true if the slot is still in the lap before: being written, unread, or being
 * read. It cannot be older: the position has moved past it since. */
static inline bool
lap_before(const rp_shared *shared, int32_t distance) {
  return distance < 0 && distance >= -(int32_t) shared->capacity;
}

int
rp_mpmc_not_free(const rp_shared *shared, uint64_t *at, int32_t distance) {
  if (moved(at, rp_load_acquire(&shared->words->tail.wide))) return RP_OK;
  return lap_before(shared, distance) ? RP_FULL : RP_ECORRUPT;
}

int
rp_mpmc_not_ready(const rp_shared *shared, uint64_t *at, int32_t distance) {
  if (moved(at, rp_load_acquire(&shared->words->head.wide))) return RP_OK;
  if (!lap_before(shared, distance)) return RP_ECORRUPT;

  uint64_t tail = rp_load_relaxed(&shared->words->tail.wide);

  /* Closed once every claim before the bit CLOSED has been taken. */
  return tail == (*at | RP_TAIL_CLOSED) ? RP_CLOSED : RP_EMPTY;
}

/* Return the difference between the sequence of a slot and that of a ready one. */
static inline int32_t
from_ready(const rp_shared *shared, uint32_t position) {
  /* Acquire pairs with rp_mpmc_publish(): the record is complete. */
  return (int32_t) (rp_load_acquire(&rp_slot_at(shared, position)->sequence) -
                    (rp_slot_free(shared, position) + 1));
}

int
rp_mpmc_take(rp_mpmc_consumer *c, uint32_t limit) {
  rp_atomic_u64 *head = &c->shared.words->head.wide;

  /* Acquire pairs with the CAS below, as in rp_mpmc_claim(). */
  for (uint64_t at = rp_load_acquire(head);;) {
    uint32_t position = (uint32_t) (at / RP_MPMC_STEP);
    int32_t distance = from_ready(&c->shared, position);
    uint32_t count = 1;

    if (distance != 0) {
      int result = rp_mpmc_not_ready(&c->shared, &at, distance);

      if (result != RP_OK) return result;
      continue;
    }
    while (count < limit && from_ready(&c->shared, position + count) == 0) count++;
    if (rp_cas(head, &at, at + (uint64_t) count * RP_MPMC_STEP)) {
      rp_failpoint("mpmc:taken");
      c->from = position;
      c->next = position;
      c->to = position + count;
      return RP_OK;
    }
  }
}

bool
rp_mpmc_writable(const rp_shared *shared) {
  uint64_t tail = rp_load_seq(&shared->words->tail.wide);
  uint32_t position = (uint32_t) (tail / RP_MPMC_STEP);
  uint32_t sequence = rp_load_seq(&rp_slot_at(shared, position)->sequence);

  /* True also if the ring is closed or the slot was taken: the claim will say so. */
  return (tail & RP_TAIL_CLOSED) != 0 ||
         !lap_before(shared, (int32_t) (sequence - rp_slot_free(shared, position)));
}

bool
rp_mpmc_readable(const rp_shared *shared) {
  uint64_t head = rp_load_seq(&shared->words->head.wide);
  uint32_t position = (uint32_t) (head / RP_MPMC_STEP);
  uint32_t sequence = rp_load_seq(&rp_slot_at(shared, position)->sequence);

  if (!lap_before(shared, (int32_t) (sequence - (rp_slot_free(shared, position) + 1))))
    return true;
  return rp_load_seq(&shared->words->tail.wide) == (head | RP_TAIL_CLOSED);
}
