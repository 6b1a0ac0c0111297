/*
 * message.c - a message in an inbox: bytes, and blocks that travel by pointer.
 */
#include "message.h"

#include <assert.h>
#include <string.h>

#include "memory.h"
#include "yield.h"

/* What a user may write behind the length: Node-API ends UTF-16 strings with a zero. */
#define TERMINATOR 2u

rp_block
rp_block_new(size_t length) {
  return (rp_block){rp_memory_take(length + TERMINATOR), length};
}

void
rp_block_free(rp_block block) {
  if (block.data == NULL) return;
  rp_memory_give(block.data, block.length + TERMINATOR);
}

static inline uint32_t
pad8(uint32_t length) {
  return (length + 7u) & ~7u;
}

/* A message whose bytes are too many for the ring: they become block 0. */
static int
write_large(rp_chain *chain, uint32_t flags, const void *bytes, size_t length,
            const rp_block *blocks, uint32_t count) {
  rp_block large = rp_block_new(length);
  uint32_t table = (count + 1) * (uint32_t) sizeof(rp_block);
  uint8_t *payload;

  if (large.data == NULL) return RP_ENOMEM;

  int result = rp_chain_claim(chain, flags | RP_MESSAGE_LARGE | (count + 1) << 16, table,
                              &payload);

  if (result != RP_OK) {
    rp_block_free(large);
    return result;
  }
  rp_yield("message:large");
  memcpy(large.data, bytes, length);
  memcpy(payload, &large, sizeof(large));
  if (count > 0) memcpy(payload + sizeof(large), blocks, count * sizeof(rp_block));
  return RP_OK;
}

int
rp_message_write(rp_chain *chain, uint32_t flags, const void *bytes, size_t length,
                 const rp_block *blocks, uint32_t count) {
  uint8_t *payload;

  assert(flags <= RP_MESSAGE_FLAGS);
  /* The table of blocks itself must fit a record, whatever else does. */
  if (count >= RP_MESSAGE_BLOCKS_MAX ||
      (count + 1) * sizeof(rp_block) > RP_CHAIN_PAYLOAD_MAX - RP_MESSAGE_INLINE_MAX)
    return RP_ETOOBIG;
  if (length > RP_MESSAGE_INLINE_MAX)
    return write_large(chain, flags, bytes, length, blocks, count);

  uint32_t padded = count > 0 ? pad8((uint32_t) length) : (uint32_t) length;
  uint32_t table = count * (uint32_t) sizeof(rp_block);
  int result = rp_chain_claim(chain, flags | count << 16, padded + table, &payload);

  if (result != RP_OK) return result;
  /* No bytes, no address, perhaps: memcpy must not be asked. */
  if (length > 0) memcpy(payload, bytes, length);
  if (count > 0) memcpy(payload + padded, blocks, table);
  rp_yield("message:copied");
  return RP_OK;
}

/* Whether `run` is whole records of messages without blocks, and how many. */
static bool
is_run(const uint8_t *run, uint32_t bytes, uint32_t *count) {
  uint32_t header[2];

  *count = 0;
  for (uint32_t at = 0; at < bytes; at += rp_record_size(header[0])) {
    if (bytes - at < RP_RECORD_HEADER) return false;
    memcpy(header, run + at, sizeof(header));
    if (header[0] > RP_MESSAGE_INLINE_MAX || header[1] > RP_MESSAGE_FLAGS) return false;
    if (rp_record_size(header[0]) > bytes - at) return false;
    ++*count;
  }
  return *count > 0;
}

int
rp_message_write_run(rp_chain *chain, const uint8_t *run, uint32_t bytes,
                     uint32_t *count) {
  uint8_t *there;

  if (bytes > RP_MESSAGE_RUN_MAX || !is_run(run, bytes, count)) return RP_ECORRUPT;

  int result = rp_chain_claim_run(chain, bytes, *count, &there);

  rp_yield("message:run");
  if (result == RP_OK) memcpy(there, run, bytes);
  return result;
}

uint64_t
rp_message_size(size_t length, const rp_block *blocks, uint32_t count) {
  uint64_t beside = 0;
  size_t inline_length = length;

  for (uint32_t i = 0; i < count; i++)
    if (blocks[i].data != NULL) beside += blocks[i].length;
  if (length > RP_MESSAGE_INLINE_MAX) {
    beside += length;
    inline_length = 0;
    count++;
  }
  return rp_record_size((uint32_t) (inline_length + count * sizeof(rp_block))) + beside;
}

uint32_t
rp_message_blocks(const rp_record *record) {
  return record->type >> 16;
}

/* Where block `index` stands in the table, NULL if there is no such block. */
static uint8_t *
table_entry(const rp_record *record, uint32_t index) {
  uint32_t count = rp_message_blocks(record);

  if (index >= count || count * sizeof(rp_block) > record->length) return NULL;
  return record->payload + record->length - (count - index) * sizeof(rp_block);
}

rp_block
rp_message_peek_block(const rp_record *record, uint32_t index) {
  rp_block block = {NULL, 0};
  const uint8_t *entry = table_entry(record, index);

  if (entry != NULL) memcpy(&block, entry, sizeof(block));
  return block;
}

rp_block
rp_message_take_block(const rp_record *record, uint32_t index) {
  const rp_block taken = {NULL, 0};
  rp_block block = rp_message_peek_block(record, index);

  if (block.data != NULL) memcpy(table_entry(record, index), &taken, sizeof(taken));
  return block;
}

void
rp_message_drop(const rp_record *record) {
  for (uint32_t i = 0; i < rp_message_blocks(record); i++)
    rp_block_free(rp_message_take_block(record, i));
}
