/*
 * Shared rings in one thread, step by step: who may open a handle, what a handle leaves
 * behind when it ends, how a ring is closed, and which handles are woken.
 */
#include "shared-support.h"

static int woken[8];

static void
count_wake(void *context) {
  ++*(int *) context;
}

static rp_ring_handle *
sleeper(const memory *m, rp_role role, int number) {
  rp_ring_handle *handle = NULL;

  woken[number] = 0;
  assert(rp_ring_open(&handle, m->at, m->size, role, count_wake, &woken[number]) ==
         RP_OK);
  return handle;
}

static memory
ring(rp_mode mode) {
  return memory_new(mode, mode == RP_MPMC ? 4 : 64, mode == RP_MPMC ? 8 : 0, 0);
}

static int
open_as(const memory *m, rp_role role, rp_ring_handle **handle) {
  return rp_ring_open(handle, m->at, m->size, role, NULL, NULL);
}

static void
put(rp_ring_handle *handle, uint64_t number) {
  assert(rp_ring_write(handle, 1, &number, sizeof(number)) == RP_OK);
}

/* The next record, not yet released. */
static uint64_t
get(rp_ring_handle *handle) {
  rp_record record;
  uint64_t number;

  assert(rp_ring_peek(handle, &record) == RP_OK && record.length == sizeof(number));
  memcpy(&number, record.payload, sizeof(number));
  rp_ring_advance(handle, &record);
  return number;
}

static void
expect(rp_ring_handle *handle, int result) {
  rp_record record;

  assert(rp_ring_peek(handle, &record) == result);
}

static void
shapes_that_cannot_be(void) {
  static const struct {
    rp_mode mode;
    uint32_t capacity, slot;
  } wrong[] = {
      {RP_SPSC, 0, 0},         {RP_SPSC, 32, 0},       {RP_SPSC, 96, 0},
      {RP_SPSC, 1u << 31, 0},  {RP_SPSC, 64, 8},       {RP_MPSC, 63, 0},
      {RP_MPSC, 64, 1},        {RP_MPMC, 1, 8},        {RP_MPMC, 3, 8},
      {RP_MPMC, 4, 0},         {RP_MPMC, 4, 12},       {RP_MPMC, 1u << 27, 8},
      {RP_MPMC, 2, 1u << 24},  {(rp_mode) 0, 64, 0},   {(rp_mode) 4, 64, 0},
      {RP_MPMC, 1u << 31, 64}, {(rp_mode) -1, 64, 64},
  };
  _Alignas(8) static uint8_t bytes[RP_SHARED_DATA + 128];
  rp_shared shared;

  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert(rp_shared_size(wrong[i].mode, wrong[i].capacity, wrong[i].slot) == 0);
    assert(rp_shared_format(bytes, sizeof(bytes), wrong[i].mode, wrong[i].capacity,
                            wrong[i].slot) == RP_EFORMAT);
  }
  assert(rp_shared_size(RP_SPSC, 64, 0) == RP_SHARED_DATA + 64);
  assert(rp_shared_size(RP_MPMC, 8, 8) == RP_SHARED_DATA + 128);
  assert(rp_shared_size(RP_MPMC, 1u << 26, 8) == RP_SHARED_DATA + (1u << 30));
  assert(rp_shared_map(&shared, bytes, sizeof(bytes)) == RP_EFORMAT);
  assert(rp_shared_format(bytes, sizeof(bytes), RP_SPSC, 256, 0) == RP_EFORMAT);
  assert(rp_shared_format(bytes + 4, sizeof(bytes) - 4, RP_SPSC, 64, 0) == RP_EFORMAT);
  assert(rp_shared_format(bytes, sizeof(bytes), RP_SPSC, 128, 0) == RP_OK);
  assert(rp_shared_map(&shared, bytes, sizeof(bytes) - 1) == RP_EFORMAT);
  assert(rp_shared_map(&shared, bytes, RP_SHARED_DATA - 1) == RP_EFORMAT);
  assert(rp_shared_map(&shared, bytes, 0) == RP_EFORMAT);
  assert(rp_shared_map(&shared, bytes + 1, sizeof(bytes) - 1) == RP_EFORMAT);
  assert(rp_shared_map(&shared, bytes, sizeof(bytes)) == RP_OK);
  assert(shared.capacity == 128 && rp_shared_payload_max(&shared) == 56);

  /* Each word of the creator that is another: magic, version, mode, capacity, slot. */
  for (uint32_t word = 0; word < 5; word++) {
    rp_word *at = (rp_word *) (void *) bytes + word;
    uint32_t before = atomic_load(at);

    for (uint32_t wrong_word = 0; wrong_word < 2000; wrong_word++) {
      uint32_t value = wrong_word * 0x9E3779B9u;
      bool can_be = value == before || (word == 2 && value == RP_MPSC) ||
                    (word == 3 && value == 64);

      atomic_store(at, value);
      assert((rp_shared_map(&shared, bytes, sizeof(bytes)) == RP_OK) == can_be);
    }
    atomic_store(at, before);
  }
}

