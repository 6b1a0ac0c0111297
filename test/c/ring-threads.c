/*
 * Millions of records of random lengths from one thread to another, in batches, through
 * rings that are often full and often empty. Each record arrives once, in order and
 * intact.
 */
#include "support.h"

#include <sched.h>

#include "core/port/segment_ring.h"

typedef struct stream {
  _Alignas(128) rp_word tail;
  _Alignas(128) rp_word head;
  _Alignas(128) rp_parking parking;
  uint8_t *data;
  uint32_t capacity;
  uint32_t records;
  uint64_t seed;
} stream;

/* Contents follow from the number of the record and the seed, so both sides can make
 * them. */
static uint32_t
length_of(rng *r, uint32_t capacity) {
  return random_below(r, capacity / 2 - 8 + 1);
}

static uint32_t
checksum(const uint8_t *bytes, uint32_t length) {
  uint32_t sum = length;

  for (uint32_t i = 0; i < length; i++) sum = sum * 31 + bytes[i];
  return sum;
}

static void
fill(uint8_t *bytes, uint32_t length, uint32_t number) {
  for (uint32_t i = 0; i < length; i++) bytes[i] = (uint8_t) (number + i * 5);
}

static void *
produce(void *argument) {
  stream *q = argument;
  rng lengths = {q->seed}, batches = {q->seed + 1};
  rp_segment_producer p;
  uint32_t unpublished = 0;

  rp_segment_producer_init(&p, &q->tail, &q->head, q->data, q->capacity);
  double until = seconds() + 20;

  for (uint32_t i = 0; i < q->records; i++) {
    if (i % 64 == 0 && seconds() > until) q->records = i;
    if (i == q->records) break;

    uint32_t length = length_of(&lengths, q->capacity);
    uint8_t *payload;
    int result;

    while ((result = rp_segment_claim(&p, i, length, &payload)) == RP_FULL) {
      if (unpublished > 0) (void) rp_segment_publish(&p, &q->parking), unpublished = 0;
      sched_yield();
    }
    assert(result == RP_OK);
    fill(payload, length, i);
    unpublished++;
    if (random_below(&batches, 3) == 0)
      (void) rp_segment_publish(&p, &q->parking), unpublished = 0;
  }
  (void) rp_segment_seal(&p, &q->parking);
  return NULL;
}

static void *
consume(void *argument) {
  stream *q = argument;
  rng lengths = {q->seed}, batches = {q->seed + 2};
  rp_segment_consumer c;
  rp_record record;
  uint8_t expected[4096];
  uint32_t received = 0;
  int result;

  rp_segment_consumer_init(&c, &q->tail, &q->head, q->data, q->capacity);
  while ((result = rp_segment_peek(&c, &record)) != RP_CLOSED) {
    if (result == RP_EMPTY) {
      rp_segment_release(&c);
      sched_yield();
      continue;
    }
    assert(result == RP_OK && record.type == received);
    assert(record.length == length_of(&lengths, q->capacity));
    fill(expected, record.length, received);
    assert(checksum(record.payload, record.length) == checksum(expected, record.length));
    rp_segment_advance(&c, &record);
    received++;
    if (random_below(&batches, 3) == 0) rp_segment_release(&c);
  }
  assert(received == q->records);
  return NULL;
}

static void
run(uint32_t capacity, uint32_t records, uint32_t position, uint64_t s) {
  stream q = {.capacity = capacity, .records = records, .seed = s};

  q.data = malloc(capacity);
  assert(q.data != NULL);
  atomic_init(&q.tail, position);
  atomic_init(&q.head, position);

  pthread_t producer = start(produce, &q);

  consume(&q);
  finish(producer);
  free(q.data);
}

int
main(void) {
  uint64_t s = seed();

  run(32, ROUNDS(1000000, 100000), 0u - 1024u, s);
  run(256, ROUNDS(400000, 50000), 0u - 4096u, s + 10);
  run(4096, ROUNDS(50000, 5000), 0, s + 20);
  return 0;
}
