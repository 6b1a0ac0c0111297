/*
 * Whatever the other side writes into the words and records of a ring, a call returns
 * RP_ECORRUPT or a record inside the data area. It never accesses memory outside (run
 * under ASan), and never reads a header twice.
 */
#include "support.h"

#include "core/port/segment_ring.h"

enum { CAPACITY = 64 };

static rp_word tail, head;
static rp_parking parking;
static uint8_t *data;

static void
words(uint32_t t, uint32_t h) {
  atomic_store(&tail, t);
  atomic_store(&head, h);
}

static void
record_at(uint32_t offset, uint32_t length, uint32_t type) {
  memcpy(data + offset, &length, 4);
  memcpy(data + offset + 4, &type, 4);
}

static rp_segment_consumer
consumer(void) {
  rp_segment_consumer c;

  rp_segment_consumer_init(&c, &tail, &head, data, CAPACITY);
  return c;
}

static void
expect_corrupt(void) {
  rp_segment_consumer c = consumer();
  rp_record record;

  assert(rp_segment_peek(&c, &record) == RP_ECORRUPT);
  assert(rp_segment_peek(&c, &record) == RP_ECORRUPT);
}

static void
tails_that_make_no_sense(void) {
  memset(data, 0, CAPACITY);
  for (uint32_t position = 0; position < CAPACITY; position += 8) {
    words(position + CAPACITY + 8, position);
    expect_corrupt();
    words(position - 8, position);
    expect_corrupt();
    words(position + 0x80000000u, position);
    expect_corrupt();
  }

  /* Backwards under the consumer's feet. */
  words(16, 0);
  record_at(0, 0, 1);
  record_at(8, 0, 2);

  rp_segment_consumer c = consumer();
  rp_record record;

  for (uint32_t i = 1; i <= 2; i++) {
    assert(rp_segment_peek(&c, &record) == RP_OK && record.type == i);
    rp_segment_advance(&c, &record);
  }
  atomic_store(&tail, 8);
  assert(rp_segment_peek(&c, &record) == RP_ECORRUPT);
}

static void
lengths_that_make_no_sense(void) {
  static const uint32_t huge[] = {CAPACITY,   CAPACITY + 1, 0x7FFFFFF8, 0x80000000,
                                  0xFFFFFFF0, 0xFFFFFFF8,   0xFFFFFFF9, 0xFFFFFFFF};

  for (uint32_t offset = 0; offset < CAPACITY; offset += 8) {
    for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
      memset(data, 0, CAPACITY);
      record_at(offset, huge[i], 1);
      words(offset + CAPACITY, offset);
      expect_corrupt();
      record_at(offset, huge[i], RP_PADDING);
      expect_corrupt();
    }

    /* One byte more than lies before the end, and than has been published. */
    uint32_t contiguous = CAPACITY - offset;

    memset(data, 0, CAPACITY);
    words(offset + CAPACITY, offset);
    record_at(offset, contiguous - 8 + 1, 1);
    expect_corrupt();
    words(offset + 8, offset);
    record_at(offset, 1, 1);
    expect_corrupt();

    /* Padding that ends before the end. */
    if (contiguous > 8) {
      words(offset + CAPACITY, offset);
      record_at(offset, contiguous - 16, RP_PADDING);
      expect_corrupt();
    }
  }
}

/* Ring of nothing but padding: an end must come. */
static void
padding_forever(void) {
  memset(data, 0, CAPACITY);
  record_at(0, CAPACITY - 8, RP_PADDING);
  words(CAPACITY, 0);

  rp_segment_consumer c = consumer();
  rp_record record;

  assert(rp_segment_peek(&c, &record) == RP_EMPTY);
}