static void
one_of_a_role(rp_mode mode) {
  memory m = ring(mode);
  rp_ring_handle *p = handle_new(&m, RP_PRODUCER), *c = handle_new(&m, RP_CONSUMER);
  rp_ring_handle *p2 = NULL, *c2 = NULL;
  rp_record record;

  assert(open_as(&m, RP_PRODUCER, &p2) == (mode == RP_SPSC ? RP_EBUSY : RP_OK));
  assert(open_as(&m, RP_CONSUMER, &c2) == (mode == RP_MPMC ? RP_OK : RP_EBUSY));
  assert(rp_ring_count(p, RP_PRODUCER) == (mode == RP_SPSC ? 1 : 2));
  assert(m.shared.words->consumers == (mode == RP_MPMC ? 2 : 1));
  if (p2 != NULL) rp_ring_end(p2);
  if (c2 != NULL) rp_ring_end(c2);

  /* Take-over: of the producer where it has published, of the consumer where it has
   * released. */
  for (uint64_t i = 0; i < 20; i++) {
    uint8_t *payload;

    put(p, i * 2);
    assert(rp_ring_claim(p, 1, 8, &payload) == RP_OK);
    memset(payload, 0xEE, 8);
    rp_ring_end(p);
    p = handle_new(&m, RP_PRODUCER);
    put(p, i * 2 + 1);
    assert(get(c) == i * 2);
    if (mode != RP_MPMC) {
      rp_ring_end(c);
      c = handle_new(&m, RP_CONSUMER);
      assert(get(c) == i * 2);
    }
    rp_ring_release(c);
    assert(get(c) == i * 2 + 1);
    rp_ring_release(c);
    assert(rp_ring_peek(c, &record) == RP_EMPTY);
    if (mode == RP_MPMC) {
      /* What a consumer has taken goes with it, the next goes on behind. */
      put(p, 1000);
      put(p, 1001);
      expect(c, RP_OK);
      rp_ring_end(c);
      c = handle_new(&m, RP_CONSUMER);
      assert(get(c) == 1001);
      rp_ring_release(c);
    }
  }
  assert(TOTAL(&m, RP_PRODUCER, aborted) == 20);
  rp_ring_end(p);
  rp_ring_end(c);
  memory_free(&m);
}

/* A claim that is open when its producer ends, before those of another. */
static void
claim_before_others(rp_mode mode) {
  memory m = ring(mode);
  rp_ring_handle *p = handle_new(&m, RP_PRODUCER), *p2 = handle_new(&m, RP_PRODUCER);
  rp_ring_handle *c = sleeper(&m, RP_CONSUMER, 0);
  uint8_t *payload;

  assert(rp_ring_claim(p, 1, 8, &payload) == RP_OK);
  put(p2, 7);
  expect(c, RP_EMPTY);
  assert(rp_ring_park(c, 0) == RP_EMPTY);
  rp_ring_end(p);
  assert(woken[0] == 1);
  assert(get(c) == 7);
  rp_ring_end(p2);
  rp_ring_end(c);
  memory_free(&m);
}

