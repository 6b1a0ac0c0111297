/*
 * A shared ring in each mode compared with a queue that counts bytes: every offset and
 * record length at small capacities, positions that pass 2^32, and random sequences of
 * all operations of one producer and one consumer.
 */
#include "shared-support.h"

#include "core/ring/wait_queue.h"

enum { PARTS = 4096, CAPACITY_MAX = 256 };

/* What lies in the ring, in order: records, and what is skipped. */
typedef struct part {
  bool record;
  bool visible;
  uint32_t number, length, bytes;
} part;

typedef struct ring {
  memory memory;
  rp_ring_handle *producer, *consumer;
  part parts[PARTS];
  uint32_t released, read, last; /* indices of parts */
  uint32_t used;                 /* bytes, or slots */
  uint64_t position;
  bool claimed;
  double written;
} ring;

static uint32_t next_number = 1;

static bool
slots(const ring *r) {
  return r->memory.shared.mode == RP_MPMC;
}

static void
ring_init(ring *r, rp_mode mode, uint32_t capacity, uint32_t slot, uint64_t position) {
  memset(r, 0, sizeof(*r));
  r->memory = memory_new(mode, capacity, slot, position);
  r->producer = handle_new(&r->memory, RP_PRODUCER);
  r->consumer = handle_new(&r->memory, RP_CONSUMER);
  r->position = position;
}

static void
ring_end(ring *r) {
  rp_ring_end(r->producer);
  rp_ring_end(r->consumer);
  memory_free(&r->memory);
}

static uint32_t
bytes_of(const ring *r, uint32_t length) {
  return slots(r) ? 1 : (length + 7) / 8 * 8 + 8;
}

static void
add(ring *r, bool record, bool visible, uint32_t length, uint32_t bytes) {
  if (bytes == 0) return;
  assert(r->last < PARTS);
  r->parts[r->last++] = (part){record, visible, next_number, length, bytes};
  r->position += bytes;
  r->used += bytes;
}

/* Everything that is complete can be seen. */
static void
show(ring *r) {
  for (uint32_t i = r->read; i < r->last; i++) r->parts[i].visible = true;
}

static uint32_t
type_of(uint32_t number) {
  return number % 254 + 1;
}

/* Claim, and say what to expect by counting bytes one by one. True if there is a claim
 * now. */
static bool
claim(ring *r, uint32_t length, uint8_t **payload) {
  const rp_shared *s = &r->memory.shared;
  uint32_t size = bytes_of(r, length), padding = 0;

  if (length > (slots(r) ? s->slot : s->capacity / 2 - 8)) {
    assert(rp_ring_claim(r->producer, type_of(next_number), length, payload) ==
           RP_ETOOBIG);
    return false;
  }
  while (!slots(r) && (r->position + padding) % s->capacity + size > s->capacity)
    padding += 8;
  if (r->used + padding + size > s->capacity) {
    assert(rp_ring_claim(r->producer, type_of(next_number), length, payload) == RP_FULL);
    show(r);
    return false;
  }
  assert(rp_ring_claim(r->producer, type_of(next_number), length, payload) == RP_OK);
  assert(*payload >= s->data + 8);
  assert(*payload + length <= (uint8_t *) r->memory.at + r->memory.size);
  assert(rp_ring_claim(r->producer, 1, 0, payload) == RP_ECLAIM);
  add(r, false, false, 0, padding);
  return true;
}

static void
publish(ring *r) {
  rp_ring_publish(r->producer);
  show(r);
}

/* One record, of which the first `length` bytes of `claimed` are kept. */
static void
put(ring *r, uint32_t claimed, uint32_t length) {
  uint8_t *payload;

  if (!claim(r, claimed, &payload)) return;
  fill(payload, length, next_number);
  assert(rp_ring_commit(r->producer, claimed + 1) == RP_ECLAIM);
  assert(rp_ring_commit(r->producer, length) == RP_OK);
  assert(rp_ring_commit(r->producer, length) == RP_ECLAIM);
  r->written++;
  add(r, true, false, length, bytes_of(r, length));
  if (r->memory.shared.mode == RP_MPSC)
    add(r, false, false, 0, bytes_of(r, claimed) - bytes_of(r, length));
  next_number++;
}

static void
give_up(ring *r, uint32_t length) {
  uint8_t *payload;

  if (!claim(r, length, &payload)) return;
  rp_ring_abort(r->producer);
  rp_ring_abort(r->producer);
  if (r->memory.shared.mode == RP_SPSC) return;
  add(r, false, true, 0, bytes_of(r, length));
  show(r);
}

