/*
 * A chain accepts every record that is not too large, keeps the order, and grows as
 * needed. It allocates for the first record, and not again in the steady state. It
 * refuses records that are too large, and all records after close.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=free
 */
#include "support.h"

#include "core/port/chain.h"
#include "count-malloc.h"

static uint32_t sent, received;

static void
send_length(rp_chain *chain, uint32_t length) {
  uint8_t *payload;

  assert(rp_chain_claim(chain, sent, length, &payload) == RP_OK);
  memset(payload, (int) (sent & 0xFF), length);
  sent++;
}

static void
receive_length(rp_chain *chain, uint32_t length) {
  rp_record record;

  assert(rp_chain_peek(chain, &record) == RP_OK);
  assert(record.type == received && record.length == length);
  for (uint32_t i = 0; i < length; i++) assert(record.payload[i] == (uint8_t) received);
  rp_chain_release(chain, rp_record_size(record.length), 1);
  received++;
}

static void
expect(rp_chain *chain, int result) {
  rp_record record;

  assert(rp_chain_peek(chain, &record) == result);
}

static void
grows_with_what_is_queued(void) {
  rp_chain chain;

  rp_chain_init(&chain);
  expect(&chain, RP_EMPTY);
  assert(blocks_live() == 0);
  for (uint32_t i = 0; i < 3000; i++) send_length(&chain, i);
  expect(&chain, RP_OK); /* going over to the next segment published what was before it */
  assert(!rp_chain_publish(&chain));
  assert(rp_chain_queued(&chain) == 3000);
  for (uint32_t i = 0; i < 3000; i++) receive_length(&chain, i);
  expect(&chain, RP_EMPTY);
  assert(rp_chain_queued(&chain) == 0);
  assert(blocks_live() <= 2); /* one in use, one spare */
  rp_chain_destroy(&chain, NULL);
  assert(blocks_live() == 0);
}

static void
takes_any_length(void) {
  static const uint32_t lengths[] = {0,
                                     1,
                                     7,
                                     8,
                                     2040,
                                     2041,
                                     5000,
                                     100000,
                                     RP_CHAIN_PAYLOAD_MAX - 1,
                                     RP_CHAIN_PAYLOAD_MAX};
  enum { COUNT = sizeof(lengths) / sizeof(lengths[0]) };
  uint8_t *payload;

  for (int first = 0; first < COUNT; first++) {
    rp_chain chain;

    rp_chain_init(&chain);
    for (int i = 0; i < COUNT; i++) send_length(&chain, lengths[(first + i) % COUNT]);
    assert(rp_chain_claim(&chain, 0, RP_CHAIN_PAYLOAD_MAX + 1, &payload) == RP_ETOOBIG);
    assert(rp_chain_claim(&chain, 0, UINT32_MAX, &payload) == RP_ETOOBIG);
    (void) rp_chain_publish(&chain);
    for (int i = 0; i < COUNT; i++) receive_length(&chain, lengths[(first + i) % COUNT]);
    expect(&chain, RP_EMPTY);
    rp_chain_destroy(&chain, NULL);
  }
}

static void
allocates_nothing_when_steady(void) {
  rp_chain chain;

  rp_chain_init(&chain);
  for (int i = 0; i < 20000; i++) {
    if (i == 1) count_from_here();
    send_length(&chain, 100);
    send_length(&chain, (uint32_t) i % 500);
    (void) rp_chain_publish(&chain);
    receive_length(&chain, 100);
    receive_length(&chain, (uint32_t) i % 500);
  }
  assert(mallocs() == 0);
  rp_chain_destroy(&chain, NULL);
}

/* The token follows the consumer from segment to segment. */
static void
the_token_crosses_segments(void) {
  for (uint32_t before = 0; before < 60; before++) {
    rp_chain chain;
    uint32_t rings = 0;

    rp_chain_init(&chain);
    assert(rp_chain_park(&chain));
    for (uint32_t i = 0; i < before; i++) send_length(&chain, 88);
    rings += before > 0 && rp_chain_publish(&chain);
    send_length(&chain, 4000); /* links a segment, whose seal may take the token */
    rings += rp_chain_publish(&chain);
    assert(rings == 1);
    for (uint32_t i = 0; i < before; i++) receive_length(&chain, 88);
    receive_length(&chain, 4000);
    expect(&chain, RP_EMPTY);
    assert(rp_chain_park(&chain) && rp_chain_unpark(&chain) && !rp_chain_unpark(&chain));
    rp_chain_destroy(&chain, NULL);
  }
}

static void
close_comes_last(void) {
  rp_chain chain;
  uint8_t *payload;

  rp_chain_init(&chain);
  assert(rp_chain_park(&chain));
  assert(rp_chain_close(&chain)); /* never used: the seal is in the ring of capacity 0 */
  assert(!rp_chain_close(&chain));
  expect(&chain, RP_CLOSED);
  assert(rp_chain_claim(&chain, 0, 0, &payload) == RP_CLOSED);
  rp_chain_destroy(&chain, NULL);

  rp_chain_init(&chain);
  assert(rp_chain_park(&chain));
  for (uint32_t i = 0; i < 100; i++) send_length(&chain, 200);
  assert(
      rp_chain_close(&chain)); /* publishes, and owes the token that a link has taken */
  assert(rp_chain_claim(&chain, 0, 0, &payload) == RP_CLOSED);
  assert(!rp_chain_publish(&chain));
  for (uint32_t i = 0; i < 100; i++) receive_length(&chain, 200);
  expect(&chain, RP_CLOSED);
  expect(&chain, RP_CLOSED);
  rp_chain_destroy(&chain, NULL);
}

