/*
 * scenarios-ring.c - the segment ring: publish, park, drain, asymmetric barriers, full.
 */
#include "model.h"
#include "core/port/segment_ring.h"

enum { BELL };

typedef struct ring {
  rp_word tail, head;
  uint8_t data[64];
  rp_parking parking;
  rp_segment_producer producer;
  rp_segment_consumer consumer;
} ring;

static ring *r;
static uint32_t received, published;
static bool grants; /* after each record, as a chain's consumer does after many */

static void
make(uint32_t capacity, uint32_t position) {
  r = malloc(sizeof(*r));
  rp_store_relaxed(&r->tail, position);
  rp_store_relaxed(&r->head, position);
  rp_store_relaxed(&r->parking.parked, 0);
  rp_store_relaxed(&r->parking.asymmetric, 0);
  rp_segment_producer_init(&r->producer, &r->tail, &r->head, r->data, capacity);
  rp_segment_consumer_init(&r->consumer, &r->tail, &r->head, r->data, capacity);
  received = published = 0;
  grants = false;
}

static void
grant(void) {
  rp_store_relaxed(&r->parking.asymmetric, 1);
}

/* The token is parked or has been rung for, never both; and where it is parked there is
 * no grant. */
static void
one_token(void) {
  CHECK(!(model_raw(&r->parking.parked) && model_rung(BELL)));
  CHECK(!(model_raw(&r->parking.parked) && model_raw(&r->parking.asymmetric)));
}

static int
claim(uint32_t number) {
  uint8_t *payload;
  int result = rp_segment_claim(&r->producer, number, 8, &payload);
  uint64_t value = number * 0x0101010101010101u;

  if (result == RP_OK) memcpy(payload, &value, sizeof(value));
  return result;
}

static void
publish(void) {
  if (rp_segment_publish(&r->producer, &r->parking)) model_ring(BELL);
}

/* Read until the ring is sealed or `count` records are there, asleep when there is
 * nothing. */
static void
read_records(uint32_t count) {
  rp_record record;

  while (received < count) {
    int result = rp_segment_peek(&r->consumer, &record);

    if (result == RP_CLOSED) return;
    if (result == RP_EMPTY) {
      if (rp_segment_park(&r->consumer, &r->parking)) model_sleep(BELL);
      continue;
    }

    uint64_t value;

    CHECK(result == RP_OK && record.type == received && record.length == 8);
    memcpy(&value, record.payload, sizeof(value));
    CHECK(value == received * 0x0101010101010101u);
    received++;
    rp_segment_advance(&r->consumer, &record);
    rp_segment_release(&r->consumer);
    if (grants) grant();
  }
}

static void
check_received(uint32_t count) {
  CHECK(received == count);
  CHECK(model_raw(&r->parking.parked) == 0 && !model_rung(BELL));
  free(r);
  CHECK(model_blocks() == 0);
}

/* ---- each record published by itself ---- */

static void
setup_64(void) {
  make(64, 0u - 24u); /* wraps, with padding before the third record */
}
static void
publish_three(void) {
  for (uint32_t i = 0; i < 3; i++) {
    CHECK(claim(i) == RP_OK);
    publish();
  }
}
static void
read_three(void) {
  read_records(3);
}
static void
check_three(void) {
  check_received(3);
}
SCENARIO(ring_park, "ring-park", setup_64, {publish_three, read_three}, check_three,
         one_token, -1);

/* ---- batches, and the seal ---- */

static void
publish_batch_and_seal(void) {
  CHECK(claim(0) == RP_OK && claim(1) == RP_OK);
  publish();
  CHECK(claim(2) == RP_OK);
  if (rp_segment_seal(&r->producer, &r->parking)) model_ring(BELL);
}
static void
read_to_seal(void) {
  rp_record record;

  read_records(UINT32_MAX);
  CHECK(rp_segment_peek(&r->consumer, &record) == RP_CLOSED);
  /* It cannot sleep but for the doorbell that the seal owes it. */
  if (rp_segment_park(&r->consumer, &r->parking)) model_sleep(BELL);
}
SCENARIO(ring_seal, "ring-seal", setup_64, {publish_batch_and_seal, read_to_seal},
         check_three, one_token, -1);

/* ---- the same with a consumer that grants after each record, and takes it back when it
 * parks ---- */

static void
setup_64_asymmetric(void) {
  setup_64();
  grants = true;
}
SCENARIO(ring_asymmetric, "ring-asymmetric", setup_64_asymmetric,
         {publish_three, read_three}, check_three, one_token, 5);

static void
setup_granted(void) {
  setup_64_asymmetric();
  grant();
}
SCENARIO(ring_seal_asymmetric, "ring-seal-asymmetric", setup_granted,
         {publish_batch_and_seal, read_to_seal}, check_three, one_token, -1);

/* ---- a producer that has seen the grant, and stores only when the consumer parks
 * without a barrier: it has parked once with one, and taken its token back, as
 * rp_endpoint_schedule() does ---- */

static void
publish_one(void) {
  CHECK(claim(0) == RP_OK);
  publish();
}
static void
park_twice_read_one(void) {
  if (rp_segment_park(&r->consumer, &r->parking) && !rp_parking_take(&r->parking))
    model_sleep(BELL);
  read_records(1);
}
static void
setup_late(void) {
  make(64, 0);
  grant();
}
static void
check_one(void) {
  check_received(1);
}
SCENARIO(ring_late, "ring-late", setup_late, {publish_one, park_twice_read_one},
         check_one, one_token, -1);

/* ---- a ring of two records, and a producer that writes what finds room ---- */

static void
setup_32(void) {
  make(32, 0);
}
static void
publish_what_fits(void) {
  for (uint32_t i = 0; i < 5; i++) {
    int result = claim(published);

    CHECK(result == RP_OK || (result == RP_FULL && published >= 2));
    if (result == RP_FULL) continue;
    published++;
    publish();
  }
  if (rp_segment_seal(&r->producer, &r->parking)) model_ring(BELL);
}
static void
check_published(void) {
  check_received(published);
}
SCENARIO(ring_full, "ring-full", setup_32, {publish_what_fits, read_to_seal},
         check_published, one_token, 4);