static bool
is_closed(const memory *m) {
  return (rp_load_relaxed(&m->shared.words->state) & RP_STATE_CLOSED) != 0;
}

static void
closing(rp_mode mode) {
  memory m = ring(mode);
  rp_ring_handle *p = sleeper(&m, RP_PRODUCER, 0), *c = sleeper(&m, RP_CONSUMER, 1);
  uint8_t *payload;

  put(p, 1);
  if (mode != RP_SPSC) {
    /* A claim before the close still counts, and the end comes after it. */
    assert(rp_ring_claim(p, 1, 8, &payload) == RP_OK);
  }
  assert(!is_closed(&m));
  assert(rp_shared_close(m.at, m.size - 1) == RP_EFORMAT && !is_closed(&m));
  assert(rp_shared_close(m.at, m.size) == RP_OK && is_closed(&m));
  assert(rp_shared_close(m.at, m.size) == RP_OK && is_closed(&m));
  assert(get(c) == 1);
  if (mode != RP_SPSC) {
    uint64_t two = 2;

    expect(c, RP_EMPTY);
    assert(rp_ring_park(c, 0) == RP_EMPTY);
    memcpy(payload, &two, 8);
    assert(rp_ring_commit(p, 8) == RP_OK);
    rp_ring_publish(p);
    assert(woken[1] == 1);
    assert(get(c) == 2);
  }
  expect(c, RP_CLOSED);
  expect(c, RP_CLOSED);
  assert(rp_ring_park(c, 0) == RP_OK && rp_ring_wait(c, 0, 0) == RP_OK);
  assert(rp_ring_park(p, 8) == RP_OK && rp_ring_wait(p, 8, 0) == RP_OK);
  assert(rp_ring_claim(p, 1, 8, &payload) == RP_ECLOSED);
  assert(rp_ring_write(p, 1, "x", 1) == RP_ECLOSED);
  rp_ring_end(p);
  p = handle_new(&m, RP_PRODUCER);
  assert(rp_ring_claim(p, 1, 8, &payload) == RP_ECLOSED);
  rp_ring_end(c);
  c = handle_new(&m, RP_CONSUMER);
  expect(c, RP_CLOSED);
  rp_ring_end(p);
  rp_ring_end(c);
  memory_free(&m);
}

/* By one that is no handle, for those that sleep and for those that come. */
static void
closing_from_outside(rp_mode mode) {
  memory m = ring(mode);
  rp_ring_handle *c = sleeper(&m, RP_CONSUMER, 0);

  assert(rp_ring_park(c, 0) == RP_EMPTY);
  assert(rp_shared_close(m.at, m.size) == RP_OK);
  assert(woken[0] == 1);
  expect(c, RP_CLOSED);
  rp_ring_end(c);
  assert(rp_shared_close(m.at, m.size) == RP_OK);
  memory_free(&m);
}

