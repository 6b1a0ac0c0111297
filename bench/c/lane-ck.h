/*
 * lane-ck.h - Concurrency Kit's ck_ring: single producer and consumer, or LANE_CK_MPMC.
 * Its slots have a fixed size and contain the record. Each record is published on its
 * own.
 */
#include <ck_ring.h>

CK_RING_PROTOTYPE(record, record)

struct lane {
  ck_ring_t ring;
  _Alignas(128) record slots[LANE_BYTES / RECORD];
};

static lane *
lane_new(void) {
  lane *l = lane_memory(sizeof(*l));

  ck_ring_init(&l->ring, LANE_BYTES / RECORD);
  return l;
}

static inline void
lane_flush(lane *l) {
  (void) l;
}

#ifdef LANE_CK_MPMC
#define ENQUEUE ck_ring_enqueue_mpmc_record
#define DEQUEUE ck_ring_dequeue_mpmc_record
#else
#define ENQUEUE ck_ring_enqueue_spsc_record
#define DEQUEUE ck_ring_dequeue_spsc_record
#endif

static inline bool
lane_put(lane *l, const record *r) {
  return ENQUEUE(&l->ring, l->slots, (record *) r);
}

static inline bool
lane_take(lane *l, record *r) {
  return DEQUEUE(&l->ring, l->slots, r);
}
