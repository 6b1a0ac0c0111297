/*
 * shared_memory.h - the memory of a shared ring: a SharedArrayBuffer that every handle
 * maps.
 *
 *   OFFSET SIZE  WRITTEN BY  DESCRIPTION
 *   0      4     creator     magic, "RPRB"
 *   4      4     creator     version
 *   8      4     creator     mode: 1 spsc, 2 mpsc, 3 mpmc
 *   12     4     creator     capacity. spsc, mpsc: bytes of the data area; mpmc: slots. Power of two
 *   16     4     creator     mpmc: bytes of payload that a slot takes, multiple of 8; else 0
 *   20     108               0
 *   128    4     any handle  state: bit 0 CLOSED, set once
 *   132    4     wait queue  1: a consumer sleeps until there is data
 *   136    4     wait queue  1: a producer sleeps until there is room
 *   140    4     wait queue  producers now
 *   144    4     wait queue  consumers now
 *   148    108               0
 *   256    8     producers   tail: claimed (spsc: published) so far
 *   264    120               0
 *   384    8     consumers   head: released (mpmc: claimed for reading) so far
 *   392    120               0
 *   512    1024  producers   16 blocks of counters, see rp_shared_counters
 *   1536   1024  consumers   the same
 *   2560   n                 data area: spsc, mpsc `capacity` bytes; mpmc `capacity` slots
 *
 * Words that are written while records flow have cache lines of their own. The line of
 * `state` is read for every record, and written only when a handle sleeps, opens, ends or
 * closes.
 *
 * Positions run free and are never reduced modulo the capacity:
 *
 *   spsc   u32 at the offset above (the upper half stays 0), bytes, multiples of 8
 *   mpsc   u64, bytes, multiples of 8; bit 0 of tail: CLOSED, nothing can be claimed any more
 *   mpmc   u64, records x 2; bit 0 of tail: CLOSED
 *
 * Where several handles claim by compare and swap, 64 bits ensure that a position does
 * not wrap around between the load and the swap: 32 bits of bytes do so within a second.
 *
 * A record of spsc and mpsc is that of record.h; RP_PADDING is skipped. In spsc a record
 * exists once tail has moved past it, and padding only fills the rest of the data area.
 * In mpsc it exists once its type is not 0, so there is no type 0; the consumer clears
 * what it releases, and padding also replaces claims that were given up.
 *
 * A slot of mpmc: u32 sequence | u24 length, u8 type | payload. In a ring of n slots the
 * sequence of slot i is l when it is free for record l + i, where l is a multiple of n;
 * l + 1 when that record is complete; l + n when it has been read. So a slot of zeros is
 * free, and a new ring needs no initialisation. A claim that was given up has the type
 * RP_SLOT_PADDING.
 *
 * Any thread may overwrite any word at any time. The creator's words are read once, when
 * a handle opens; all others are read into a local, checked, then used. Nonsense is
 * RP_ECORRUPT.
 *
 * When a handle ends or its thread dies (the wait queue knows; see handle.h), tail and
 * head stay as they are and open claims become padding. Records that an spsc or mpsc
 * consumer has read and not released go to the next one; in mpmc they count as read.
 */
#ifndef RP_CORE_RING_SHARED_MEMORY_H_
#define RP_CORE_RING_SHARED_MEMORY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomic.h"
#include "core/error.h"
#include "core/record.h"

#define RP_SHARED_MAGIC 0x42525052u /* "RPRB" in the memory of a little-endian machine */
#define RP_SHARED_VERSION 1u

typedef enum rp_mode { RP_SPSC = 1, RP_MPSC = 2, RP_MPMC = 3 } rp_mode;

#define RP_SHARED_MIN 64u             /* bytes of a data area */
#define RP_SHARED_MAX RP_CAPACITY_MAX /* 1 GiB */
#define RP_SLOT_HEADER 8u
#define RP_SLOT_MAX ((1u << 24) - 8u) /* its length has 24 bits */
#define RP_SLOT_PADDING 255u          /* larger types do not fit */

#define RP_STATE_CLOSED 1u
#define RP_TAIL_CLOSED 1u

/* Counters are doubles, exact up to 2^53: JavaScript reads and writes them as a
 * Float64Array. A block belongs to one handle at a time, which writes it with relaxed
 * stores; the last block of each role is shared by all handles that found no other. A
 * block keeps the counts of former handles, so the sums over all blocks are those of the
 * ring. */
typedef struct rp_shared_counters {
  rp_atomic_u64 records;    /* written, or read */
  rp_atomic_u64 bytes;      /* of their payloads */
  rp_atomic_u64 wakeups;    /* times that it woke the other role */
  rp_atomic_u64 stalls;     /* times that it found no room, or nothing to read */
  rp_atomic_u64 high_water; /* largest fill seen, bytes (mpmc: slots); not exact */
  rp_atomic_u64 aborted;    /* claims given up */
  rp_atomic_u64 unused[2];
} rp_shared_counters;

#define RP_SHARED_BLOCKS 16u