/* Only who sleeps is woken, and once. */
static void
who_sleeps_is_woken(rp_mode mode) {
  memory m = ring(mode);
  rp_ring_handle *p = sleeper(&m, RP_PRODUCER, 0), *c = sleeper(&m, RP_CONSUMER, 1);
  uint32_t written = 0;

  put(p, 1);
  assert(woken[1] == 0 && rp_ring_park(c, 0) == RP_OK);
  assert(!rp_ring_unpark(c));
  assert(get(c) == 1);
  assert(rp_ring_park(c, 0) == RP_EMPTY);
  assert(rp_ring_park(c, 0) == RP_EMPTY);
  put(p, 2);
  put(p, 3);
  assert(woken[1] == 1 && m.shared.words->data_wanted == 0);
  assert(get(c) == 2 && get(c) == 3);
  assert(rp_ring_park(c, 0) == RP_EMPTY && rp_ring_unpark(c) && !rp_ring_unpark(c));
  put(p, 4);
  assert(woken[1] == 1 && rp_ring_wait(c, 0, 0) == RP_OK);
  assert(get(c) == 4);
  assert(rp_ring_wait(c, 0, 1000000) == RP_EMPTY && m.shared.words->data_wanted == 0);

  /* The same for room; what is not released yet is no room. */
  while (rp_ring_write(p, 1, "12345678", 8) == RP_OK) written++;
  assert(written == 4);
  assert(rp_ring_park(p, 8) == RP_FULL);
  assert(rp_ring_wait(p, 8, 0) == RP_FULL);
  expect(c, RP_OK);
  assert(woken[0] == 0);
  (void) get(c);
  assert(woken[0] == 0);
  rp_ring_release(c);
  assert(woken[0] == 1 && m.shared.words->room_wanted == 0);
  assert(rp_ring_park(p, 8) == RP_OK);
  assert(TOTAL(&m, RP_PRODUCER, wakeups) == 1 && TOTAL(&m, RP_CONSUMER, wakeups) == 1);
  assert(TOTAL(&m, RP_PRODUCER, stalls) == 1);
  assert(TOTAL(&m, RP_PRODUCER, high_water) == (mode == RP_MPMC ? 4 : 64));

  /* The word is only a hint: whoever finds it set without cause takes it back. */
  atomic_store(&m.shared.words->data_wanted, 1);
  put(p, 1);
  assert(m.shared.words->data_wanted == 0 && woken[1] == 1);

  /* The end of a handle wakes all. */
  assert(rp_ring_park(p, 8) == RP_FULL);
  rp_ring_end(c);
  assert(woken[0] == 2);
  rp_ring_end(p);
  memory_free(&m);
}

/* A producer that wants much is not woken for little, and not overtaken. */
static void
room_for_what_is_wanted(rp_mode mode) {
  memory m = memory_new(mode, 128, 0, 0);
  rp_ring_handle *p = sleeper(&m, RP_PRODUCER, 0), *c = handle_new(&m, RP_CONSUMER);
  rp_ring_handle *p2 = mode == RP_MPSC ? sleeper(&m, RP_PRODUCER, 1) : NULL;

  for (uint64_t i = 0; i < 8; i++) put(p, i);
  assert(rp_ring_park(p, 40) == RP_FULL);
  if (p2 != NULL) assert(rp_ring_park(p2, 8) == RP_FULL);
  for (uint64_t i = 0; i < 3; i++) {
    assert(woken[0] == 0);
    assert(get(c) == i);
    rp_ring_release(c);
  }
  assert(woken[0] == 1);
  if (p2 != NULL) {
    /* What the first leaves it passes on. */
    uint8_t *payload;

    assert(woken[1] == 0);
    assert(get(c) == 3);
    rp_ring_release(c);
    assert(woken[1] == 1);
    assert(rp_ring_claim(p, 1, 40, &payload) == RP_OK);
    rp_ring_end(p2);
  }
  rp_ring_end(p);
  rp_ring_end(c);
  memory_free(&m);
}

