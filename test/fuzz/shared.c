/*
 * A shared ring in each mode, whose memory may be overwritten between any two calls.
 * Opening it finds a valid ring or returns an error. Every call returns, with a result
 * that is possible, and accesses nothing outside the memory. A sleeping handle is woken
 * at most once. Until the first overwrite nothing returns RP_ECORRUPT.
 *
 * The input: mode, shape and positions, then operations of up to four handles and
 * overwrites.
 */
#include "core/ring/handle.h"

#include "input.h"

enum { SIDES = 4, BATCH = 8, SMALLEST_SLOT = 8 };

typedef struct seat {
  rp_ring_handle *handle;
  rp_role role;
  bool parked;
  bool claiming;
} seat;

typedef struct world {
  uint8_t *memory;
  size_t size;
  seat seats[SIDES];
  bool spoiled;
} world;

static void
called(void *context) {
  seat *s = context;

  CHECK(s->handle != NULL && s->parked);
  s->parked = false;
}

/* Every other result is a bug, whatever is in the memory. */
static int
expect(const world *w, int result, const int *allowed, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (result == allowed[i]) return result;
  CHECK(result == RP_ECORRUPT && w->spoiled);
  return result;
}

#define EXPECT(w, result, ...)                                                           \
  expect((w), (result), (int[]){__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int))

/* As a view would be made of it. */
static void
touch(const world *w, const uint8_t *payload, uint32_t length) {
  uint32_t sum = 0;

  CHECK(payload >= w->memory + RP_SHARED_DATA + RP_RECORD_HEADER);
  CHECK(payload <= w->memory + w->size);
  CHECK(length <= (size_t) (w->memory + w->size - payload));
  for (uint32_t i = 0; i < length; i++) sum += payload[i];
  CHECK(sum <= 255 * length);
}

static void
claim(world *w, seat *s, input *in) {
  uint32_t length = take_size(in);
  uint8_t type = take_u8(in), *payload;
  int result = rp_ring_claim(s->handle, 1 + type % 254, length, &payload);

  EXPECT(w, result, RP_OK, RP_FULL, RP_ETOOBIG, RP_ECLOSED, RP_ECLAIM);
  if (result != RP_OK) return;
  s->claiming = true;
  touch(w, payload, length);
  memset(payload, type, length);
}

static void
write_many(world *w, seat *s, input *in) {
  static const uint8_t bytes[BATCH * 256];
  uint32_t lengths[BATCH], written, count = 1 + take_u8(in) % BATCH;

  for (uint32_t i = 0; i < count; i++) lengths[i] = take_u8(in);

  int result = rp_ring_write_many(s->handle, 1, bytes, lengths, count, &written);

  EXPECT(w, result, RP_OK, RP_FULL, RP_ETOOBIG, RP_ECLOSED, RP_ECLAIM);
  CHECK((written == count) == (result == RP_OK) && written <= count);
}

static void
produce(world *w, seat *s, input *in) {
  int result;

  switch (take_u8(in) % 6) {
    case 0:
      claim(w, s, in);
      break;
    case 1:
      result = rp_ring_commit(s->handle, take_size(in));
      CHECK(result == RP_OK ? s->claiming : result == RP_ECLAIM);
      if (result == RP_OK) s->claiming = false;
      break;
    case 2:
      rp_ring_abort(s->handle);
      s->claiming = false;
      break;
    case 3:
      rp_ring_publish(s->handle);
      break;
    case 4:
      result = rp_ring_write(s->handle, 7, "0123456789abcdef", take_u8(in) % 17);
      EXPECT(w, result, RP_OK, RP_FULL, RP_ETOOBIG, RP_ECLOSED, RP_ECLAIM);
      break;
    default:
      write_many(w, s, in);
  }
}

static void
take(world *w, seat *s, input *in) {
  rp_record records[BATCH];
  uint32_t taken;
  int result = rp_ring_take(s->handle, records, 1 + take_u8(in) % BATCH, &taken);

  EXPECT(w, result, RP_OK, RP_EMPTY, RP_CLOSED);
  CHECK((taken > 0) == (result == RP_OK) && taken <= BATCH);
  for (uint32_t i = 0; i < taken; i++) touch(w, records[i].payload, records[i].length);
  if (taken > 0 && take_u8(in) % 2 == 0)
    rp_ring_release_some(s->handle, records, taken, take_u8(in) % (taken + 1));
}

static void
consume(world *w, seat *s, input *in) {
  rp_record record;
  int result;

  switch (take_u8(in) % 4) {
    case 0:
      rp_ring_release(s->handle);
      break;
    case 1:
    case 2:
      result = rp_ring_peek(s->handle, &record);
      EXPECT(w, result, RP_OK, RP_EMPTY, RP_CLOSED);
      if (result != RP_OK) break;
      touch(w, record.payload, record.length);
      rp_ring_advance(s->handle, &record);
      break;
    default:
      take(w, s, in);
  }
}

static void
leave(seat *s) {
  rp_ring_handle *handle = s->handle;

  /* Whoever ends is not called by its own end. */
  if (s->parked) CHECK(rp_ring_unpark(handle));
  s->parked = false;
  s->claiming = false;
  rp_ring_end(handle);
  s->handle = NULL;
}

