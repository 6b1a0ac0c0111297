/*
 * message.h - a message in an inbox: bytes, and blocks that travel by pointer.
 *
 * Payload of a message record:
 *
 *   OFFSET SIZE  DESCRIPTION
 *   0      n     the bytes, padded to a multiple of 8
 *   n      16*b  the table of blocks: { pointer, length }; pointer NULL: taken, or, if the length
 *                is not 0, no memory but the id of an endpoint that travels with the message
 *
 * Type of a message record:
 *
 *   BITS   DESCRIPTION
 *   0-7    the sender's flags, not looked at here; 7, BEHIND: see src/node/order.h
 *   8      LARGE: the bytes themselves are in block 0 and n is 0
 *   9      TABLE: the table would not fit a record, so it is a block itself, the only one here
 *   16-31  number of blocks in the table here
 *
 * A block is allocated by the sender and owned by the record until the receiver takes it;
 * it is copied once, by the sender, and adopted by the receiver. Only code of this
 * process writes these records, into memory that no script can reach, so the pointers can
 * be trusted.
 *
 * The limits of size, each of which stands here and nowhere else:
 *
 *   RP_MESSAGE_INLINE_MAX   bytes that travel in the record; more become block 0
 *   RP_MESSAGE_TABLE_MAX    blocks whose table travels in the record; the table of more becomes a block
 *   RP_MESSAGE_RECORD_MAX   the largest record that these two allow: a receiver's buffer for runs of
 *                           records has to grow to this size, and need not be larger
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

/* A table of 2 GiB: memory runs out before. */
#define RP_MESSAGE_BLOCKS_MAX (1u << 27)

/* Bytes from here on travel as a block: up to here a copy through the ring is cheaper
 * than malloc and the extra cache misses (bench/js: crossover between 16 and 64 KiB). */
#define RP_MESSAGE_INLINE_MAX (32u * 1024)

/* Half as many bytes again: the record of a message with this many blocks costs its
 * sender a memcpy of 16 KiB, which is little beside the blocks. */
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

/* A block for `length` bytes and a terminator of two, which its user may write; data is
 * NULL without memory. Any thread. */
rp_block rp_block_new(size_t length);

/* Free a block's memory, if it has any. Any thread. */
void rp_block_free(rp_block block);

/* Claim and fill the record of a message. Producer of the chain only. The caller
 * publishes. On RP_OK the blocks belong to the record. On RP_ENOMEM, RP_CLOSED or
 * RP_ETOOBIG (more than RP_MESSAGE_BLOCKS_MAX blocks) nothing has changed and they are
 * still the caller's. `flags` is at most RP_MESSAGE_FLAGS. */
int rp_message_write(rp_chain *chain, uint32_t flags, const void *bytes, size_t length,
                     const rp_block *blocks, uint32_t count);

/* The same for messages without blocks that lie behind each other, each laid out as a
 * record (see segment_ring.h) of at most RP_MESSAGE_INLINE_MAX bytes: all of them or
 * none. `bytes` is at most RP_MESSAGE_RUN_MAX. RP_ECORRUPT: they are not. `*count` is how
 * many there are. */
int rp_message_write_run(rp_chain *chain, const uint8_t *run, uint32_t bytes,
                         uint32_t *count);

/* What such a message takes: its record with the header, and its blocks. */
uint64_t rp_message_size(size_t length, const rp_block *blocks, uint32_t count);

/* Number of blocks of a message; 0 if the record is shorter than it says. */
uint32_t rp_message_blocks(const rp_record *record);

/* Take block `index` out of a message: it is the caller's to free. A block that is not
 * there or has been taken gives { NULL, 0 }. */
rp_block rp_message_take_block(const rp_record *record, uint32_t index);

/* The same, but it stays where it is. */
rp_block rp_message_peek_block(const rp_record *record, uint32_t index);

/* The id of the endpoint that this block stands for, 0 if it is memory or taken. */
static inline uint64_t
rp_block_endpoint(rp_block block) {
  return block.data == NULL ? block.length : 0;
}

/* Free the memory that a message still owns, its table included; its endpoints are the
 * caller's. Again is a no-op. */
void rp_message_drop(const rp_record *record);

#endif
