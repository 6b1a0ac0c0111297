/*
 * Messages written in runs arrive one by one, in order with those written singly, also if
 * the chain grows meanwhile. A run that does not consist of whole messages is refused,
 * and nothing is written.
 */
#include "support.h"

#include "core/port/chain.h"
#include "core/port/message.h"

enum { RUN_MAX = 16 * 1024, MESSAGE_MAX = 1024 };

static rp_chain chain;
static uint64_t sent, received;

/* A record with the next number and `length` bytes in all, at `at`. */
static uint32_t
put(uint8_t *at, uint32_t length) {
  uint32_t header[2] = {length, (uint32_t) sent & RP_MESSAGE_FLAGS};

  memcpy(at, header, sizeof(header));
  memset(at + RP_RECORD_HEADER, (int) (sent & 0xFF), length);
  memcpy(at + RP_RECORD_HEADER, &sent, sizeof(sent));
  sent++;
  return rp_record_size(length);
}

static uint32_t
length_of(rng *r) {
  return 8 + (random_below(r, 10) == 0 ? random_below(r, MESSAGE_MAX - 8)
                                       : random_below(r, 60));
}

static void
send_run(rng *r) {
  static uint8_t run[RUN_MAX + MESSAGE_MAX + 16];
  uint32_t bytes = 0, wanted = 1 + random_below(r, 300), put_in = 0, count = 0;

  while (bytes <= RUN_MAX - MESSAGE_MAX && put_in < wanted) {
    bytes += put(run + bytes, length_of(r));
    put_in++;
  }
  assert(rp_message_write_run(&chain, run, bytes, &count) == RP_OK && count == put_in);
}

static void
send_one(rng *r) {
  uint8_t record[RP_RECORD_HEADER + MESSAGE_MAX + 8];
  uint32_t length = length_of(r);

  (void) put(record, length);
  assert(rp_message_write(&chain, (uint32_t) (sent - 1) & RP_MESSAGE_FLAGS,
                          record + RP_RECORD_HEADER, length, NULL, 0) == RP_OK);
}

static void
receive_some(uint32_t most) {
  rp_record record;

  while (most-- > 0 && rp_chain_peek(&chain, &record) == RP_OK) {
    uint64_t number;

    memcpy(&number, record.payload, sizeof(number));
    assert(number == received && record.type == (number & RP_MESSAGE_FLAGS));
    for (uint32_t i = sizeof(number); i < record.length; i++)
      assert(record.payload[i] == (number & 0xFF));
    rp_chain_release(&chain, rp_record_size(record.length), 1);
    received++;
  }
}

static void
refuse(const uint32_t *words, uint32_t bytes) {
  uint32_t count;

  assert(rp_message_write_run(&chain, (const uint8_t *) words, bytes, &count) ==
         RP_ECORRUPT);
}

static void
bad_runs_are_refused(void) {
  rp_record record;
  static uint32_t large[(RP_MESSAGE_RUN_MAX + 8) / 4];

  refuse((uint32_t[]){0, 0}, 0);
  refuse((uint32_t[]){0, 0}, 4);
  refuse((uint32_t[]){1, 0}, 8);                       /* longer than the run */
  refuse((uint32_t[]){8, 0, 0, 0, 8, 0, 0}, 28);       /* the second one is */
  refuse((uint32_t[]){5, 0, 0, 0}, 13);                /* without its padding */
  refuse((uint32_t[]){UINT32_MAX, 0, 0, 0}, 16);       /* padded it wraps */
  refuse((uint32_t[]){8, RP_MESSAGE_LARGE, 0, 0}, 16); /* blocks are not allowed */
  refuse((uint32_t[]){8, 1u << 16, 0, 0}, 16);
  refuse((uint32_t[]){8, RP_PADDING, 0, 0}, 16);
  refuse(large, sizeof(large));
  (void) rp_chain_publish(&chain);
  assert(rp_chain_peek(&chain, &record) == RP_EMPTY && rp_chain_queued(&chain) == 0);
}

/* One below, at and above what a run may have, and what one of its messages may have. */
static void
runs_as_large_as_they_get(void) {
  static uint32_t words[RP_MESSAGE_RUN_MAX / 4 + 4];
  const uint32_t length = RP_MESSAGE_INLINE_MAX - RP_RECORD_HEADER;
  uint32_t count, all;
  uint8_t *run;

  for (uint32_t bytes = RP_MESSAGE_RUN_MAX - 8; bytes <= RP_MESSAGE_RUN_MAX; bytes += 8) {
    words[0] = length;
    words[rp_record_size(length) / 4] = bytes - rp_record_size(length) - RP_RECORD_HEADER;
    assert(rp_message_write_run(&chain, (uint8_t *) words, bytes, &count) == RP_OK);
    assert(count == 2);
    (void) rp_chain_publish(&chain);
    assert(rp_chain_peek_run(&chain, bytes, 9, 0, &run, &all, &count) == RP_OK);
    assert(all == bytes && count == 2 && memcmp(run, words, bytes) == 0);
    rp_chain_release(&chain, all, count);
  }
  refuse(words, RP_MESSAGE_RUN_MAX + 8);

  for (uint32_t more = 0; more < 2; more++) {
    words[0] = RP_MESSAGE_INLINE_MAX + more;
    all = rp_record_size(words[0]);
    if (more > 0) {
      refuse(words, all);
      continue;
    }
    assert(rp_message_write_run(&chain, (uint8_t *) words, all, &count) == RP_OK);
    (void) rp_chain_publish(&chain);
    assert(rp_chain_peek_run(&chain, all, 9, 0, &run, &all, &count) == RP_OK &&
           count == 1);
    rp_chain_release(&chain, all, count);
  }
}

int
main(void) {
  rng r = {seed()};

  rp_chain_init(&chain);
  bad_runs_are_refused();
  runs_as_large_as_they_get();
  for (uint32_t i = 0; i < ROUNDS(20000, 2000); i++) {
    uint64_t before = sent;

    if (random_below(&r, 3) == 0)
      send_one(&r);
    else
      send_run(&r);
    /* Nothing of a run is there before it is published, all of it afterwards. */
    receive_some(UINT32_MAX);
    assert(received == before);
    (void) rp_chain_publish(&chain);
    receive_some(random_below(&r, 2) == 0 ? UINT32_MAX : random_below(&r, 200));
    assert(rp_chain_queued(&chain) == sent - received);
    receive_some(UINT32_MAX);
  }
  rp_chain_destroy(&chain, NULL);
  return 0;
}
