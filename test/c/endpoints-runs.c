/*
 * Two endpoints in one thread: runs of messages are written all or none, the size of a
 * message counts its blocks, and what an owner says of its endpoint reaches the peer.
 */
#include "support.h"

#include "core/port/message.h"

static uint32_t
put(uint8_t *at, uint64_t number) {
  uint32_t header[2] = {sizeof(number), 0};

  memcpy(at, header, sizeof(header));
  memcpy(at + RP_RECORD_HEADER, &number, sizeof(number));
  return rp_record_size(sizeof(number));
}

static void
runs_arrive_as_messages(rp_endpoint *from, rp_endpoint *to) {
  _Alignas(8) uint8_t run[256];
  uint32_t bytes = 0, count = 0;
  uint64_t number = 0;

  for (uint64_t n = 0; n < 5; n++) bytes += put(run + bytes, n);
  assert(rp_endpoint_write_run(from, run, bytes, &count) == RP_OK && count == 5);
  rp_endpoint_publish(from);
  assert(rp_endpoint_write_run(from, run, bytes - 1, &count) == RP_ECORRUPT);
  for (uint64_t n = 0; n < 5; n++)
    assert(receive_number(to, &number) == RP_OK && number == n);
  assert(receive_number(to, &number) == RP_EMPTY);
}

static void
runs_to_a_closed_peer_are_refused(rp_endpoint *from, rp_endpoint *closed) {
  _Alignas(8) uint8_t run[16];
  uint32_t count = 0;

  (void) rp_endpoint_close(closed);
  assert(rp_endpoint_write_run(from, run, put(run, 1), &count) == RP_CLOSED);
}

static void
the_hint_reaches_the_peer(rp_endpoint *one, rp_endpoint *other) {
  assert(!rp_endpoint_peer_views(one));
  rp_endpoint_want_views(other, true);
  assert(rp_endpoint_peer_views(one) && !rp_endpoint_peer_views(other));
  rp_endpoint_want_views(other, false);
  assert(!rp_endpoint_peer_views(one));
}

static void
a_declaration_reaches_the_peer(rp_endpoint *one, rp_endpoint *other) {
  assert(!rp_endpoint_peer_declared(one) && !rp_endpoint_peer_declared(other));
  rp_endpoint_declare(other);
  assert(rp_endpoint_peer_declared(one) && !rp_endpoint_peer_declared(other));
}

static void
one_of_both_claims_the_offer(rp_endpoint *one, rp_endpoint *other) {
  assert(rp_endpoint_claim_offer(other));
  assert(!rp_endpoint_claim_offer(one) && !rp_endpoint_claim_offer(other));
}

/* A record's size, or that of its blocks alone if it is too large for the ring. */
static void
sizes_are_those_of_record_and_blocks(void) {
  uint8_t byte;
  rp_block blocks[] = {{&byte, 1000}, {NULL, 77 /* an endpoint: no bytes */}};
  static const rp_block many[RP_MESSAGE_TABLE_MAX + 1];
  uint64_t two = 2 * sizeof(rp_block), large = RP_MESSAGE_INLINE_MAX + 1;

  assert(rp_message_size(5, NULL, 0) == rp_record_size(5));
  assert(rp_message_size(8, blocks, 2) == rp_record_size(8 + (uint32_t) two) + 1000);
  assert(rp_message_size(large, blocks, 1) ==
         rp_record_size((uint32_t) two) + 1000 + large);
  /* A table that does not fit the record is a block itself. */
  assert(rp_message_size(8, many, RP_MESSAGE_TABLE_MAX + 1) ==
         rp_record_size(8 + (uint32_t) sizeof(rp_block)) + sizeof(many));
}

int
main(void) {
  loop here;
  rp_endpoint *one, *other;

  loop_init(&here);
  assert(rp_channel_open(&here.thread, &one, &other) == RP_OK);
  runs_arrive_as_messages(one, other);
  the_hint_reaches_the_peer(one, other);
  a_declaration_reaches_the_peer(one, other);
  one_of_both_claims_the_offer(one, other);
  assert(!rp_endpoint_peer_closed(one));
  runs_to_a_closed_peer_are_refused(one, other);
  assert(rp_endpoint_peer_closed(one));
  (void) rp_endpoint_close(one);
  loop_destroy(&here);
  sizes_are_those_of_record_and_blocks();
  return 0;
}
