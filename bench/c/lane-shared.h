/*
 * lane-shared.h - the rings of RingBuffer: LANE_SPSC, LANE_MPSC or LANE_MPMC. They
 * publish and release every BATCH records.
 */
#include "core/ring/mpmc.h"
#include "core/ring/mpsc.h"
#include "core/ring/spsc.h"

#ifndef BATCH
#define BATCH 1
#endif

#if defined(LANE_SPSC)
#define OF(name) rp_spsc_##name
#define SHAPE RP_SPSC, LANE_BYTES, 0
#define COMMIT(p) rp_spsc_commit((p), 1, RECORD)
#define PEEK(c, found) rp_spsc_peek((c), (found))
#define ADVANCE(c, found) rp_spsc_advance((c), (found))
#elif defined(LANE_MPSC)
#define OF(name) rp_mpsc_##name
#define SHAPE RP_MPSC, LANE_BYTES, 0
#define COMMIT(p) rp_mpsc_commit((p), RECORD, 1, RECORD)
#define PEEK(c, found) rp_mpsc_peek((c), (found))
#define ADVANCE(c, found) rp_mpsc_advance((c), (found))
#else
#define OF(name) rp_mpmc_##name
#define SHAPE RP_MPMC, LANE_BYTES / RECORD, RECORD
#define COMMIT(p) rp_mpmc_commit((p), 1, RECORD)
#define PEEK(c, found) peek_slot((c), (found))
#define ADVANCE(c, found) ((void) (found), rp_mpmc_advance(c))
#endif

/* Keeps the words of the producer and the consumer in different cache lines. */
struct lane {
  _Alignas(128) OF(producer) producer;
  int unpublished;
  _Alignas(128) OF(consumer) consumer;
  int unreleased;
  _Alignas(128) uint8_t memory[RP_SHARED_DATA + LANE_BYTES * 2];
};

static lane *
lane_new(void) {
  lane *l = lane_memory(sizeof(*l));
  rp_shared shared;

  if (rp_shared_format(l->memory, sizeof(l->memory), SHAPE) != RP_OK ||
      rp_shared_map(&shared, l->memory, sizeof(l->memory)) != RP_OK)
    abort();
  OF(producer_init)(&l->producer, &shared);
  OF(consumer_init)(&l->consumer, &shared);
  return l;
}

#if !defined(LANE_SPSC) && !defined(LANE_MPSC)
static inline int
peek_slot(rp_mpmc_consumer *c, rp_record *found) {
  if (rp_mpmc_peek(c, found) == RP_OK) return RP_OK;
  (void) rp_mpmc_release(c);

  int result = rp_mpmc_take(c, BATCH);

  return result == RP_OK ? rp_mpmc_peek(c, found) : result;
}
#endif

static inline void
lane_flush(lane *l) {
  if (l->unpublished == 0) return;
  (void) OF(publish)(&l->producer);
  l->unpublished = 0;
}

static inline bool
lane_put(lane *l, const record *r) {
  uint8_t *payload;

  if (OF(claim)(&l->producer, RECORD, &payload) != RP_OK) {
    lane_flush(l);
    return false;
  }
  memcpy(payload, r, RECORD);
  COMMIT(&l->producer);
  if (BATCH == 1)
    (void) OF(publish)(&l->producer);
  else if (++l->unpublished == BATCH)
    lane_flush(l);
  return true;
}

static inline bool
lane_take(lane *l, record *r) {
  rp_record found;

  if (PEEK(&l->consumer, &found) != RP_OK) {
    (void) OF(release)(&l->consumer);
    l->unreleased = 0;
    return false;
  }
  memcpy(r, found.payload, RECORD);
  ADVANCE(&l->consumer, &found);
  if (BATCH == 1 || ++l->unreleased == BATCH) {
    (void) OF(release)(&l->consumer);
    l->unreleased = 0;
  }
  return true;
}
