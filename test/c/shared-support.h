/*
 * shared-support.h - for the tests of shared rings: rings at any position, and records
 * whose contents follow from their number.
 */
#ifndef SHARED_SUPPORT_H_
#define SHARED_SUPPORT_H_

#include "support.h"

#include "core/ring/handle.h"

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

typedef struct memory {
  void *at;
  size_t size;
  rp_shared shared;
} memory;

/* Create a ring at `position`, in bytes or slots. Its memory has the exact size, so that
 * ASan detects accesses beyond it. */
static inline memory
memory_new(rp_mode mode, uint32_t capacity, uint32_t slot, uint64_t position) {
  memory m = {.size = rp_shared_size(mode, capacity, slot)};

  assert(m.size != 0);
  m.at = calloc(1, m.size);
  assert(m.at != NULL);
  assert(rp_shared_format(m.at, m.size, mode, capacity, slot) == RP_OK);
  assert(rp_shared_map(&m.shared, m.at, m.size) == RP_OK);
  if (mode == RP_SPSC) {
    atomic_store(&m.shared.words->tail.word, (uint32_t) position);
    atomic_store(&m.shared.words->head.word, (uint32_t) position);
    return m;
  }

  uint64_t value = mode == RP_MPMC ? position * 2 : position;

  atomic_store(&m.shared.words->tail.wide, value);
  atomic_store(&m.shared.words->head.wide, value);
  /* Slots are free for the first lap as they are; of a large ring only those that will be
   * used. */
  for (uint32_t i = 0; mode == RP_MPMC && i < capacity && i < 4096; i++) {
    uint32_t p = (uint32_t) position + i;

    atomic_store(&rp_slot_at(&m.shared, p)->sequence, p & ~(capacity - 1));
  }
  return m;
}

static inline void
memory_free(memory *m) {
  free(m->at);
}

static inline rp_ring_handle *
handle_new(const memory *m, rp_role role) {
  rp_ring_handle *handle = NULL;

  assert(rp_ring_open(&handle, m->at, m->size, role, NULL, NULL) == RP_OK);
  return handle;
}

static inline uint8_t
byte_of(uint32_t number, uint32_t i) {
  return (uint8_t) (number * 31 + i * 7 + 1);
}

static inline void
fill(uint8_t *bytes, uint32_t length, uint32_t number) {
  for (uint32_t i = 0; i < length; i++) bytes[i] = byte_of(number, i);
}

static inline void
check_bytes(const uint8_t *bytes, uint32_t length, uint32_t number) {
  for (uint32_t i = 0; i < length; i++) assert(bytes[i] == byte_of(number, i));
}

static inline double
counter(const rp_atomic_u64 *number) {
  uint64_t bits = atomic_load(number);
  double value;

  memcpy(&value, &bits, sizeof(value));
  return value;
}

/* A counter of all handles of a role, those that have ended included. */
#define TOTAL(m, role, field) total((m), (role), offsetof(rp_shared_counters, field))

static inline double
total(const memory *m, rp_role role, size_t offset) {
  double sum = 0;

  for (uint32_t i = 0; i < RP_SHARED_BLOCKS; i++) {
    char *block = (char *) &m->shared.words->counters[role][i];

    sum += counter((rp_atomic_u64 *) (void *) (block + offset));
  }
  return sum;
}

#endif
