/*
 * message.c - a message in an inbox: bytes, and blocks that travel by pointer.
 */
#include "core/port/message.h"

#include <assert.h>
#include <string.h>

#include "core/memory.h"
#include "core/failpoint.h"

/* Node-API writes a zero behind a string; of UTF-16 that is two bytes. */
#define TERMINATOR 2u

rp_block
rp_block_new(size_t length) {
  if (length > RP_MEMORY_MAX - TERMINATOR) return (rp_block){NULL, length};
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

/* A message with something that the record cannot hold: bytes, which become block 0, or
 * the table of the blocks, which becomes a block, or both. */
static int
write_beside(rp_chain *chain, uint32_t type, const void *bytes, size_t length,
             const rp_block *blocks, uint32_t count) {
  const bool is_large = length > RP_MESSAGE_INLINE_MAX;
  const uint32_t entries = count + is_large;
  const bool spills = entries > RP_MESSAGE_TABLE_MAX;
  const uint32_t here = spills ? 1 : entries;
  const uint32_t inside = is_large ? 0 : pad8((uint32_t) length);
  rp_block large = {NULL, 0}, table = {NULL, 0};
  uint8_t *payload;
  int result = RP_ENOMEM;

  if (is_large) {
    large = rp_block_new(length);
    if (large.data == NULL) goto err;
    type |= RP_MESSAGE_LARGE;
  }
  if (spills) {
    table = rp_block_new(entries * sizeof(rp_block));
    if (table.data == NULL) goto err;
    type |= RP_MESSAGE_TABLE;
  }
  result = rp_chain_claim(chain, type | here << 16,
                          inside + here * (uint32_t) sizeof(rp_block), &payload);
  if (result != RP_OK) goto err;
  rp_failpoint("message:large");

  uint8_t *entry = payload + inside;

  if (spills) {
    memcpy(entry, &table, sizeof(table));
    entry = table.data;
  }
  if (is_large) {
    memcpy(large.data, bytes, length);
    memcpy(entry, &large, sizeof(large));
    entry += sizeof(large);
  } else if (length > 0) {
    memcpy(payload, bytes, length);
  }
  if (count > 0) memcpy(entry, blocks, count * sizeof(rp_block));
  return RP_OK;

err:
  rp_block_free(large);
  rp_block_free(table);
  return result;
}

int
rp_message_write(rp_chain *chain, uint32_t flags, const void *bytes, size_t length,
                 const rp_block *blocks, uint32_t count) {
  uint8_t *payload;

  assert(flags <= RP_MESSAGE_FLAGS);
  if (count > RP_MESSAGE_BLOCKS_MAX) return RP_ETOOBIG;
  if (length > RP_MESSAGE_INLINE_MAX || count > RP_MESSAGE_TABLE_MAX)
    return write_beside(chain, flags, bytes, length, blocks, count);

  uint32_t padded = count > 0 ? pad8((uint32_t) length) : (uint32_t) length;
  uint32_t table = count * (uint32_t) sizeof(rp_block);
  int result = rp_chain_claim(chain, flags | count << 16, padded + table, &payload);

  if (result != RP_OK) return result;
  /* `bytes` may be NULL without bytes, which memcpy must not get. */
  if (length > 0) memcpy(payload, bytes, length);
  if (count > 0) memcpy(payload + padded, blocks, table);
  rp_failpoint("message:copied");
  return RP_OK;
}

/* Check that `run` is complete records of messages without blocks, and count them. */
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

  rp_failpoint("message:run");
  if (result == RP_OK) memcpy(there, run, bytes);
  return result;
}

uint64_t
rp_message_size(size_t length, const rp_block *blocks, uint32_t count) {
  const bool is_large = length > RP_MESSAGE_INLINE_MAX;
  uint64_t entries = (uint64_t) count + is_large;
  uint64_t beside = is_large ? length : 0;

  for (uint32_t i = 0; i < count; i++)
    if (blocks[i].data != NULL) beside += blocks[i].length;
  if (entries > RP_MESSAGE_TABLE_MAX) {
    beside += entries * sizeof(rp_block);
    entries = 1;
  }
  return rp_record_size(
             (uint32_t) ((is_large ? 0 : length) + entries * sizeof(rp_block))) +
         beside;
}

/* The table that lies in the record, and how many blocks are in it; NULL if there is
 * none. */
static uint8_t *
own_table(const rp_record *record, uint32_t *count) {
  uint32_t here = record->type >> 16;
  uint32_t bytes = here * (uint32_t) sizeof(rp_block);

  *count = 0;
  if (here == 0 || bytes > record->length) return NULL;
  *count = here;
  return record->payload + record->length - bytes;
}

/* The same for the table of all blocks, in the record or in a block. */
static uint8_t *
table_of(const rp_record *record, uint32_t *count) {
  uint8_t *table = own_table(record, count);
  rp_block block;

  if (table == NULL || (record->type & RP_MESSAGE_TABLE) == 0) return table;
  memcpy(&block, table, sizeof(block));
  *count = block.data == NULL ? 0 : (uint32_t) (block.length / sizeof(rp_block));
  return block.data;
}

uint32_t
rp_message_blocks(const rp_record *record) {
  uint32_t count;

  (void) table_of(record, &count);
  return count;
}

/* Where block `index` stands in the table, NULL if there is no such block. */
static uint8_t *
table_entry(const rp_record *record, uint32_t index) {
  uint32_t count;
  uint8_t *table = table_of(record, &count);

  return index < count ? table + (size_t) index * sizeof(rp_block) : NULL;
}

static rp_block
peek_entry(const uint8_t *entry) {
  rp_block block = {NULL, 0};

  if (entry != NULL) memcpy(&block, entry, sizeof(block));
  return block;
}

static rp_block
take_entry(uint8_t *entry) {
  const rp_block taken = {NULL, 0};
  rp_block block = peek_entry(entry);

  if (block.data != NULL) memcpy(entry, &taken, sizeof(taken));
  return block;
}

rp_block
rp_message_peek_block(const rp_record *record, uint32_t index) {
  return peek_entry(table_entry(record, index));
}

rp_block
rp_message_take_block(const rp_record *record, uint32_t index) {
  return take_entry(table_entry(record, index));
}

void
rp_message_drop(const rp_record *record) {
  uint32_t count, own;
  uint8_t *table = table_of(record, &count);

  for (uint32_t i = 0; i < count; i++)
    rp_block_free(take_entry(table + (size_t) i * sizeof(rp_block)));
  if (record->type & RP_MESSAGE_TABLE) rp_block_free(take_entry(own_table(record, &own)));
}