/* The words of the memory. Padded by hand instead of aligned: a SharedArrayBuffer is
 * aligned to 8 bytes only, but the distances hold anyway. */
typedef struct rp_shared_words {
  rp_word magic, version, mode, capacity, slot, unused1[27];
  rp_word state;
  rp_word data_wanted; /* a consumer sleeps */
  rp_word room_wanted; /* a producer sleeps */
  rp_word producers, consumers, unused2[27];
  union {
    rp_word word;            /* spsc */
    rp_atomic_u64 wide;      /* mpsc, mpmc */
    rp_atomic_u64 whole[16]; /* two lines: they are prefetched in pairs */
  } tail, head;
  rp_shared_counters counters[2][RP_SHARED_BLOCKS]; /* by rp_role */
} rp_shared_words;

#define RP_SHARED_DATA 2560u

_Static_assert(offsetof(rp_shared_words, slot) == 16, "the creator's words");
_Static_assert(offsetof(rp_shared_words, state) == 128, "the state has its own line");
_Static_assert(offsetof(rp_shared_words, room_wanted) == 136, "beside the state");
_Static_assert(offsetof(rp_shared_words, consumers) == 144, "beside the state");
_Static_assert(offsetof(rp_shared_words, tail) == 256, "tail has its own line");
_Static_assert(offsetof(rp_shared_words, head) == 384, "head has its own line");
_Static_assert(offsetof(rp_shared_words, counters) == 512, "counters follow");
_Static_assert(sizeof(rp_shared_counters) == 64, "a block of counters is a line");
_Static_assert(sizeof(rp_shared_words) == RP_SHARED_DATA, "the data area follows");
_Static_assert(_Alignof(rp_shared_words) == 8, "all that a SharedArrayBuffer promises");

/* Where the ring is and its shape, checked once when a handle opens. */
typedef struct rp_shared {
  rp_shared_words *words;
  uint8_t *data;
  rp_mode mode;
  uint32_t capacity; /* bytes, or slots */
  uint32_t slot;     /* payload of a slot, 0 unless mpmc */
  uint32_t stride;   /* from one slot to the next */
} rp_shared;

/* A slot of mpmc. */
typedef struct rp_slot {
  rp_word sequence;
  rp_word info; /* length | type << 24 */
  uint8_t payload[];
} rp_slot;

/* Return the sequence of a slot that is free for the record at `position`. */
static inline uint32_t
rp_slot_free(const rp_shared *shared, uint32_t position) {
  return position & ~(shared->capacity - 1);
}

static inline rp_slot *
rp_slot_at(const rp_shared *shared, uint32_t position) {
  size_t index = position & (shared->capacity - 1);

  return (rp_slot *) (void *) (shared->data + index * shared->stride);
}

_Static_assert(RP_SLOT_HEADER == RP_RECORD_HEADER, "release_some() relies on it");

static inline rp_header *
rp_header_at(const rp_shared *shared, uint32_t position) {
  return (rp_header *) (void *) (shared->data + (position & (shared->capacity - 1)));
}

/* Store `value` in `word`; return true if `wanted` is set. A thread that goes to sleep
 * sets `wanted` and then loads `word`. All four operations are sequentially consistent,
 * so at least one of the two threads sees the other's store. Any thread, wait-free. */
static inline bool
rp_post(rp_word *word, uint32_t value, rp_word *wanted) {
  rp_store_seq(word, value);
  return rp_load_seq(wanted) != 0;
}

/* The same for a 64-bit word. */
static inline bool
rp_post_u64(rp_atomic_u64 *word, uint64_t value, rp_word *wanted) {
  rp_store_seq(word, value);
  return rp_load_seq(wanted) != 0;
}

/* Return the size of the memory of a ring, or 0 if the parameters are invalid. `capacity`
 * is a power of two; the data area has 64 bytes to 1 GiB. mpmc has at least 2 slots, and
 * `slot` is a multiple of 8 above 0; otherwise `slot` is 0. Any thread. */
size_t rp_shared_size(rp_mode mode, uint32_t capacity, uint32_t slot);

/* Create a ring in `size` bytes of memory that are aligned to 8 and not in use. The bytes
 * that the ring takes must be 0, as in a new SharedArrayBuffer; further ones are not
 * touched. Returns RP_EFORMAT if the parameters are invalid or the memory is too
 * small. */
int rp_shared_format(void *memory, size_t size, rp_mode mode, uint32_t capacity,
                     uint32_t slot);

/* Find the ring in `size` bytes of memory. Any thread. Returns RP_EFORMAT if magic,
 * version, mode, capacity, slot, size or alignment are wrong. */
int rp_shared_map(rp_shared *shared, void *memory, size_t size);

/* Return the largest payload of a record: in mpmc the slot, otherwise half of the data
 * area minus the header. */
static inline uint32_t
rp_shared_payload_max(const rp_shared *shared) {
  return shared->mode == RP_MPMC ? shared->slot : shared->capacity / 2 - RP_RECORD_HEADER;
}

#endif
