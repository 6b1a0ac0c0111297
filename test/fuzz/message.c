/*
 * Messages and their blocks. First a record that no sender writes, with a block count and
 * length that contradict each other: reading it must not access memory outside the
 * payload. Then messages of any size through an inbox. ASan finds blocks that are freed
 * twice, LeakSanitizer those that are not freed.
 */
#include "core/port/message.h"

#include "input.h"
#include "core/memory.h"

enum { ENTRIES = 64 };

/* A table as it may lie in a payload: memory of ours, an id, or nothing. The pointers are
 * the core's own in any record, so these are real. */
static uint32_t
fill_table(input *in, uint8_t *payload, uint32_t length, rp_block *ours) {
  uint32_t count = length / sizeof(rp_block);

  for (uint32_t i = 0; i < count; i++) {
    rp_block block = {NULL, 0};
    uint8_t kind = take_u8(in);

    if (kind % 4 == 1) block.length = kind;
    if (kind % 4 == 2) block = rp_block_new(kind);
    ours[i] = block;
    memcpy(payload + length - (count - i) * sizeof(block), &block, sizeof(block));
  }
  return count;
}

static void
contradictory(input *in) {
  rp_block ours[ENTRIES];
  uint32_t length = take_size(in) % (ENTRIES * (uint32_t) sizeof(rp_block));
  uint8_t *payload = malloc(length == 0 ? 1 : length);
  /* But for the table that is a block: as all blocks its memory is the core's own. */
  rp_record record = {length, take_u32(in) & ~RP_MESSAGE_TABLE, payload};

  CHECK(payload != NULL);
  memset(payload, 0, length);

  uint32_t entries = fill_table(in, payload, length, ours);
  uint32_t said = rp_message_blocks(&record);

  for (int i = take_u8(in) % 16; i > 0; i--) {
    uint32_t index = take_u8(in) % 2 ? take_u32(in) : take_u8(in);
    rp_block peeked = rp_message_peek_block(&record, index);

    if (index >= said || said > entries) {
      CHECK(peeked.data == NULL && peeked.length == 0);
      continue;
    }
    if (take_u8(in) % 2 == 0) continue;

    rp_block taken = rp_message_take_block(&record, index);

    CHECK(taken.data == peeked.data && taken.length == peeked.length);
    rp_block_free(taken);
    if (taken.data != NULL) CHECK(rp_message_peek_block(&record, index).data == NULL);
  }
  rp_message_drop(&record);
  /* What the record did not say it has, or could not have, is still ours. */
  for (uint32_t i = 0; i < entries; i++)
    if (said > entries || i < entries - said) rp_block_free(ours[i]);
  free(payload);
}

/* Now and then a number close to this limit, else `other`. */
static uint32_t
around(input *in, uint32_t limit, uint32_t other) {
  uint8_t where = take_u8(in);

  return where < 16 ? limit + where % 8 - 4 : other;
}

static void
send_one(rp_chain *chain, input *in) {
  static uint8_t bytes[1 << 17];
  static rp_block blocks[RP_MESSAGE_TABLE_MAX + 8];
  size_t length = around(in, RP_MESSAGE_INLINE_MAX, take_size(in) % sizeof(bytes));
  uint32_t count = around(in, RP_MESSAGE_TABLE_MAX, take_u8(in) % 9);
  uint8_t flags = take_u8(in);

  memset(bytes, (int) flags, length);
  for (uint32_t i = 0; i < count; i++) {
    blocks[i] = rp_block_new(take_u8(in));
    if (take_u8(in) % 4 != 3) continue;
    rp_block_free(blocks[i]);
    blocks[i] = (rp_block){NULL, i + 1};
  }
  if (rp_message_write(chain, flags, bytes, length, blocks, count) == RP_OK)
    (void) rp_chain_publish(chain);
  else
    for (uint32_t i = 0; i < count; i++) rp_block_free(blocks[i]);
}

static void
receive_one(rp_chain *chain, input *in) {
  rp_record record;
  rp_block large = {NULL, 0};

  if (rp_chain_peek(chain, &record) != RP_OK) return;

  uint32_t flags = record.type & RP_MESSAGE_FLAGS;
  bool is_large = (record.type & RP_MESSAGE_LARGE) != 0;

  CHECK(rp_record_size(record.length) <= RP_MESSAGE_RECORD_MAX);
  if (is_large) large = rp_message_take_block(&record, 0);

  const uint8_t *bytes = is_large ? large.data : record.payload;
  uint32_t own = rp_message_blocks(&record) - is_large;
  uint32_t table = (record.type >> 16) * (uint32_t) sizeof(rp_block);
  size_t length = is_large ? large.length : record.length - table;

  /* Inline bytes are padded before a table. */
  if (length >= 8) CHECK(bytes[0] == flags && bytes[length - 8] == flags);
  rp_block_free(large);
  for (uint32_t i = 0; i < own; i++)
    if (take_u8(in) % 2 == 0) rp_block_free(rp_message_take_block(&record, i + is_large));
  rp_message_drop(&record);
  rp_chain_release(chain, rp_record_size(record.length), 1);
}

static void
through_an_inbox(input *in) {
  rp_chain chain;

  rp_chain_init(&chain);
  while (in->left > 0) {
    if (take_u8(in) % 2 == 0)
      send_one(&chain, in);
    else
      receive_one(&chain, in);
  }
  rp_chain_destroy(&chain, rp_message_drop);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  input in = {bytes, size};

  rp_memory_keep(0);
  contradictory(&in);
  through_an_inbox(&in);
  return 0;
}