static uint32_t dropped;

static void
drop(const rp_record *record) {
  assert(record->type == received + dropped);
  dropped++;
}

static void
destroy_drops_what_is_left(void) {
  rp_chain chain;

  rp_chain_init(&chain);
  for (uint32_t i = 0; i < 1000; i++) send_length(&chain, i);
  (void) rp_chain_publish(&chain);
  for (uint32_t i = 0; i < 300; i++) receive_length(&chain, i);
  rp_chain_destroy(&chain, drop);
  assert(dropped == 700);
  received += dropped;
}

/* A run is whole records in one piece, and no more than was asked for. */
static void
runs(void) {
  rng random = {seed()};
  rp_chain chain;

  rp_chain_init(&chain);
  for (int round = 0; round < 2000; round++) {
    uint8_t *run;
    uint32_t bytes, count;

    for (uint32_t n = random_below(&random, 20); n > 0; n--)
      send_length(&chain, random_below(&random, 300));
    (void) rp_chain_publish(&chain);
    for (uint32_t n = random_below(&random, 20); n > 0; n--) {
      uint32_t max_bytes = random_below(&random, 3000);
      uint32_t max_count = 1 + random_below(&random, 10);
      int result =
          rp_chain_peek_run(&chain, max_bytes, max_count, 0, &run, &bytes, &count);

      assert(result == RP_EMPTY ? received == sent
                                : result == RP_OK || result == RP_ETOOBIG);
      assert(count <= max_count && (count > 0) == (result == RP_OK));
      assert(result == RP_ETOOBIG ? bytes > max_bytes : bytes <= max_bytes);
      for (uint32_t i = 0, at = 0; i < count; i++) {
        uint32_t head[2];

        memcpy(head, run + at, sizeof(head));
        assert(head[1] == received + i);
        at += rp_record_size(head[0]);
        assert(at <= bytes && (i + 1 < count || at == bytes));
      }
      if (result == RP_EMPTY) break;
      if (result == RP_ETOOBIG) {
        rp_record record;

        assert(rp_chain_peek(&chain, &record) == RP_OK);
        assert(rp_record_size(record.length) == bytes);
        assert(rp_chain_peek_run(&chain, bytes, 1, 0, &run, &bytes, &count) == RP_OK);
        assert(count == 1 && run == record.payload - RP_RECORD_HEADER);
      }
      rp_chain_release(&chain, bytes, count);
      received += count;
      assert(rp_chain_queued(&chain) == sent - received);
    }
  }
  rp_chain_destroy(&chain, NULL);
}

/* What a receiver is told to make room for is just enough, whatever the size. */
static void
a_run_is_never_empty(void) {
  static const uint32_t lengths[] = {
      0, 1, 8, 9, 4000, 65527, 65528, 65529, RP_CHAIN_PAYLOAD_MAX};
  rp_chain chain;

  rp_chain_init(&chain);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    uint32_t size = rp_record_size(lengths[i]), bytes, count;
    uint8_t *run;

    sent = received = 0;
    send_length(&chain, lengths[i]);
    (void) rp_chain_publish(&chain);
    assert(rp_chain_peek_run(&chain, 0, 9, 0, &run, &bytes, &count) == RP_ETOOBIG);
    assert(bytes == size && count == 0);
    assert(rp_chain_peek_run(&chain, size - 1, 9, 0, &run, &bytes, &count) == RP_ETOOBIG);
    assert(bytes == size && count == 0);
    assert(rp_chain_peek_run(&chain, size, 9, 0, &run, &bytes, &count) == RP_OK);
    assert(bytes == size && count == 1);
    rp_chain_release(&chain, bytes, count);
    assert(rp_chain_peek_run(&chain, size, 9, 0, &run, &bytes, &count) == RP_EMPTY);
    assert(bytes == 0 && count == 0);
  }
  rp_chain_destroy(&chain, NULL);
}

/* A record whose type has a bit that stands apart begins a run, and never is within
 * one. */
static void
a_record_apart_begins_a_run(void) {
  static const uint32_t types[] = {1, 2, 0x82, 3, 0x81, 0x84, 4};
  static const uint32_t counts[] = {2, 2, 1, 2};
  rp_chain chain;

  rp_chain_init(&chain);
  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    uint8_t *payload;

    assert(rp_chain_claim(&chain, types[i], 8, &payload) == RP_OK);
  }
  (void) rp_chain_publish(&chain);
  for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
    uint32_t bytes, count;
    uint8_t *run;

    assert(rp_chain_peek_run(&chain, 4096, 9, 0x80, &run, &bytes, &count) == RP_OK);
    assert(count == counts[i] && bytes == count * rp_record_size(8));
    rp_chain_release(&chain, bytes, count);
  }
  rp_chain_destroy(&chain, NULL);
}

int
main(void) {
  grows_with_what_is_queued();
  takes_any_length();
  allocates_nothing_when_steady();
  the_token_crosses_segments();
  close_comes_last();
  destroy_drops_what_is_left();
  runs();
  a_run_is_never_empty();
  a_record_apart_begins_a_run();
  return 0;
}
