/*
 * A segment ring whose words and records are overwritten: neither side accesses memory
 * outside the data area, returns a record that is not inside, or reads a header twice.
 *
 * The input: capacity, both words, then operations of either side and overwrites.
 */
#include "core/port/segment_ring.h"

#include "input.h"

typedef struct world {
  rp_word tail, head;
  rp_parking parking;
  uint8_t *data;
  uint32_t capacity;
  rp_segment_producer producer;
  rp_segment_consumer consumer;
} world;

static bool
inside(const world *w, const uint8_t *payload, uint32_t length) {
  return payload >= w->data + RP_RECORD_HEADER && payload <= w->data + w->capacity &&
         length <= (size_t) (w->data + w->capacity - payload);
}

static void
consume(world *w, bool step) {
  rp_record one = {0}, again = {0};
  uint32_t sum = 0;
  int first = rp_segment_peek(&w->consumer, &one);

  CHECK(rp_segment_peek(&w->consumer, &again) == first);
  if (first != RP_OK) return;
  CHECK(one.payload == again.payload && one.length == again.length);
  CHECK(one.type == again.type && one.type != RP_PADDING);
  CHECK(inside(w, one.payload, one.length));
  for (uint32_t i = 0; i < one.length; i++) sum += one.payload[i];
  CHECK(sum <= 255 * one.length);
  if (step) rp_segment_advance(&w->consumer, &one);
}

static void
produce(world *w, uint32_t length) {
  uint32_t before = w->producer.position;
  uint8_t *payload;
  int result = rp_segment_claim(&w->producer, 7, length, &payload);

  if (result == RP_OK) {
    CHECK(inside(w, payload, length));
    memset(payload, 0x5A, length);
  } else {
    CHECK(w->producer.position == before);
    CHECK(result == RP_FULL || result == RP_ETOOBIG || result == RP_ECORRUPT);
  }
}

static void
vandalize(world *w, input *in) {
  uint32_t at = take_size(in);
  uint8_t count = take_u8(in);

  for (uint32_t i = 0; i < count % 16u && w->capacity > 0; i++)
    w->data[(at + i) & (w->capacity - 1)] = take_u8(in);
}

static void
step(world *w, input *in) {
  switch (take_u8(in) % 16) {
    case 0:
      consume(w, true);
      break;
    case 1:
      consume(w, false);
      break;
    case 2:
      rp_segment_release(&w->consumer);
      break;
    case 3:
      (void) rp_segment_park(&w->consumer, &w->parking);
      break;
    case 4:
      (void) rp_parking_take(&w->parking);
      break;
    case 5:
      produce(w, take_size(in));
      break;
    case 6:
      produce(w, take_u32(in));
      break;
    case 7:
      (void) rp_segment_publish(&w->producer, &w->parking);
      break;
    case 8:
      (void) rp_segment_seal(&w->producer, &w->parking);
      break;
    case 9:
      rp_store_release(&w->tail, take_u32(in));
      break;
    case 10:
      rp_store_release(&w->head, take_u32(in));
      break;
    case 11:
      rp_store_release(&w->tail, w->consumer.position + take_u8(in));
      break;
    case 12:
      vandalize(w, in);
      break;
    case 13:
      rp_parking_go_asymmetric(&w->parking);
      break;
    case 14:
      rp_store_relaxed(&w->parking.parked, take_u8(in) % 2);
      break;
    default:
      /* A new owner of the sides trusts the words as little as the old one. */
      rp_segment_producer_init(&w->producer, &w->tail, &w->head, w->data, w->capacity);
      rp_segment_consumer_init(&w->consumer, &w->tail, &w->head, w->data, w->capacity);
  }
}

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void) argc, (void) argv;
  (void) rp_barrier_available(); /* so that each run of an input does the same */
  return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  input in = {bytes, size};
  uint32_t log2 = take_u8(&in) % 9;
  world w = {.capacity = log2 < 4 ? 0 : 1u << log2};

  /* Exactly as large as it says: one byte beyond is an error that ASan reports. */
  w.data = malloc(w.capacity == 0 ? 1 : w.capacity);
  CHECK(w.data != NULL);
  memset(w.data, 0, w.capacity);
  rp_store_relaxed(&w.tail, take_u32(&in));
  rp_store_relaxed(&w.head, take_u32(&in));
  rp_segment_producer_init(&w.producer, &w.tail, &w.head, w.data, w.capacity);
  rp_segment_consumer_init(&w.consumer, &w.tail, &w.head, w.data, w.capacity);
  while (in.left > 0) step(&w, &in);
  free(w.data);
  return 0;
}
