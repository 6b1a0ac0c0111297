/*
 * A segment ring compared with a queue that counts bytes: every offset, fill level and
 * record length at small capacities, and positions that wrap around 2^32.
 */
#include "support.h"

#include "core/port/segment_ring.h"

enum { CAPACITY_MAX = 128, QUEUE = 64 };

/* The model: records in order, and the bytes each takes with the padding before it. */
typedef struct model {
  uint32_t capacity;
  uint32_t position; /* where the next record goes */
  uint32_t used;     /* bytes from the oldest record not released to position */
  struct {
    uint32_t length, type, bytes;
  } record[QUEUE];
  uint32_t first, published, last; /* indices: read from first, visible up to published */
} model;

typedef struct ring {
  rp_word tail, head;
  rp_parking parking;
  uint8_t *data;
  rp_segment_producer producer;
  rp_segment_consumer consumer;
  model m;
} ring;

static uint32_t next_type = 1;

static void
ring_init(ring *r, uint32_t capacity, uint32_t position) {
  memset(r, 0, sizeof(*r));
  r->data = malloc(capacity); /* of exactly this size: ASan sees every byte beyond it */
  assert(r->data != NULL);
  memset(r->data, 0xEE, capacity);
  atomic_init(&r->tail, position);
  atomic_init(&r->head, position);
  rp_segment_producer_init(&r->producer, &r->tail, &r->head, r->data, capacity);
  rp_segment_consumer_init(&r->consumer, &r->tail, &r->head, r->data, capacity);
  r->m.capacity = capacity;
  r->m.position = position;
}

static uint8_t
byte_of(uint32_t type, uint32_t i) {
  return (uint8_t) (type * 31 + i * 7 + 1);
}

/* What a claim takes with its padding, by counting bytes one by one. */
static uint32_t
bytes_taken(const model *m, uint32_t length) {
  uint32_t size = 8;
  uint32_t padding = 0;

  while (size < length + 8) size += 8;
  while ((m->position + padding) % m->capacity + size > m->capacity) padding += 8;
  return size + padding;
}

static void
claim(ring *r, uint32_t length) {
  model *m = &r->m;
  uint8_t *payload = NULL;
  bool fits = length <= m->capacity && (length + 7) / 8 * 8 + 8 <= m->capacity / 2;
  uint32_t bytes = fits ? bytes_taken(m, length) : 0;
  uint32_t type = next_type++;
  int expected = !fits ? RP_ETOOBIG : m->used + bytes > m->capacity ? RP_FULL : RP_OK;

  uint32_t tail = atomic_load(&r->tail);
  rp_segment_producer before = r->producer;

  assert(rp_segment_claim(&r->producer, type, length, &payload) == expected);
  assert(atomic_load(&r->tail) == tail);
  if (expected != RP_OK) {
    assert(payload == NULL && r->producer.position == before.position);
    return;
  }
  assert(payload >= r->data + 8 && payload + length <= r->data + m->capacity);
  assert((payload - r->data) % 8 == 0);
  for (uint32_t i = 0; i < length; i++) payload[i] = byte_of(type, i);

  uint32_t at = m->last++ % QUEUE;

  m->record[at].length = length;
  m->record[at].type = type;
  m->record[at].bytes = bytes;
  m->position += bytes;
  m->used += bytes;
}

static void
publish(ring *r) {
  assert(!rp_segment_publish(&r->producer, &r->parking));
  r->m.published = r->m.last;
  assert(atomic_load(&r->tail) == r->m.position);
}

/* Read up to `limit` records, then release them together. */
static void
drain(ring *r, uint32_t limit) {
  model *m = &r->m;
  rp_record record;
  uint32_t bytes = 0;

  while (limit-- > 0) {
    int result = rp_segment_peek(&r->consumer, &record);
    uint32_t at = m->first % QUEUE;

    if (m->first == m->published) {
      assert(result == RP_EMPTY);
      break;
    }
    assert(result == RP_OK);
    assert(record.length == m->record[at].length && record.type == m->record[at].type);
    assert(record.payload + record.length <= r->data + m->capacity);
    for (uint32_t i = 0; i < record.length; i++)
      assert(record.payload[i] == byte_of(record.type, i));
    rp_segment_advance(&r->consumer, &record);
    bytes += m->record[at].bytes;
    m->first++;
  }
  rp_segment_release(&r->consumer);
  m->used -= bytes;
}

