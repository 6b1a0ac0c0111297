/*
 * scenarios-ring.c - publish, park, drain; full at both ends.
 */
#include "model.h"
#include "ring.h"

enum { CONSUMER_BELL, PRODUCER_BELL };

typedef struct ring {
  rp_word tail, head;
  uint8_t data[64];
  rp_producer producer;
  rp_consumer consumer;
} ring;

static ring *r;
static uint32_t received;

static void
make(uint32_t capacity, uint32_t position) {
  r = malloc(sizeof(*r));
  rp_store_relaxed(&r->tail, position);
  rp_store_relaxed(&r->head, position);
  rp_producer_init(&r->producer, &r->tail, &r->head, r->data, capacity);
  rp_consumer_init(&r->consumer, &r->tail, &r->head, r->data, capacity);
  received = 0;
}

/* The token of the consumer is in tail or has been rung for, never both. */
static void
one_token(void) {
  CHECK(!((model_raw(&r->tail) & RP_PARKED) && model_rung(CONSUMER_BELL)));
  CHECK(!((model_raw(&r->head) & RP_PARKED) && model_rung(PRODUCER_BELL)));
}

static int
claim(uint32_t number) {
  uint8_t *payload;
  int result = rp_ring_claim(&r->producer, number, 8, &payload);
  uint64_t value = number * 0x0101010101010101u;

  if (result == RP_OK) memcpy(payload, &value, sizeof(value));
  return result;
}

static void
publish(void) {
  if (rp_ring_publish(&r->producer)) model_ring(CONSUMER_BELL);
}

/* Read until the ring is sealed or `count` records are there, asleep when there is nothing. */
static void
read_records(uint32_t count) {
  rp_record record;

  while (received < count) {
    int result = rp_ring_peek(&r->consumer, &record);

    if (result == RP_SEALED) return;
    if (result == RP_EMPTY) {
      if (rp_ring_park(&r->consumer)) model_sleep(CONSUMER_BELL);
      continue;
    }

    uint64_t value;

    CHECK(result == RP_OK && record.type == received && record.length == 8);
    memcpy(&value, record.payload, sizeof(value));
    CHECK(value == received * 0x0101010101010101u);
    received++;
    rp_ring_advance(&r->consumer, &record);
    if (rp_ring_release(&r->consumer)) model_ring(PRODUCER_BELL);
  }
}

static void
check_received(uint32_t count) {
  CHECK(received == count);
  CHECK((model_raw(&r->tail) & RP_PARKED) == 0 && !model_rung(CONSUMER_BELL));
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
  if (rp_ring_seal(&r->producer)) model_ring(CONSUMER_BELL);
}
static void
read_to_seal(void) {
  rp_record record;

  read_records(UINT32_MAX);
  CHECK(rp_ring_peek(&r->consumer, &record) == RP_SEALED);
  CHECK(!rp_ring_park(&r->consumer));
}
SCENARIO(ring_seal, "ring-seal", setup_64, {publish_batch_and_seal, read_to_seal},
         check_three, one_token, -1);

/* ---- a ring of two records: the producer waits for room, the consumer for records ---- */

static void
setup_32(void) {
  make(32, 0);
}
/* As the consumer does in tail: put the token into head, look again, sleep. */
static void
wait_for_room(void) {
  uint32_t old = rp_fetch_or(&r->head, RP_PARKED);

  if ((old & ~RP_FLAGS) != r->producer.released) {
    if (rp_fetch_and(&r->head, ~RP_PARKED) & RP_PARKED) return;
  }
  model_sleep(PRODUCER_BELL);
}
static void
publish_four(void) {
  for (uint32_t i = 0; i < 4; i++) {
    int result;

    while ((result = claim(i)) == RP_FULL) wait_for_room();
    CHECK(result == RP_OK);
    publish();
  }
}
static void
read_four(void) {
  read_records(4);
}
static void
check_four(void) {
  CHECK((model_raw(&r->head) & RP_PARKED) == 0 && !model_rung(PRODUCER_BELL));
  check_received(4);
}
SCENARIO(ring_full, "ring-full", setup_32, {publish_four, read_four}, check_four,
         one_token, -1);