static void
release(ring *r, uint32_t to) {
  for (; r->released < to; r->released++) r->used -= r->parts[r->released].bytes;
  if (r->released == r->last) r->released = r->read = r->last = 0;
}

/* The next part that can be read, all that is skipped before it stepped over. */
static part *
next_part(ring *r) {
  for (; r->read < r->last && r->parts[r->read].visible; r->read++)
    if (r->parts[r->read].record) return &r->parts[r->read];
  return NULL;
}

static void
check_record(const part *expected, const rp_record *record) {
  assert(record->type == type_of(expected->number));
  assert(record->length == expected->length);
  check_bytes(record->payload, record->length, expected->number);
}

static void
read_one(ring *r) {
  rp_record record;
  part *expected = next_part(r);

  if (expected == NULL) {
    assert(rp_ring_peek(r->consumer, &record) == RP_EMPTY);
  } else {
    assert(rp_ring_peek(r->consumer, &record) == RP_OK);
    assert(rp_ring_peek(r->consumer, &record) == RP_OK);
    check_record(expected, &record);
    rp_ring_advance(r->consumer, &record);
    r->read++;
  }
}

/* Take up to `limit`, release all but the last `back` of them, which come again. */
static void
read_many(ring *r, uint32_t limit, uint32_t back) {
  rp_record records[16];
  uint32_t taken, kept, first = r->read;
  int result = rp_ring_take(r->consumer, records, limit, &taken);

  if (result == RP_EMPTY) {
    assert(taken == 0 && next_part(r) == NULL);
    release(r, r->read);
    rp_ring_release(r->consumer);
    return;
  }
  assert(result == RP_OK && taken > 0 && taken <= limit);
  kept = taken - (back < taken ? back : taken);
  for (uint32_t i = 0; i < taken; i++) {
    uint32_t before = r->read;
    part *expected = next_part(r);

    assert(expected != NULL);
    check_record(expected, &records[i]);
    /* Back to where the last one that is kept ends; what is skipped before the first is
     * skipped. */
    if (i == kept) first = kept == 0 ? r->read : before;
    r->read++;
  }
  if (taken < limit && !slots(r)) assert(next_part(r) == NULL);
  /* A range of mpmc can be shorter than what there is: only what it holds at its end is
   * skipped. */
  while (slots(r) && r->consumer->as.mpmc_consumer.next !=
                         (uint32_t) r->position - (r->last - r->read))
    assert(!r->parts[r->read++].record);
  rp_ring_release_some(r->consumer, records, taken, kept);
  if (kept < taken) r->read = first;
  release(r, r->read);
}

/* The fill that the model thinks of is that of the ring. */
static void
check_used(ring *r) {
  rp_shared_words *words = r->memory.shared.words;
  uint64_t tail, head;

  if (r->memory.shared.mode == RP_SPSC) return;
  tail = atomic_load(&words->tail.wide), head = atomic_load(&words->head.wide);
  if (slots(r)) {
    assert(tail == r->position * 2);
    return;
  }
  assert(tail == r->position && tail - head == r->used);
}

static void
drain(ring *r) {
  publish(r);
  while (next_part(r) != NULL) read_one(r);
  read_one(r);
  rp_ring_release(r->consumer);
  release(r, r->read);
}

/* ---- every offset x occupancy x length ---- */

static void
every_offset_and_length(rp_mode mode, uint32_t capacity, uint64_t base) {
  ring r;

  for (uint32_t offset = 0; offset < capacity; offset += 8)
    for (uint32_t before = 0; before <= capacity / 2 - 8; before += 4)
      for (uint32_t length = 0; length <= capacity / 2 - 7; length++) {
        ring_init(&r, mode, capacity, 0, base + offset);
        put(&r, before, before);
        put(&r, length, length);
        publish(&r);
        read_one(&r);
        rp_ring_release(r.consumer);
        release(&r, r.read);
        put(&r, length, length / 2);
        drain(&r);
        put(&r, length, length);
        drain(&r);
        check_used(&r);
        ring_end(&r);
      }
}

static void
every_slot(uint32_t capacity, uint32_t slot, uint64_t base) {
  ring r;

  for (uint32_t offset = 0; offset < 2 * capacity; offset++)
    for (uint32_t length = 0; length <= slot + 1; length++) {
      ring_init(&r, RP_MPMC, capacity, slot, base + offset);
      for (uint32_t i = 0; i < capacity + 1; i++) put(&r, length, length);
      publish(&r);
      read_one(&r);
      rp_ring_release(r.consumer);
      release(&r, r.read);
      put(&r, length, length);
      drain(&r);
      check_used(&r);
      ring_end(&r);
    }
}