static void
every_offset_and_length(uint32_t capacity, uint32_t base) {
  for (uint32_t offset = 0; offset < capacity; offset += 8)
    for (uint32_t one = 0; one <= capacity / 2; one++)
      for (uint32_t two = 0; two <= capacity / 2 + 1; two++) {
        ring r;

        ring_init(&r, capacity, base + offset);
        claim(&r, one);
        publish(&r);
        claim(&r, two);
        publish(&r);
        claim(&r, one);
        drain(&r, 1); /* the third is not published: it must not be seen */
        claim(&r, two);
        drain(&r, QUEUE);
        publish(&r);
        drain(&r, QUEUE);
        assert(r.m.used == 0 && r.m.first == r.m.last);
        free(r.data);
      }
}

static void
random_walk(rng *random, uint32_t steps) {
  static const uint32_t capacities[] = {16, 32, 64, 128};
  uint32_t capacity = capacities[random_below(random, 4)];
  ring r;

  /* Close to 2^32, so that the walk crosses it. */
  ring_init(&r, capacity, (0u - random_below(random, steps * 4)) & ~7u);
  while (steps-- > 0) {
    switch (random_below(random, 4)) {
      case 0:
      case 1:
        claim(&r, random_below(random, capacity / 2 + 2));
        break;
      case 2:
        publish(&r);
        break;
      case 3:
        drain(&r, 1 + random_below(random, 6));
        break;
    }
  }
  free(r.data);
}

/* The largest length that is asked for must not overflow on its way to RP_ETOOBIG. */
static void
huge_lengths(void) {
  static const uint32_t lengths[] = {65, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFF8, 0xFFFFFFFF};
  ring r;

  ring_init(&r, 64, 0);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    uint8_t *payload;

    assert(rp_segment_claim(&r.producer, 1, lengths[i], &payload) == RP_ETOOBIG);
  }
  free(r.data);
}

static void
seal_comes_last(uint32_t capacity) {
  ring r;
  rp_record record;

  ring_init(&r, capacity, 0u - 8u);
  claim(&r, 0);
  assert(rp_segment_peek(&r.consumer, &record) == RP_EMPTY);
  assert(!rp_segment_seal(&r.producer, &r.parking));
  assert(rp_segment_peek(&r.consumer, &record) == RP_OK);
  rp_segment_advance(&r.consumer, &record);
  assert(rp_segment_peek(&r.consumer, &record) == RP_CLOSED);
  assert(rp_segment_peek(&r.consumer, &record) == RP_CLOSED);
  free(r.data);
}

/* A side may be made again on a ring in use: it goes on where the last one stopped. */
static void
sides_change_hands(void) {
  ring r;

  ring_init(&r, 64, 0u - 32u);
  for (int i = 0; i < 100; i++) {
    claim(&r, (uint32_t) i % 17);
    publish(&r);
    rp_segment_producer_init(&r.producer, &r.tail, &r.head, r.data, 64);
    if (i % 2 == 0) continue;
    drain(&r, 1 + (uint32_t) i % 2);
    rp_segment_consumer_init(&r.consumer, &r.tail, &r.head, r.data, 64);
  }
  free(r.data);
}

int
main(void) {
  rng random = {seed()};

  for (uint32_t capacity = 16; capacity <= 64; capacity *= 2) {
    every_offset_and_length(capacity, 0);
    every_offset_and_length(capacity, 0u - capacity);
    seal_comes_last(capacity);
  }
  for (int i = 0; i < 400; i++) random_walk(&random, 500);
  huge_lengths();
  sides_change_hands();
  return 0;
}
