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
 *   128    4     any side    state: bit 0 CLOSED, set once
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
 * All that sides write while records flow is on lines of its own; the line of the state
 * is read with every record and written only when somebody goes to sleep, comes, goes, or
 * closes.
 *
 * Positions run free and are never reduced modulo the capacity:
 *
 *   spsc   u32 at the offset above (the other endpoint stays 0), bytes, multiples of 8
 *   mpsc   u64, bytes, multiples of 8; bit 0 of tail: CLOSED, nothing can be claimed any more
 *   mpmc   u64, records x 2; bit 0 of tail: CLOSED
 *
 * Where several sides claim by compare and swap, 64 bits are what rules out that a
 * position comes round while one of them is between its load and its swap: a u32 of bytes
 * does so within a second.
 *
 * A record of spsc and mpsc is that of segment_ring.h: u32 length | u32 type | payload,
 * padded to 8 bytes, never across the end; RP_PADDING skips. In spsc it exists once tail
 * has moved past it, and padding only ever fills the rest of the data area. In mpsc it
 * exists once its type is not 0, so 0 is no type there; the consumer clears what it gives
 * back, and padding is also what became of a claim that was given up.
 *
 * A slot of mpmc: u32 sequence | u24 length, u8 type | payload. The sequence of slot i of
 * n is l when it is free for record l + i, where l is a multiple of n; l + 1 when that
 * record is complete; and l + n when it has been read. So a slot of zeros is free, and a
 * ring of any size is made at once. A claim that was given up has the type
 * RP_SLOT_PADDING.
 *
 * Any word may be overwritten by anybody at any time. The creator's words are read once,
 * when a side opens; all others are read into a local, checked, then used; what makes no
 * sense is RP_ECORRUPT.
 *
 * When its owner ends (the wait queue knows; see handle.h): tail and head stay as they
 * are, open claims become padding. Records that a consumer of spsc or mpsc has read and
 * not released are the next one's; those of mpmc count as read.
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

/* Numbers as doubles: exact up to 2^53, read and written by JS as a Float64Array. A block
 * belongs to one side at a time, which writes it with plain relaxed stores; the last of
 * each role is for all that found no other. What the sides before have counted stays:
 * sums over all blocks are the ring's. */
typedef struct rp_shared_counters {
  rp_atomic_u64 records;    /* written, or read */
  rp_atomic_u64 bytes;      /* of their payloads */
  rp_atomic_u64 wakeups;    /* times that this side woke another */
  rp_atomic_u64 stalls;     /* times that there was no room, or nothing to read */
  rp_atomic_u64 high_water; /* largest fill seen, bytes (mpmc: slots); not exact */
  rp_atomic_u64 aborted;    /* claims given up */
  rp_atomic_u64 unused[2];
} rp_shared_counters;

#define RP_SHARED_BLOCKS 16u

/* The words, as they lie in the memory. Padded by hand: a SharedArrayBuffer is aligned to
 * 8 bytes and no more, which leaves the distances what they are. */
typedef struct rp_shared_words {
  rp_word magic, version, mode, capacity, slot, unused1[27];
  rp_word state;
  rp_word data_wanted; /* by consumers that sleep */
  rp_word room_wanted; /* by producers that sleep */
  rp_word producers, consumers, unused2[27];
  union {
    rp_word word;            /* spsc */
    rp_atomic_u64 wide;      /* mpsc, mpmc */
    rp_atomic_u64 whole[16]; /* a line of its own, and the next, which comes along */
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

/* What a handle knows of its ring: checked once, then its own. */
typedef struct rp_shared {
  rp_shared_words *words;
  uint8_t *data;
  rp_mode mode;
  uint32_t capacity; /* bytes, or slots */
  uint32_t slot;     /* payload of a slot, 0 unless mpmc */
  uint32_t stride;   /* from one slot to the next */
} rp_shared;

/* A slot of mpmc, as it lies in the memory. */
typedef struct rp_slot {
  rp_word sequence;
  rp_word info; /* length | type << 24 */
  uint8_t payload[];
} rp_slot;

/* The sequence of a slot that is free for the record at `position`. */
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

/* Publish `value` in `word`; true if `wanted` is set. Both operations are in the one
 * order that all sequentially consistent ones have, as those of the side that sets
 * `wanted` and then looks at `word`: at least one of the two sees what the other has
 * stored. Any thread, wait-free. */
static inline bool
rp_post(rp_word *word, uint32_t value, rp_word *wanted) {
  rp_store_seq(word, value);
  return rp_load_seq(wanted) != 0;
}

/* The same for a wide word. */
static inline bool
rp_post_u64(rp_atomic_u64 *word, uint64_t value, rp_word *wanted) {
  rp_store_seq(word, value);
  return rp_load_seq(wanted) != 0;
}

/* Bytes of memory that a ring takes, 0 if there can be no such ring: capacity is a power
 * of two, the data area has 64 bytes to 1 GiB, mpmc has at least 2 slots and a slot size
 * that is not 0 and a multiple of 8, spsc and mpsc have none. Any thread. */
size_t rp_shared_size(rp_mode mode, uint32_t capacity, uint32_t slot);

/* Make a new ring in memory of `size` bytes, aligned to 8, which nobody else uses yet.
 * Memory beyond what it takes stays as it is; what it takes must be 0 (a new
 * SharedArrayBuffer is). RP_EFORMAT: no such ring, or it takes more. */
int rp_shared_format(void *memory, size_t size, rp_mode mode, uint32_t capacity,
                     uint32_t slot);

/* Look whether there is a ring in memory of `size` bytes, and where. RP_EFORMAT: magic,
 * version, mode, capacity, slot, size or alignment are wrong. Any thread. */
int rp_shared_map(rp_shared *shared, void *memory, size_t size);

/* The largest payload of a record: of mpmc the slot, else half of the data area less the
 * header. */
static inline uint32_t
rp_shared_payload_max(const rp_shared *shared) {
  return shared->mode == RP_MPMC ? shared->slot : shared->capacity / 2 - RP_RECORD_HEADER;
}

#endif
