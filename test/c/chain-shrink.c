/*
 * A chain that grew for a burst frees that memory when its use drops. If bursts follow
 * each other, it keeps what they need.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=free
 */
#include "support.h"

#include "core/port/chain.h"
#include "count-malloc.h"

static void
send_one(rp_chain *chain, uint32_t length) {
  uint8_t *payload;

  assert(rp_chain_claim(chain, 1, length, &payload) == RP_OK);
}

static uint32_t
drain(rp_chain *chain) {
  rp_record record;
  uint32_t count = 0;

  while (rp_chain_peek(chain, &record) == RP_OK) {
    rp_chain_release(chain, rp_record_size(record.length), 1);
    count++;
  }
  return count;
}

/* Write, let the parked consumer drain and park again. */
static void
round_trip(rp_chain *chain, uint32_t records, uint32_t length) {
  for (uint32_t i = 0; i < records; i++) send_one(chain, length);
  assert(rp_chain_publish(chain));
  assert(drain(chain) == records);
  assert(rp_chain_park(chain));
}

static void
shrinks_to_the_smallest(uint32_t burst, uint32_t length) {
  rp_chain chain;

  rp_chain_init(&chain);
  assert(rp_chain_park(&chain));
  round_trip(&chain, burst, length);
  for (int i = 0; i < 100; i++) round_trip(&chain, 1, 50);
  assert(blocks_live() <= 2 && bytes_live() <= 4 * (long) RP_SEGMENT_MIN);

  /* And is steady from then on. */
  count_from_here();
  for (int i = 0; i < 1000; i++) round_trip(&chain, 1, 50);
  assert(mallocs() == 0);
  rp_chain_destroy(&chain, NULL);
  assert(blocks_live() == 0);
}

static void
bursts_keep_their_segment(void) {
  rp_chain chain;

  rp_chain_init(&chain);
  assert(rp_chain_park(&chain));
  for (int i = 0; i < 3; i++) round_trip(&chain, 1000, 100);
  count_from_here();
  for (int i = 0; i < 100; i++) {
    round_trip(&chain, 1000, 100);
    for (int j = 0; j < 5; j++) round_trip(&chain, 1, 50);
  }
  assert(mallocs() == 0);
  rp_chain_destroy(&chain, NULL);
  assert(blocks_live() == 0);
}

/* No memory for the small segment: it stays with the large one, and shrinks when there
 * is. */
static void
no_memory_to_shrink(void) {
  rp_chain chain;

  rp_chain_init(&chain);
  assert(rp_chain_park(&chain));
  round_trip(&chain, 10000, 100);
  fail_malloc(1);
  for (int i = 0; i < 100; i++) round_trip(&chain, 1, 50);
  assert(mallocs() > 1 && bytes_live() <= 4 * (long) RP_SEGMENT_MIN);
  fail_malloc(0);
  rp_chain_destroy(&chain, NULL);
  assert(blocks_live() == 0);
}

int
main(void) {
  shrinks_to_the_smallest(100, 100);
  shrinks_to_the_smallest(10000, 100);
  shrinks_to_the_smallest(100000, 100);
  shrinks_to_the_smallest(1, RP_CHAIN_PAYLOAD_MAX);
  shrinks_to_the_smallest(20, RP_CHAIN_PAYLOAD_MAX);
  bursts_keep_their_segment();
  no_memory_to_shrink();
  return 0;
}
