/*
 * A side of a shared ring that finds no memory says so, leaves nothing behind, in the ring neither, and can
 * be opened the next time.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=free
 */
#include "shared-support.h"

#include "count-malloc.h"

int
main(void) {
  static const rp_role roles[] = {RP_PRODUCER, RP_CONSUMER};
  memory m = memory_new(RP_SPSC, 64, 0, 0);

  for (int i = 0; i < 2; i++) {
    rp_side *side = NULL;
    int result;
    long failing = 1;

    for (long before = blocks_live();; failing++) {
      fail_malloc(failing);
      result = rp_side_open(&side, m.at, m.size, roles[i], 0, NULL, NULL);
      fail_malloc(0);
      if (result == RP_OK) break;
      assert(result == RP_ENOMEM && side == NULL && blocks_live() == before);
    }
    assert(failing >
           1); /* a compiler may turn a malloc into a calloc, which is not counted */
    assert(rp_side_shared(side)->mode == RP_SPSC);
    rp_side_end(side);
  }
  memory_free(&m);
  return 0;
}
