/*
 * message.h - a message in an inbox: bytes, and blocks that travel by pointer.
 *
 * Payload of a message record:
 *
 *   OFFSET SIZE  DESCRIPTION
 *   0      n     the bytes, padded to a multiple of 8
 *   n      16*b  the table of blocks: { pointer, length }; pointer NULL: taken, or, if the length
 *                is not 0, no memory but the id of a half that travels with the message
 *
 * Type of a message record:
 *
 *   BITS   DESCRIPTION
 *   0-7    the sender's flags, not looked at here
 *   8      LARGE: the bytes themselves are in block 0 and n is 0
 *   16-31  number of blocks
 *
 * A block is allocated by the sender and owned by the record until the receiver takes it; it is
 * copied once, by the sender, and adopted by the receiver. Only code of this process writes these
 * records, into memory that no script can reach, so the pointers can be trusted.
 */
#ifndef RP_MESSAGE_H_
#define RP_MESSAGE_H_

#include "chain.h"

#define RP_MESSAGE_FLAGS 0xFFu
#define RP_MESSAGE_LARGE 0x100u
#define RP_MESSAGE_BLOCKS_MAX 0xFFFFu

/* Bytes from here on travel as a block: up to here a copy through the ring is cheaper than malloc
 * and the extra cache misses (bench/js: crossover between 16 and 64 KiB). */
#define RP_MESSAGE_INLINE_MAX (32u * 1024)

#define RP_MESSAGE_RUN_MAX (64u * 1024)

typedef struct rp_block {
  _Alignas(8) void *data;
  uint64_t length; /* bytes of data; without data: the id of a half in transit */
} rp_block;

_Static_assert(sizeof(rp_block) == 16, "a pointer, or an id of 64 bits");

/* A block for `length` bytes and a terminator of two, which its user may write; data is NULL without
 * memory. Any thread. */
rp_block rp_block_new(size_t length);

/* Free a block's memory, if it has any. Any thread. */
void rp_block_free(rp_block block);

/* Claim and fill the record of a message. Producer of the chain only. The caller publishes.
 * On RP_OK the blocks belong to the record; on RP_ENOMEM, RP_ETOOBIG or RP_SEALED nothing has
 * changed and they are still the caller's. `flags` is at most RP_MESSAGE_FLAGS. */
int rp_message_write(rp_chain *chain, uint32_t flags, const void *bytes, size_t length,
                     const rp_block *blocks, uint32_t count);

/* The same for messages without blocks that lie behind each other, each laid out as a record (see ring.h)
 * of at most RP_MESSAGE_INLINE_MAX bytes: all of them or none. `bytes` is at most RP_MESSAGE_RUN_MAX.
 * RP_ECORRUPT: they are not. `*count` is how many there are. */
int rp_message_write_run(rp_chain *chain, const uint8_t *run, uint32_t bytes,
                         uint32_t *count);

/* What such a message takes: its record with the header, and its blocks. */
uint64_t rp_message_size(size_t length, const rp_block *blocks, uint32_t count);

/* Number of blocks of a message. */
uint32_t rp_message_blocks(const rp_record *record);

/* Take block `index` out of a message: it is the caller's to free. A block that is not there or
 * has been taken gives { NULL, 0 }. */
rp_block rp_message_take_block(const rp_record *record, uint32_t index);

/* The same, but it stays where it is. */
rp_block rp_message_peek_block(const rp_record *record, uint32_t index);

/* The id of the half that this block stands for, 0 if it is memory or taken. */
static inline uint64_t
rp_block_half(rp_block block) {
  return block.data == NULL ? block.length : 0;
}

/* Free the memory that a message that nobody will read still owns; its halves are the caller's. */
void rp_message_drop(const rp_record *record);

#endif