/* One record, one consumer woken; what is left for others is passed on. */
static void
one_is_woken_for_each_record(void) {
  memory m = memory_new(RP_MPMC, 8, 8, 0);
  rp_ring_handle *p = handle_new(&m, RP_PRODUCER), *p2 = handle_new(&m, RP_PRODUCER);
  rp_ring_handle *c[4];
  uint8_t *payload;

  for (int i = 0; i < 4; i++) {
    c[i] = sleeper(&m, RP_CONSUMER, i);
    assert(rp_ring_park(c[i], 0) == RP_EMPTY);
  }
  put(p, 1);
  assert(woken[0] == 1 && woken[1] == 0);
  assert(rp_ring_write_many(p, 1, (const uint8_t *) "aabb", (uint32_t[]){2, 2}, 2,
                            &(uint32_t){0}) == RP_OK);
  assert(woken[1] == 1 && woken[2] == 1 && woken[3] == 0);
  assert(get(c[0]) == 1);
  expect(c[1], RP_OK);
  expect(c[2], RP_OK);

  /* The first of two records comes last: whoever was woken for the second gets the
   * first. */
  for (int i = 0; i < 3; i++) {
    rp_ring_end(c[i]);
    assert(woken[3] == 1);
    c[i] = sleeper(&m, RP_CONSUMER, i);
  }
  woken[3] = 0;
  assert(rp_ring_park(c[0], 0) == RP_EMPTY && rp_ring_park(c[1], 0) == RP_EMPTY);
  assert(rp_ring_claim(p, 1, 8, &payload) == RP_OK);
  put(p2, 2);
  assert(woken[0] == 1);
  expect(c[0], RP_EMPTY);
  assert(rp_ring_commit(p, 8) == RP_OK);
  rp_ring_publish(p);
  assert(woken[1] == 1);
  assert(rp_ring_park(c[3], 0) == RP_OK);
  assert(rp_ring_park(c[0], 0) == RP_OK);

  /* One that was woken and does not want it any more. */
  expect(c[1], RP_OK);
  expect(c[0], RP_OK);
  rp_ring_advance(c[0], &(rp_record){.length = 8});
  rp_ring_advance(c[1], &(rp_record){.length = 8});
  for (int i = 0; i < 4; i++) woken[i] = 0;
  assert(rp_ring_park(c[2], 0) == RP_EMPTY && rp_ring_park(c[3], 0) == RP_EMPTY);
  put(p, 3);
  assert(woken[2] == 1 && woken[3] == 0);
  assert(!rp_ring_unpark(c[2]) && woken[3] == 1);
  for (int i = 0; i < 4; i++) rp_ring_end(c[i]);
  rp_ring_end(p);
  rp_ring_end(p2);
  memory_free(&m);
}

/* More handles than blocks of counters: none is lost. */
static void
many_sides_count(void) {
  enum { MANY = 40 };
  memory m = memory_new(RP_MPMC, 64, 8, 0);
  rp_ring_handle *p[MANY];

  for (int i = 0; i < MANY; i++) {
    p[i] = handle_new(&m, RP_PRODUCER);
    assert((rp_ring_counters(p[i]) == NULL) == (i >= (int) RP_SHARED_BLOCKS - 1));
    put(p[i], 1);
  }
  assert(TOTAL(&m, RP_PRODUCER, records) == MANY);
  assert(TOTAL(&m, RP_PRODUCER, bytes) == MANY * 8);
  for (int i = 0; i < MANY; i++) rp_ring_end(p[i]);
  memory_free(&m);
}

/* An owner that moves tail and head itself, as lib/ does from JS. */
static void
positions_from_outside(void) {
  memory m = memory_new(RP_SPSC, 64, 0, 0);
  rp_ring_handle *p = sleeper(&m, RP_PRODUCER, 0), *c = sleeper(&m, RP_CONSUMER, 1);
  rp_shared_words *w = m.shared.words;

  for (uint32_t at = 0; at < 320; at += 16) {
    assert(rp_ring_park(c, 0) == RP_EMPTY);
    memcpy(m.shared.data + at % 64, (uint32_t[]){8, 5}, 8);
    atomic_store(&w->tail.word, at + 16);
    assert(atomic_load(&w->data_wanted) == 1);
    rp_ring_set_position(p, at + 16);
    rp_ring_wake_others(p, 1);
    assert(woken[1] == (int) at / 16 + 1);
    expect(c, RP_OK);
    atomic_store(&w->head.word, at + 16);
    rp_ring_set_position(c, at + 16);
    assert(rp_ring_position(c) == at + 16 && rp_ring_position(p) == at + 16);
  }
  put(p, 9);
  assert(get(c) == 9);
  rp_ring_end(p);
  rp_ring_end(c);
  memory_free(&m);
}

int
main(void) {
  shapes_that_cannot_be();
  for (rp_mode mode = RP_SPSC; mode <= RP_MPMC; mode++) {
    one_of_a_role(mode);
    if (mode != RP_SPSC) claim_before_others(mode);
    closing(mode);
    closing_from_outside(mode);
    who_sleeps_is_woken(mode);
    if (mode != RP_MPMC) room_for_what_is_wanted(mode);
  }
  one_is_woken_for_each_record();
  many_sides_count();
  positions_from_outside();
  return 0;
}
