/*
 * The bytes and blocks of a message arrive as they were sent. Each block is freed exactly
 * once: by the code that takes it, by rp_message_drop(), or by the sender if the write
 * fails. Counts allocations, since ASan and LeakSanitizer do not run everywhere.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=free
 */
#include "support.h"

#include "count-malloc.h"
#include "core/memory.h"
#include "core/port/message.h"

/* More than this the table of blocks becomes a block itself. */
enum { TABLE = RP_MESSAGE_TABLE_MAX };

static rp_block *
blocks_new(uint32_t count) {
  rp_block *blocks = __wrap_malloc((count + 1) * sizeof(*blocks));

  for (uint32_t i = 0; i < count; i++) {
    blocks[i].length = i % 7 + 1;
    blocks[i].data = __wrap_malloc(blocks[i].length);
    memset(blocks[i].data, (int) (i & 0xFF), blocks[i].length);
  }
  return blocks;
}

static void
blocks_free(rp_block *blocks, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) __wrap_free(blocks[i].data);
  __wrap_free(blocks);
}

static void
check_bytes(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) assert(bytes[i] == (uint8_t) (i * 3));
}

static uint8_t *
bytes_new(size_t length) {
  uint8_t *bytes = __wrap_malloc(length + 1);

  for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t) (i * 3);
  return bytes;
}

static void
take(const rp_record *record, uint32_t index, uint32_t number) {
  rp_block block = rp_message_take_block(record, index);

  assert(block.data != NULL && block.length == number % 7 + 1);
  for (size_t i = 0; i < block.length; i++)
    assert(((uint8_t *) block.data)[i] == (uint8_t) number);
  __wrap_free(block.data);
  block = rp_message_take_block(record, index);
  assert(block.data == NULL && block.length == 0);
}

/* Send `length` bytes and `count` blocks; the receiver takes every `step`-th block (0:
 * none) and drops the rest. */
static void
send_and_take(size_t length, uint32_t count, uint32_t step) {
  rp_chain chain;
  rp_record record;
  uint8_t *bytes = bytes_new(length);
  rp_block *blocks = blocks_new(count);

  rp_chain_init(&chain);
  assert(rp_message_write(&chain, 0xA5, bytes, length, blocks, count) == RP_OK);
  (void) rp_chain_publish(&chain);
  __wrap_free(bytes);
  __wrap_free(blocks);

  assert(rp_chain_peek(&chain, &record) == RP_OK);

  bool large = (record.type & RP_MESSAGE_LARGE) != 0;
  bool spilled = (record.type & RP_MESSAGE_TABLE) != 0;

  assert(rp_record_size(record.length) <= RP_MESSAGE_RECORD_MAX);
  assert(large == (length > RP_MESSAGE_INLINE_MAX));
  assert(spilled == (count + large > TABLE));
  assert((record.type & RP_MESSAGE_FLAGS) == 0xA5);
  assert(rp_message_blocks(&record) == count + large);
  if (large) {
    rp_block block = rp_message_take_block(&record, 0);

    assert(block.length == length);
    check_bytes(block.data, length);
    __wrap_free(block.data);
  } else {
    assert(record.length - (spilled ? 1 : count) * sizeof(rp_block) >= length);
    if (count == 0) assert(record.length == length);
    check_bytes(record.payload, length);
  }
  assert(rp_message_take_block(&record, count + large).data == NULL);
  assert(rp_message_take_block(&record, UINT32_MAX).data == NULL);
  for (uint32_t i = 0; step > 0 && i < count; i += step) take(&record, i + large, i);
  rp_message_drop(&record);
  rp_message_drop(&record);
  rp_chain_release(&chain, rp_record_size(record.length), 1);
  rp_chain_destroy(&chain, rp_message_drop);
  assert(blocks_live() == 0);
}

/* Nobody comes for the message: destroy drops it. */
static void
never_read(void) {
  rp_chain chain;
  rp_block *blocks = blocks_new(5);
  uint8_t *bytes = bytes_new(100000);

  rp_chain_init(&chain);
  assert(rp_message_write(&chain, 0, bytes, 100000, blocks, 5) == RP_OK);
  (void) rp_chain_publish(&chain);
  rp_chain_destroy(&chain, rp_message_drop);
  __wrap_free(blocks);
  __wrap_free(bytes);
  assert(blocks_live() == 0);
}

/* Both limits at once: the record is as large as it gets, and one more of either makes it
 * small again. */
