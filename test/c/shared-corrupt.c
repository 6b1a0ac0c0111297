/*
 * Overwrites the memory of a shared ring between calls and during them. Every call
 * returns, with RP_ECORRUPT or a valid result, and accesses nothing outside the memory
 * (run under ASan).
 */
#include "shared-support.h"

static bool
one_of(int result, const int *list) {
  for (; *list != 1; list++)
    if (result == *list) return true;
  return false;
}

#define ONE_OF(result, ...) assert(one_of((result), (int[]){__VA_ARGS__, 1}))

static void
check_inside(const memory *m, const uint8_t *payload, uint32_t length) {
  assert(payload >= m->shared.data + 8);
  assert(payload + length <= (uint8_t *) m->at + m->size);
}

static void
try_to_write(rng *random, const memory *m, rp_ring_handle *handle) {
  uint32_t length = random_below(random, 48);
  uint8_t *payload;
  int result = rp_ring_claim(handle, 1 + random_below(random, 254), length, &payload);

  ONE_OF(result, RP_OK, RP_FULL, RP_ETOOBIG, RP_ECLOSED, RP_ECORRUPT, RP_ECLAIM);
  if (result != RP_OK) return;
  check_inside(m, payload, length);
  memset(payload, 0xAA, length);
  if (random_below(random, 4) == 0)
    rp_ring_abort(handle);
  else if (random_below(random, 4) != 0)
    assert(rp_ring_commit(handle, random_below(random, length + 1)) == RP_OK);
  if (random_below(random, 2) == 0) rp_ring_publish(handle);
}

static void
try_to_read(rng *random, const memory *m, rp_ring_handle *handle) {
  rp_record records[8];
  uint32_t taken, sum = 0;
  int result = rp_ring_take(handle, records, 1 + random_below(random, 8), &taken);

  ONE_OF(result, RP_OK, RP_EMPTY, RP_CLOSED, RP_ECORRUPT);
  if (result != RP_OK) taken = 0;
  for (uint32_t i = 0; i < taken; i++) {
    check_inside(m, records[i].payload, records[i].length);
    for (uint32_t b = 0; b < records[i].length; b++) sum += records[i].payload[b];
  }
  if (taken > 0 && random_below(random, 3) == 0)
    rp_ring_release_some(handle, records, taken, random_below(random, taken + 1));
  else if (random_below(random, 3) != 0)
    rp_ring_release(handle);
  (void) sum;
}

static void
try_anything(rng *random, const memory *m, rp_ring_handle **handle, rp_role role) {
  int result;

  switch (random_below(random, 8)) {
    case 0:
      result = rp_ring_park(*handle, random_below(random, 30));
      ONE_OF(result, RP_OK, RP_EMPTY, RP_FULL);
      (void) rp_ring_unpark(*handle);
      break;
    case 1:
      result = rp_ring_wait(*handle, random_below(random, 30), 0);
      ONE_OF(result, RP_OK, RP_EMPTY, RP_FULL);
      break;
    case 2:
      rp_ring_end(*handle);
      *handle = NULL;
      result = rp_ring_open(handle, m->at, m->size, role, NULL, NULL);
      ONE_OF(result, RP_OK, RP_EFORMAT);
      break;
    case 3:
      if (random_below(random, 20) == 0) {
        result = rp_shared_close(m->at, m->size);
        ONE_OF(result, RP_OK, RP_EFORMAT);
      }
      break;
    default:
      if (role == RP_PRODUCER)
        try_to_write(random, m, *handle);
      else
        try_to_read(random, m, *handle);
  }
}

/* One word: noise, or a number that looks like one, or one bit. Mostly where positions
 * and records are. */
static void
spoil(rng *random, const memory *m) {
  static const uint32_t likely[] = {0,          1,          8,   0xFFFFFFFF,
                                    0xFFFFFFF8, 0x80000000, 256, 264};
  uint32_t words = (uint32_t) m->size / 4, at = random_below(random, words);

  if (random_below(random, 3) != 0) at = 64 + random_below(random, 2) * 32;
  if (random_below(random, 3) == 0)
    at = RP_SHARED_DATA / 4 + random_below(random, words - RP_SHARED_DATA / 4);

  rp_word *word = (rp_word *) m->at + at;

  switch (random_below(random, 3)) {
    case 0:
      atomic_store(word, (uint32_t) random_u64(random));
      break;
    case 1:
      atomic_store(word, likely[random_below(random, 8)]);
      break;
    default:
      atomic_fetch_xor(word, 1u << random_below(random, 32));
  }
}

static memory
ring(rng *random, rp_mode mode) {
  uint64_t position = (1ull << 32) - 8 * random_below(random, 16);

  return memory_new(mode, mode == RP_MPMC ? 8 : 64, mode == RP_MPMC ? 16 : 0, position);
}