/* ---- anything ---- */

static void
anything(rng *random, rp_mode mode, uint32_t capacity, uint32_t slot, uint64_t position,
         int steps) {
  uint32_t most = mode == RP_MPMC ? slot : capacity / 2 - 8;
  ring r;

  ring_init(&r, mode, capacity, slot, position);
  for (int i = 0; i < steps; i++) {
    uint32_t length = random_below(random, most + 2);

    switch (random_below(random, 8)) {
      case 0:
      case 1:
        put(&r, length, length);
        break;
      case 2:
        put(&r, length, random_below(random, length + 1));
        break;
      case 3:
        give_up(&r, length);
        break;
      case 4:
        publish(&r);
        break;
      case 5:
        if (slots(&r)) break; /* peeking gives back what was read before */
        read_one(&r);
        break;
      case 6:
        rp_ring_release(r.consumer);
        release(&r, r.read);
        break;
      default:
        rp_ring_release(r.consumer);
        release(&r, r.read);
        read_many(&r, 1 + random_below(random, 16), random_below(random, 4));
    }
    if (mode == RP_MPSC) check_used(&r);
    if (r.last > PARTS / 2) drain(&r);
  }
  drain(&r);
  assert(TOTAL(&r.memory, RP_PRODUCER, records) == r.written);
  assert(TOTAL(&r.memory, RP_CONSUMER, records) == r.written);
  assert(TOTAL(&r.memory, RP_CONSUMER, bytes) == TOTAL(&r.memory, RP_PRODUCER, bytes));
  ring_end(&r);
}

/* ---- the largest ---- */

/* Small records where the data area ends, and the largest claim that there can be. Memory
 * that nobody touches costs nothing. */
static void
as_large_as_can_be(rp_mode mode, uint32_t capacity, uint32_t slot) {
  ring r;
  uint8_t *payload;
  uint32_t most = mode == RP_MPMC ? slot : capacity / 2 - 8;

  for (uint32_t before = 0; before <= 64; before += 8) {
    uint64_t last = mode == RP_MPMC ? capacity - before / 8 : capacity - before;

    ring_init(&r, mode, capacity, slot, 3ull * capacity + last);
    for (int i = 0; i < 16; i++) {
      put(&r, (uint32_t) i, (uint32_t) i);
      if (i % 3 == 0) drain(&r);
    }
    drain(&r);
    assert(rp_ring_claim(r.producer, 1, most + 1, &payload) == RP_ETOOBIG);
    assert(rp_ring_claim(r.producer, 1, UINT32_MAX, &payload) == RP_ETOOBIG);
    assert(rp_ring_claim(r.producer, 1, most, &payload) == RP_OK);
    assert(payload + most <= (uint8_t *) r.memory.at + r.memory.size);
    payload[0] = payload[most - 1] = 1;
    ring_end(&r);
  }
}

int
main(void) {
  static const uint64_t bases[] = {0, (1ull << 32) - 64, (1ull << 32) - 128, 1ull << 33};
  rng random = {seed()};

  for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
    for (rp_mode mode = RP_SPSC; mode <= RP_MPSC; mode++) {
      every_offset_and_length(mode, 64, bases[i]);
      if (i < 2) every_offset_and_length(mode, 128, bases[i]);
    }
    every_slot(2, 8, bases[i]);
    every_slot(8, 24, bases[i]);
  }
  /* The shadow memory of a sanitizer is touched in any case. */
  for (rp_mode mode = RP_SPSC; !SLOW && mode <= RP_MPSC; mode++)
    as_large_as_can_be(mode, 1u << 30, 0);
  if (!SLOW) as_large_as_can_be(RP_MPMC, 1u << 26, 8);
  as_large_as_can_be(RP_MPMC, 64, SLOW ? 64 : (1u << 24) - 8);
  for (int i = 0; i < ROUNDS(2000, 100); i++) {
    uint64_t position = (1ull << 32) - 8 * random_below(&random, 500);
    uint32_t capacity = 64u << random_below(&random, 3);

    anything(&random, RP_SPSC, capacity, 0, position, 500);
    anything(&random, RP_MPSC, capacity, 0, position, 500);
    anything(&random, RP_MPMC, 2u << random_below(&random, 5), 16, position, 500);
  }
  return 0;
}