static void
the_largest_record_fits_a_run(void) {
  for (uint32_t more = 0; more < 3; more++) {
    rp_chain chain;
    rp_block *blocks = blocks_new(TABLE + 1);
    size_t length = RP_MESSAGE_INLINE_MAX + (more == 1);
    uint32_t count = TABLE + (more == 2), run_bytes, run_count;
    uint8_t *bytes = bytes_new(length), *run;

    rp_chain_init(&chain);
    assert(rp_message_write(&chain, 0, bytes, length, blocks, count) == RP_OK);
    (void) rp_chain_publish(&chain);
    assert(rp_chain_peek_run(&chain, RP_MESSAGE_RECORD_MAX, 1, 0, &run, &run_bytes,
                             &run_count) == RP_OK);
    if (more == 0)
      assert(run_bytes == RP_MESSAGE_RECORD_MAX);
    else
      assert(run_bytes < RP_MESSAGE_RECORD_MAX);
    rp_chain_destroy(&chain, rp_message_drop);
    for (uint32_t i = count; i < TABLE + 1; i++) __wrap_free(blocks[i].data);
    __wrap_free(blocks);
    __wrap_free(bytes);
    assert(blocks_live() == 0);
  }
}

/* A record says how many blocks it has, and how long it is: the shorter of the two
 * counts. */
static void
a_record_that_is_too_short_has_no_blocks(void) {
  rp_block table[2] = {{NULL, 7}, {NULL, 8}};
  rp_record record = {sizeof(table), 2u << 16, (uint8_t *) table};

  assert(rp_message_blocks(&record) == 2);
  assert(rp_block_endpoint(rp_message_peek_block(&record, 1)) == 8);
  for (uint32_t count = 3; count <= UINT16_MAX; count = count * 2 + 1) {
    record.type = count << 16;
    assert(rp_message_blocks(&record) == 0);
    for (uint32_t index = 0; index < 4; index++)
      assert(rp_message_peek_block(&record, index).length == 0);
    record.type |= RP_MESSAGE_TABLE;
    assert(rp_message_blocks(&record) == 0);
    rp_message_drop(&record);
  }
}

static void
memory_for_more_than_there_is(void) {
  assert(rp_block_new(SIZE_MAX).data == NULL);
  assert(rp_block_new(SIZE_MAX - 2).data == NULL);
  assert(rp_block_new(RP_MEMORY_MAX).data == NULL);
  assert(rp_memory_take(SIZE_MAX) == NULL);
  assert(rp_memory_take(RP_MEMORY_MAX + 1) == NULL);
}

static void
refused(int expected, rp_chain *chain, size_t length, uint32_t count,
        uint32_t claimed_count) {
  rp_block *blocks = blocks_new(count);
  uint8_t *bytes = bytes_new(length);
  long live_before = blocks_live();

  assert(rp_message_write(chain, 0, bytes, length, blocks, claimed_count) == expected);
  assert(blocks_live() == live_before);
  blocks_free(blocks, count); /* still ours */
  __wrap_free(bytes);
}

static void
failed_writes_leave_blocks_to_the_sender(void) {
  rp_chain chain;

  rp_chain_init(&chain);
  refused(RP_ETOOBIG, &chain, 10, 4, RP_MESSAGE_BLOCKS_MAX + 1);
  refused(RP_ETOOBIG, &chain, 10, 4, UINT32_MAX);
  refused(RP_ETOOBIG, &chain, 100000, 4, UINT32_MAX);
  assert(!rp_chain_close(&chain));
  refused(RP_CLOSED, &chain, 10, 4, 4);
  refused(RP_CLOSED, &chain, 100000, 4, 4);
  refused(RP_CLOSED, &chain, 10, TABLE + 1, TABLE + 1);
  refused(RP_CLOSED, &chain, 100000, TABLE, TABLE);
  rp_chain_destroy(&chain, rp_message_drop);
  assert(blocks_live() == 0);
}

/* An empty buffer may have no address. */
static void
nothing_to_send(void) {
  rp_chain chain;
  rp_record record;

  rp_chain_init(&chain);
  assert(rp_message_write(&chain, 3, NULL, 0, NULL, 0) == RP_OK);
  (void) rp_chain_publish(&chain);
  assert(rp_chain_peek(&chain, &record) == RP_OK && record.length == 0 &&
         record.type == 3);
  rp_chain_destroy(&chain, rp_message_drop);
  send_and_take(0, 0, 0);
  send_and_take(0, 1, 1);
}

int
main(void) {
  static const size_t lengths[] = {0,
                                   1,
                                   7,
                                   8,
                                   9,
                                   1000,
                                   RP_MESSAGE_INLINE_MAX - 1,
                                   RP_MESSAGE_INLINE_MAX,
                                   RP_MESSAGE_INLINE_MAX + 1,
                                   1 << 20};
  static const uint32_t counts[] = {0,         1,     2,         3,     100,
                                    TABLE - 1, TABLE, TABLE + 1, 70000, 1 << 17};

  for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++)
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
      for (uint32_t step = 0; step <= 3; step++) {
        if (counts[c] > TABLE + 1 && (step > 1 || l > 1)) continue;
        send_and_take(lengths[l], counts[c], step);
      }
  never_read();
  the_largest_record_fits_a_run();
  a_record_that_is_too_short_has_no_blocks();
  memory_for_more_than_there_is();
  failed_writes_leave_blocks_to_the_sender();
  nothing_to_send();
  return 0;
}
