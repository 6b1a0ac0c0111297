/*
 * Fails each allocation of the core in turn, in a sequence of calls that covers all of
 * them: the call returns RP_ENOMEM, changes nothing, leaks nothing, and succeeds when
 * repeated.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=free
 */
#include "support.h"

#include "count-malloc.h"
#include "core/process/shapes.h"
#include "core/process/spawn.h"

static uint32_t failures; /* calls that said RP_ENOMEM in this run */

/* Do it until it works: it may fail once, and must then work. */
#define AGAIN(call)                                                                      \
  do {                                                                                   \
    int result = (call);                                                                 \
    if (result == RP_ENOMEM) failures++, result = (call);                                \
    assert(result == RP_OK);                                                             \
  } while (0)

static void
no_ring(rp_ready_list *thread) {
  (void) thread;
}

static void
send_block(rp_endpoint *endpoint, const void *bytes, size_t length) {
  /* Not the core's: it may not fail. */
  rp_block block = {__real_malloc(16), 16};

  counting(block.data);
  memset(block.data, 7, 16);
  AGAIN(rp_endpoint_write(endpoint, 5, bytes, length, &block, 1));
  rp_endpoint_publish(endpoint);
}

static void
receive_block(rp_endpoint *endpoint, size_t length) {
  rp_record record;

  assert(rp_chain_peek(&endpoint->inbox, &record) == RP_OK);
  assert((record.type & RP_MESSAGE_FLAGS) == 5);
  if (record.type & RP_MESSAGE_LARGE) {
    rp_block large = rp_message_take_block(&record, 0);

    assert(large.length == length && ((uint8_t *) large.data)[length - 1] == 9);
    __wrap_free(large.data);
  } else {
    assert(record.payload[length - 1] == 9);
  }
  rp_message_drop(&record);
  rp_chain_release(&endpoint->inbox, rp_record_size(record.length), 1);
}

static void
nothing_queued(rp_endpoint *endpoint) {
  rp_record record;

  assert(rp_chain_peek(&endpoint->inbox, &record) == RP_EMPTY);
}

static uint64_t
claim(uint64_t thread_id) {
  uint64_t horizon = 0, endpoint_id;

  assert(rp_spawn_claim(thread_id, &horizon, 0, &endpoint_id) == RP_OK);
  return endpoint_id;
}

static void
story(uint32_t run) {
  static uint8_t bytes[50000];
  rp_ready_list thread;
  rp_endpoint *one, *other;
  uint32_t number;
  char text[32];

  memset(bytes, 9, sizeof(bytes));
  rp_ready_list_init(&thread, no_ring);
  AGAIN(rp_channel_open(&thread, &one, &other));

  /* Grow, go over to larger segments, through the spare. */
  for (int i = 0; i < 50; i++) send_block(one, bytes, 1 + (size_t) i * 300);
  send_block(one, bytes, sizeof(bytes));
  for (int i = 0; i < 50; i++) receive_block(other, 1 + (size_t) i * 300);
  receive_block(other, sizeof(bytes));
  nothing_queued(other);

  /* A table that is a block, beside bytes that are one, too. */
  {
    static rp_block endpoints[RP_MESSAGE_TABLE_MAX];
    rp_record record;

    for (uint32_t i = 0; i < RP_MESSAGE_TABLE_MAX; i++) endpoints[i].length = i + 1;
    AGAIN(
        rp_endpoint_write(one, 5, bytes, sizeof(bytes), endpoints, RP_MESSAGE_TABLE_MAX));
    rp_endpoint_publish(one);
    assert(rp_chain_peek(&other->inbox, &record) == RP_OK);
    assert(rp_message_blocks(&record) == RP_MESSAGE_TABLE_MAX + 1);
    assert(rp_block_endpoint(rp_message_peek_block(&record, 17)) == 17);
    receive_block(other, sizeof(bytes));
  }

  /* Shrink: a failure there is nobody's business. */
  for (int i = 0; i < 40; i++) {
    (void) rp_chain_park(&other->inbox);
    send_block(one, bytes, 10);
    receive_block(other, 10);
    nothing_queued(other);
    (void) rp_ready_list_remove(&thread, other);
  }

  /* An endpoint in transit, found by a thread or not. */
  for (uint64_t claimed = 0; claimed < 2; claimed++) {
    uint64_t id = rp_endpoint_detach(other);

    if (rp_spawn_begin(&thread) == RP_ENOMEM) {
      failures++;
      assert(rp_spawn_size() == 0 && rp_channel_in_transit() == 1);
      assert(rp_spawn_begin(&thread) == RP_OK);
    }
    assert(rp_spawn_commit(&thread, 1, id) == RP_OK);
    if (claimed) assert(claim(1) == id);
    assert(claimed || rp_spawn_size() == 1);
    if (!claimed) {
      send_block(other->peer, bytes, 20);
      assert(claim(1) == id);
      assert(rp_endpoint_attach(id, &thread, &other) == RP_OK);
      receive_block(other, 20);
      continue;
    }
    send_block(one, bytes, 40000);
    rp_endpoint_lost(id);
  }
  rp_endpoint_close(one);
  assert(rp_channel_in_transit() == 0 && rp_spawn_size() == 0);

  /* Shapes stay for ever, so each run needs a new one. */
  int length = snprintf(text, sizeof(text), "a,b,%u", run);
  long shapes_before = blocks_live();

  AGAIN(rp_shapes_intern(text, (size_t) length, &number));
  assert(blocks_live() == shapes_before + 1 && shapes_before == (long) run);
}

int
main(void) {
  uint32_t run = 0;
  uint32_t shrinks_failed = 0;
  long total;

  count_from_here();
  story(run++);
  assert(failures == 0);
  total = mallocs();
  for (long n = 1; n <= total; n++) {
    failures = 0;
    fail_malloc(n);
    story(run++);
    assert(failures <= 1);
    shrinks_failed += failures == 0;
  }
  fail_malloc(0);
  printf("%ld allocations failed in turn, %u of them unnoticed (shrinking)\n", total,
         shrinks_failed);
  fflush(stdout);
  assert(total >= 12 && shrinks_failed == 1);
  return 0;
}