static void
enter(world *w, seat *s, input *in) {
  uint8_t how = take_u8(in);
  /* Anywhere, and as if there were less of it; what is whole must be found. */
  size_t skip = how & 4 ? take_u8(in) % (w->size + 1) : 0;
  size_t size = how & 8 ? take_size(in) : w->size - skip;
  int result;

  if (size > w->size - skip) size = w->size - skip;
  s->role = how & 1 ? RP_CONSUMER : RP_PRODUCER;
  result = rp_ring_open(&s->handle, w->memory + skip, size, s->role, called, s);
  if (result == RP_OK) {
    const rp_shared *shared = rp_ring_shared(s->handle);
    size_t needed = rp_shared_size(shared->mode, shared->capacity, shared->slot);

    CHECK(needed > 0 && needed <= size);
    CHECK(rp_ring_count(s->handle, s->role) > 0);
  } else {
    CHECK(result == RP_EFORMAT || result == RP_EBUSY);
    CHECK(result == RP_EBUSY || w->spoiled || size < w->size);
    s->handle = NULL;
  }
}

static void
wait(world *w, seat *s, input *in) {
  int nothing = s->role == RP_PRODUCER ? RP_FULL : RP_EMPTY;
  uint32_t length = s->role == RP_PRODUCER ? take_size(in) : 0;
  int result;

  switch (take_u8(in) % 4) {
    case 0:
    case 1:
      result = rp_ring_park(s->handle, length);
      s->parked = result == nothing;
      CHECK(result == nothing || result == RP_OK);
      break;
    case 2:
      CHECK(rp_ring_unpark(s->handle) == s->parked);
      s->parked = false;
      break;
    default:
      if (s->parked) break;
      result = rp_ring_wait(s->handle, length, 0);
      CHECK(result == nothing || result == RP_OK);
  }
  (void) w;
}

/* Some bytes anywhere, or a word of those that matter: noise, a step, or one bit. */
static void
spoil(world *w, input *in) {
  static const uint32_t likely[] = {0,   4,   8,   12,  16,  128, 132,
                                    136, 256, 260, 384, 388, 512, 1536};
  uint32_t where = take_u8(in), at;
  uint32_t value;

  w->spoiled = true;
  if (where < 2 * sizeof(likely) / sizeof(likely[0]))
    at = likely[where / 2];
  else
    at = RP_SHARED_DATA + (where * 4) % (uint32_t) (w->size - RP_SHARED_DATA);
  memcpy(&value, w->memory + at, sizeof(value));
  switch (take_u8(in) % 3) {
    case 0:
      value = take_u32(in);
      break;
    case 1:
      value += 8u * take_u8(in) - 512;
      break;
    default:
      value ^= 1u << take_u8(in) % 32;
  }
  memcpy(w->memory + at, &value, sizeof(value));
}

/* What JavaScript says of a handle of spsc that it runs itself, claims and all. */
static void
set_position(world *w, seat *s, input *in) {
  if (rp_ring_shared(s->handle)->mode != RP_SPSC || s->claiming) return;
  w->spoiled = true;
  rp_ring_set_position(s->handle, rp_ring_position(s->handle) + take_u8(in) * 8 - 64);
  rp_ring_wake_others(s->handle, take_u8(in));
}

static void
step(world *w, input *in) {
  uint8_t what = take_u8(in);
  seat *s = &w->seats[what / 16 % SIDES];

  if (s->handle == NULL) {
    enter(w, s, in);
    return;
  }
  switch (what % 16) {
    case 0:
      leave(s);
      break;
    case 1:
    case 2:
      if (take_u8(in) % 4 == 0) (void) rp_shared_close(w->memory, w->size);
      break;
    case 3:
      set_position(w, s, in);
      break;
    case 4:
    case 5:
      wait(w, s, in);
      break;
    case 6:
    case 7:
    case 8:
      spoil(w, in);
      break;
    default:
      if (s->role == RP_PRODUCER)
        produce(w, s, in);
      else
        consume(w, s, in);
  }
}

/* Both positions the same, and near where 32 bits come round. */
static void
start_at(const world *w, rp_mode mode, uint32_t capacity, uint32_t steps) {
  rp_shared_words *words = (rp_shared_words *) (void *) w->memory;
  rp_shared shared;
  uint64_t position = (1ull << 32) - steps;

  CHECK(rp_shared_map(&shared, w->memory, w->size) == RP_OK);
  if (mode == RP_MPMC) {
    for (uint32_t i = 0; i < capacity; i++) {
      uint32_t p = (uint32_t) position + i;

      rp_store_relaxed(&rp_slot_at(&shared, p)->sequence, rp_slot_free(&shared, p));
    }
    rp_store_relaxed(&words->tail.wide, position * 2);
    rp_store_relaxed(&words->head.wide, position * 2);
  } else if (mode == RP_MPSC) {
    rp_store_relaxed(&words->tail.wide, (1ull << 32) - 8 * steps);
    rp_store_relaxed(&words->head.wide, (1ull << 32) - 8 * steps);
  } else {
    rp_store_relaxed(&words->tail.word, 0u - 8 * steps);
    rp_store_relaxed(&words->head.word, 0u - 8 * steps);
  }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  input in = {bytes, size};
  rp_mode mode = 1 + take_u8(&in) % 3;
  uint32_t shape = take_u8(&in);
  uint32_t capacity = mode == RP_MPMC ? 8u << shape % 2 : 64u << shape % 4;
  uint32_t slot = mode == RP_MPMC ? SMALLEST_SLOT * (1 + shape / 4 % 4) : 0;
  world w = {.size = rp_shared_size(mode, capacity, slot)};

  /* Exactly as large as it must be: one byte beyond is an error that ASan reports. */
  w.memory = calloc(1, w.size);
  CHECK(w.memory != NULL);
  CHECK(rp_shared_format(w.memory, w.size, mode, capacity, slot) == RP_OK);
  start_at(&w, mode, capacity, take_u8(&in) % 32);
  while (in.left > 0) step(&w, &in);
  for (seat *s = w.seats; s < w.seats + SIDES; s++)
    if (s->handle != NULL) leave(s);
  free(w.memory);
  return 0;
}
