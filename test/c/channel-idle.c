/*
 * An idle channel is one allocation, of less than 1 KiB including what the binding adds
 * for its two ports. Opening and closing many channels leaks nothing.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=free
 */
#include "support.h"

#include "core/port/channel.h"
#include "count-malloc.h"

enum { CHANNELS = 100000, OPEN = 1000 };

/* A slot of the binding for each port: see rp_port. */
enum { SLOTS_BYTES = 2 * 32 };

static void
silent(rp_ready_list *thread) {
  (void) thread;
}

int
main(void) {
  static rp_endpoint *endpoints[OPEN][2];
  rp_ready_list thread;
  long before = bytes_live();

  rp_ready_list_init(&thread, silent);
  for (uint32_t i = 0; i < CHANNELS; i++) {
    rp_endpoint **pair = endpoints[i % OPEN];

    if (i >= OPEN) {
      (void) rp_endpoint_close(pair[0]);
      (void) rp_endpoint_close(pair[1]);
    }
    assert(rp_channel_open(&thread, &pair[0], &pair[1]) == RP_OK);
    if (i == OPEN - 1) {
      assert(blocks_live() == OPEN);
      assert((bytes_live() - before) / OPEN + SLOTS_BYTES <= 1024);
    }
  }
  assert(blocks_live() == OPEN);
  for (uint32_t i = 0; i < OPEN; i++) {
    (void) rp_endpoint_close(endpoints[i][0]);
    (void) rp_endpoint_close(endpoints[i][1]);
  }
  assert(blocks_live() == 0 && bytes_live() == before);
  return 0;
}
