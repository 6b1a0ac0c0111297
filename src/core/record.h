/*
 * record.h - how a record lies in a ring, of a port and shared alike.
 *
 *   OFFSET SIZE  DESCRIPTION
 *   0      4     length of the payload in bytes
 *   4      4     type; RP_PADDING fills the rest of the data area, all others are the caller's
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

/* A record as a reader gets it. */
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

/* Bytes that a record with a payload of `length` bytes takes; `length` is at most
 * RP_CAPACITY_MAX. */
static inline uint32_t
rp_record_size(uint32_t length) {
  return RP_RECORD_HEADER + ((length + 7u) & ~7u);
}

/* Bytes that a record with a header of `length` takes; not cut to 32 bits, since it may
 * be anything. */
static inline uint64_t
rp_record_span(uint32_t length) {
  return ((uint64_t) length + RP_RECORD_HEADER + 7u) & ~(uint64_t) 7u;
}

/* The type of the first of the records that lie in `run`, which nobody else writes. */
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
