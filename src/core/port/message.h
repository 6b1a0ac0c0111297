/*
 * message.h - a message in an inbox: bytes, and blocks that travel by pointer.
 *
 * Payload of a message record:
 *
 *   OFFSET SIZE  DESCRIPTION
 *   0      n     the bytes, padded to a multiple of 8
 *   n      16*b  the table of blocks: { pointer, length }. Pointer NULL: taken; but with a length that
 *                is not 0, the length is the id of an endpoint that travels with the message
 *
 * Type of a message record:
 *
 *   BITS   DESCRIPTION
 *   0-7    the sender's flags, opaque here; bit 7, BEHIND: see src/node/order.h
 *   8      LARGE: the bytes themselves are in block 0 and n is 0
 *   9      TABLE: the table does not fit a record, so it is a block itself, the only one here
 *   16-31  number of entries in the table here
 *
 * The sender allocates a block and copies into it once; the record owns it until the
 * receiver takes it, as it is. Only C code of this process writes these records, into
 * memory that no script can reach, so the pointers can be trusted.
 *
 * Limits:
 *
 *   RP_MESSAGE_INLINE_MAX   bytes that travel in the record; more become block 0
 *   RP_MESSAGE_TABLE_MAX    blocks whose table travels in the record; the table of more becomes a block
 *   RP_MESSAGE_RECORD_MAX   the largest record that these two allow, and so the largest buffer that a
 *                           receiver of runs needs
 *   RP_MESSAGE_RUN_MAX      bytes of the records that rp_message_write_run() takes at once
 *   RP_MESSAGE_BLOCKS_MAX   blocks of one message, those that are endpoints included
 */
#ifndef RP_CORE_PORT_MESSAGE_H_
#define RP_CORE_PORT_MESSAGE_H_

#include "core/port/chain.h"

#define RP_MESSAGE_FLAGS 0xFFu
#define RP_MESSAGE_BEHIND 0x80u
#define RP_MESSAGE_LARGE 0x100u
#define RP_MESSAGE_TABLE 0x200u

/* A table of 2 GiB: the process runs out of memory before. */
#define RP_MESSAGE_BLOCKS_MAX (1u << 27)

/* Larger bytes travel as a block. Up to here a copy through the ring is cheaper than
 * malloc and its cache misses (bench/js: the crossover is between 16 and 64 KiB). */
#define RP_MESSAGE_INLINE_MAX (32u * 1024)

/* A table of 16 KiB, half of RP_MESSAGE_INLINE_MAX: copying it costs little compared with
 * the blocks. */
#define RP_MESSAGE_TABLE_MAX 1024u

#define RP_MESSAGE_RUN_MAX (64u * 1024)

typedef struct rp_block {
  _Alignas(8) void *data;
  uint64_t length; /* bytes of data; without data: the id of an endpoint in transit */
} rp_block;

_Static_assert(sizeof(rp_block) == 16, "a pointer, or an id of 64 bits");

#define RP_MESSAGE_RECORD_MAX                                                            \
  (RP_RECORD_HEADER + RP_MESSAGE_INLINE_MAX +                                            \
   RP_MESSAGE_TABLE_MAX * (uint32_t) sizeof(rp_block))

_Static_assert(RP_MESSAGE_INLINE_MAX % 8 == 0, "the table behind the bytes is aligned");
_Static_assert(RP_MESSAGE_RECORD_MAX <= RP_CHAIN_RECORD_MAX,
               "every record fits the inbox");
_Static_assert(RP_MESSAGE_RUN_MAX <= RP_CHAIN_RECORD_MAX, "every run fits the inbox");
_Static_assert(RP_MESSAGE_TABLE_MAX <= UINT16_MAX, "the number of blocks has 16 bits");
_Static_assert(RP_MESSAGE_BLOCKS_MAX <= SIZE_MAX / sizeof(rp_block) - 1,
               "the size of a table fits size_t");

/* Allocate a block of `length` bytes, and two more for a terminator that the caller may
 * write. `data` is NULL without memory. Any thread. */
rp_block rp_block_new(size_t length);

/* Free the memory of a block; a block without memory is a no-op. Any thread. */
void rp_block_free(rp_block block);

/* Write a message; the caller publishes it. Producer of the chain only. On RP_OK the
 * record owns the blocks. Returns RP_ENOMEM, RP_CLOSED, or RP_ETOOBIG for more than
 * RP_MESSAGE_BLOCKS_MAX blocks; then nothing has changed and the blocks are still the
 * caller's. `flags` is at most RP_MESSAGE_FLAGS. */
int rp_message_write(rp_chain *chain, uint32_t flags, const void *bytes, size_t length,
                     const rp_block *blocks, uint32_t count);

/* Write several messages without blocks, all or none. `run` has `bytes` bytes, at most
 * RP_MESSAGE_RUN_MAX, of contiguous records as in record.h, each with at most
 * RP_MESSAGE_INLINE_MAX bytes of payload. Stores their number in `*count`. Returns as
 * rp_message_write(), or RP_ECORRUPT if `run` is not of that form. */
int rp_message_write_run(rp_chain *chain, const uint8_t *run, uint32_t bytes,
                         uint32_t *count);

/* Return the size of a message: its record with the header, and its blocks. */
uint64_t rp_message_size(size_t length, const rp_block *blocks, uint32_t count);

/* Return the number of blocks of a message; 0 if its record is too short for its
 * table. */
uint32_t rp_message_blocks(const rp_record *record);

/* Take block `index` out of a message; the caller frees it. Returns { NULL, 0 } if there
 * is no such block or it has been taken. */
rp_block rp_message_take_block(const rp_record *record, uint32_t index);

/* Return block `index` without taking it. Otherwise as rp_message_take_block(). */
rp_block rp_message_peek_block(const rp_record *record, uint32_t index);

/* Return the id of the endpoint that a block stands for; 0 if it is memory, or was
 * taken. */
static inline uint64_t
rp_block_endpoint(rp_block block) {
  return block.data == NULL ? block.length : 0;
}

/* Free the blocks that a message still owns, and its table. Endpoints are left to the
 * caller. A second call is a no-op. */
void rp_message_drop(const rp_record *record);

#endif