static void
random_bytes(rng *random) {
  uint32_t position = (uint32_t) random_u64(random) & ~7u;
  rp_record record;

  for (uint32_t i = 0; i < CAPACITY; i += 4) {
    /* Mostly small numbers: they get further than noise. */
    uint32_t word = random_below(random, 4) == 0   ? (uint32_t) random_u64(random)
                    : random_below(random, 8) == 0 ? RP_PADDING
                                                   : random_below(random, CAPACITY);

    memcpy(data + i, &word, 4);
  }
  words(position + (random_below(random, CAPACITY + 16)), position);

  rp_segment_consumer c = consumer();
  uint32_t read = 0;

  for (;;) {
    int result = rp_segment_peek(&c, &record);

    if (result != RP_OK) {
      assert(result == RP_EMPTY || result == RP_CLOSED || result == RP_ECORRUPT);
      assert(rp_segment_peek(&c, &record) == result);
      break;
    }
    assert(record.payload >= data + 8 &&
           record.payload + record.length <= data + CAPACITY);
    memset(record.payload, 0, record.length);
    rp_segment_advance(&c, &record);
    read += rp_record_size(record.length);
    assert(read <= CAPACITY);
  }
  rp_segment_release(&c);
}

/* Heads that a producer with `published` and `claimed` records of 16 bytes must not
 * believe: everything but what lies between the last one that it saw and what it has
 * published. */
static void
heads_that_make_no_sense(uint32_t base, uint32_t seen, uint32_t published,
                         uint32_t claimed) {
  for (uint32_t wrong = base - 3 * CAPACITY; wrong != base + 3 * CAPACITY; wrong++) {
    rp_segment_producer p;
    uint8_t *payload;
    uint32_t n = 0;

    words(base, base);
    rp_segment_producer_init(&p, &tail, &head, data, CAPACITY);
    for (; n < published; n++) assert(rp_segment_claim(&p, 1, 8, &payload) == RP_OK);
    (void) rp_segment_publish(&p, &parking);
    for (; n < claimed; n++) assert(rp_segment_claim(&p, 1, 8, &payload) == RP_OK);
    assert(rp_segment_claim(&p, 1, 24, &payload) == RP_FULL);
    atomic_store(&head, base + seen * 16);
    if (seen == 1) assert(rp_segment_claim(&p, 1, 24, &payload) == RP_FULL);
    atomic_store(&head, wrong);

    uint32_t head_seen = wrong & ~RP_FLAGS;
    bool sensible = head_seen - (base + seen * 16) <= (published - seen) * 16;
    uint32_t position = p.position;
    int result = rp_segment_claim(&p, 1, 24, &payload);

    if (!sensible) {
      assert(result == RP_ECORRUPT && p.position == position);
      /* And what the producer holds is still right: a sensible head mends it. */
      atomic_store(&head, base + seen * 16);
      assert(rp_segment_claim(&p, 1, 24, &payload) == RP_FULL);
    } else if (result == RP_OK) {
      assert(payload >= data + 8 && payload + 24 <= data + CAPACITY);
      assert(p.position - head_seen <= CAPACITY);
    } else {
      assert(result == RP_FULL);
    }
  }
}

/* A producer made on words that contradict each other finds out with its first claim. */
static void
words_that_contradict(void) {
  static const uint32_t distances[] = {CAPACITY + 8, CAPACITY * 2, 0x80000000u,
                                       0xFFFFFFF8u};

  for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
    rp_segment_producer p;
    uint8_t *payload;

    words(distances[i] + 24, 24);
    rp_segment_producer_init(&p, &tail, &head, data, CAPACITY);
    assert(rp_segment_claim(&p, 1, 0, &payload) == RP_ECORRUPT);
    assert(p.position == distances[i] + 24);
  }
}

int
main(void) {
  rng random = {seed()};

  data = malloc(CAPACITY);
  assert(data != NULL);
  tails_that_make_no_sense();
  lengths_that_make_no_sense();
  padding_forever();
  for (int i = 0; i < ROUNDS(1000000, 100000); i++) random_bytes(&random);
  for (uint32_t base = 0u - 128u; base != 128u; base += 64u) {
    heads_that_make_no_sense(base, 0, 4, 4);
    heads_that_make_no_sense(base, 0, 2, 4);
    heads_that_make_no_sense(base, 0, 0, 4);
    heads_that_make_no_sense(base, 1, 3, 4);
  }
  words_that_contradict();
  free(data);
  return 0;
}
