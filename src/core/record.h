/*
 * record.h - the layout of a record in a ring, of ports and of RingBuffer alike.
 *
 *   OFFSET SIZE  DESCRIPTION
 *   0      4     length of the payload in bytes
 *   4      4     type; RP_PADDING fills the rest of the data area, other types are the caller's
 *   8      n     payload, padded to a multiple of 8
 *
 * A record is 8-aligned and never crosses the end of the data area.
 */
#ifndef RP_CORE_RECORD_H_
#define RP_CORE_RECORD_H_

#include <stdint.h>
#include <string.h>

#include "core/atomic.h"

#define RP_RECORD_HEADER 8u
#define RP_PADDING 0xFFFFFFFFu

/* Positions count bytes and are multiples of 8, so their low three bits are free for
 * flags. */
#define RP_FLAGS 7u

/* 2^30: positions are compared by difference in 32 bits, so used() stays far below
 * 2^31. */
#define RP_CAPACITY_MAX (1u << 30)
#define RP_CAPACITY_MIN 16u

/* A record as its reader sees it. */
typedef struct rp_record {
  uint32_t length;
  uint32_t type;
  uint8_t *payload;
} rp_record;

/* The header of a record in memory that another thread may write at any time. */
typedef struct rp_header {
  rp_word length;
  rp_word type;
} rp_header;

_Static_assert(sizeof(rp_header) == RP_RECORD_HEADER, "length and type");

/* Return the size of a record with `length` bytes of payload, at most RP_CAPACITY_MAX. */
static inline uint32_t
rp_record_size(uint32_t length) {
  return RP_RECORD_HEADER + ((length + 7u) & ~7u);
}

/* The same for a length that has not been checked: 64 bits, so that it cannot wrap. */
static inline uint64_t
rp_record_span(uint32_t length) {
  return ((uint64_t) length + RP_RECORD_HEADER + 7u) & ~(uint64_t) 7u;
}

/* Get and set the type of the first record in `run`, which no other thread accesses. */
static inline uint32_t
rp_record_type(const uint8_t *run) {
  uint32_t type;

  memcpy(&type, run + sizeof(type), sizeof(type));
  return type;
}

static inline void
rp_record_set_type(uint8_t *run, uint32_t type) {
  memcpy(run + sizeof(type), &type, sizeof(type));
}

#endif