static void
spoiled_between_calls(rng *random, rp_mode mode) {
  memory m = ring(random, mode);
  rp_ring_handle *p = handle_new(&m, RP_PRODUCER), *c = handle_new(&m, RP_CONSUMER);

  for (int i = 0; i < 60 && p != NULL && c != NULL; i++) {
    if (random_below(random, 4) == 0) spoil(random, &m);
    if (random_below(random, 2) == 0)
      try_anything(random, &m, &p, RP_PRODUCER);
    else
      try_anything(random, &m, &c, RP_CONSUMER);
  }
  if (p != NULL) rp_ring_end(p);
  if (c != NULL) rp_ring_end(c);
  memory_free(&m);
}

/* ---- by another thread, all the time ---- */

typedef struct spoiler {
  const memory *memory;
  uint64_t seed;
  _Atomic bool stop;
} spoiler;

static void *
spoil_on(void *argument) {
  spoiler *s = argument;
  rng random = {s->seed};

  while (!atomic_load(&s->stop)) spoil(&random, s->memory);
  return NULL;
}

static void
spoiled_meanwhile(rng *random, rp_mode mode) {
  memory m = ring(random, mode);
  spoiler s = {.memory = &m, .seed = random_u64(random)};
  rp_ring_handle *p = handle_new(&m, RP_PRODUCER), *c = handle_new(&m, RP_CONSUMER);
  pthread_t thread = start(spoil_on, &s);

  for (int i = 0; i < 2000 && p != NULL && c != NULL; i++) {
    try_anything(random, &m, &p, RP_PRODUCER);
    if (p != NULL) try_anything(random, &m, &c, RP_CONSUMER);
  }
  atomic_store(&s.stop, true);
  finish(thread);
  if (p != NULL) rp_ring_end(p);
  if (c != NULL) rp_ring_end(c);
  memory_free(&m);
}

/* Those of spsc have half the bits. */
static void
set_position(rp_mode mode, rp_atomic_u64 *position, uint32_t value) {
  if (mode == RP_SPSC)
    atomic_store((rp_word *) position, value);
  else
    atomic_store(position, value);
}

/* What each kind of nonsense is called. */
static void
named(void) {
  rp_record record;
  uint8_t *payload;

  for (rp_mode mode = RP_SPSC; mode <= RP_MPMC; mode++) {
    memory m = memory_new(mode, mode == RP_MPMC ? 8 : 64, mode == RP_MPMC ? 16 : 0, 0);
    rp_ring_handle *p = handle_new(&m, RP_PRODUCER), *c = handle_new(&m, RP_CONSUMER);
    rp_shared_words *w = m.shared.words;

    assert(rp_ring_write(p, 1, "12345678", 8) == RP_OK);
    if (mode == RP_MPMC) {
      /* A length beyond the slot; it is stepped over. */
      atomic_store(&rp_slot_at(&m.shared, 0)->info, 17u | 1u << 24);
      assert(rp_ring_peek(c, &record) == RP_ECORRUPT);
      assert(rp_ring_peek(c, &record) == RP_EMPTY);
      /* A sequence of no lap. */
      atomic_store(&rp_slot_at(&m.shared, 1)->sequence, 1000);
      assert(rp_ring_peek(c, &record) == RP_ECORRUPT);
      assert(rp_ring_claim(p, 1, 8, &payload) == RP_ECORRUPT);
    } else {
      rp_header *header = rp_header_at(&m.shared, 0);
      uint32_t wrong[] = {9, 17, 56, 57, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFF8, 0xFFFFFFFF};

      for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        atomic_store(&header->length, wrong[i]);
        assert(rp_ring_peek(c, &record) == RP_ECORRUPT);
        assert(rp_ring_peek(c, &record) == RP_ECORRUPT);
      }
      atomic_store(&header->length, 8);
      assert(rp_ring_peek(c, &record) == RP_OK);
      rp_ring_advance(c, &record);
      /* A tail ahead of what fits, or behind. */
      set_position(mode, w->tail.whole, 72);
      assert(rp_ring_peek(c, &record) == RP_ECORRUPT);
      set_position(mode, w->tail.whole, 8);
      assert(rp_ring_peek(c, &record) == RP_ECORRUPT);
      set_position(mode, w->tail.whole, 16);
      assert(rp_ring_peek(c, &record) == RP_EMPTY);
      /* A head ahead of tail. */
      for (int i = 0; i < 3; i++) assert(rp_ring_write(p, 1, "12345678", 8) == RP_OK);
      set_position(mode, w->head.whole, 72);
      assert(rp_ring_write(p, 1, "12345678", 8) == RP_ECORRUPT);
    }
    rp_ring_end(p);
    rp_ring_end(c);
    memory_free(&m);
  }
}

int
main(void) {
  rng random = {seed()};

  named();
  for (rp_mode mode = RP_SPSC; mode <= RP_MPMC; mode++) {
    for (int i = 0; i < ROUNDS(30000, 3000); i++) spoiled_between_calls(&random, mode);
    /* Two threads that write the same bytes are what ThreadSanitizer is there to
     * report. */
    for (int i = 0; !UNDER_TSAN && i < ROUNDS(60, 20); i++)
      spoiled_meanwhile(&random, mode);
  }
  return 0;
}
