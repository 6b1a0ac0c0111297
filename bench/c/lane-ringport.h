/*
 * lane-ringport.h - the segment ring of ports. Publishes and releases every BATCH
 * records.
 */
#include "core/port/segment_ring.h"

#ifndef BATCH
#define BATCH 1
#endif

struct lane {
  _Alignas(128) rp_word tail;
  _Alignas(128) rp_word head;
  _Alignas(128) rp_segment_producer producer;
  int unpublished;
  _Alignas(128) rp_segment_consumer consumer;
  int unreleased;
  _Alignas(128) rp_parking parking;
  _Alignas(128) uint8_t data[LANE_BYTES];
};

static lane *
lane_new(void) {
  lane *l = lane_memory(sizeof(*l));

  rp_segment_producer_init(&l->producer, &l->tail, &l->head, l->data, LANE_BYTES);
  rp_segment_consumer_init(&l->consumer, &l->tail, &l->head, l->data, LANE_BYTES);
  /* As chain.c does for a consumer that has not parked for long; this one never parks. */
  (void) rp_barrier_available();
  rp_parking_go_asymmetric(&l->parking);
  return l;
}

static inline void
lane_flush(lane *l) {
  if (l->unpublished == 0) return;
  rp_segment_publish(&l->producer, &l->parking);
  l->unpublished = 0;
}

static inline bool
lane_put(lane *l, const record *r) {
  uint8_t *payload;

  if (rp_segment_claim(&l->producer, 1, RECORD, &payload) != RP_OK) {
    lane_flush(l);
    return false;
  }
  memcpy(payload, r, RECORD);
  if (++l->unpublished == BATCH) lane_flush(l);
  return true;
}

static inline bool
lane_take(lane *l, record *r) {
  rp_record found;

  if (rp_segment_peek(&l->consumer, &found) != RP_OK) {
    if (l->unreleased != 0) rp_segment_release(&l->consumer);
    l->unreleased = 0;
    return false;
  }
  memcpy(r, found.payload, RECORD);
  rp_segment_advance(&l->consumer, &found);
  if (++l->unreleased == BATCH) {
    rp_segment_release(&l->consumer);
    l->unreleased = 0;
  }
  return true;
}
