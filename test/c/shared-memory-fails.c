/*
 * Opening a handle of a shared ring without memory returns an error, leaves nothing
 * behind, neither in the process nor in the ring, and succeeds when repeated.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=calloc,--wrap=free
 */
#include "shared-support.h"

#include "count-malloc.h"

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

/* A compiler may make one of a malloc() and a memset(). */
void *
__wrap_calloc(size_t count, size_t size) {
  return fails_now() ? NULL : counting(__real_calloc(count, size));
}

int
main(void) {
  static const rp_role roles[] = {RP_PRODUCER, RP_CONSUMER};
  memory m = memory_new(RP_SPSC, 64, 0, 0);

  for (int i = 0; i < 2; i++) {
    rp_ring_handle *handle = NULL;
    int result;
    long failing = 1;

    for (long before = blocks_live();; failing++) {
      fail_malloc(failing);
      result = rp_ring_open(&handle, m.at, m.size, roles[i], NULL, NULL);
      fail_malloc(0);
      if (result == RP_OK) break;
      assert(result == RP_ENOMEM && handle == NULL && blocks_live() == before);
    }
    assert(failing > 2); /* the handle itself, and what all handles of a ring share */
    assert(rp_ring_shared(handle)->mode == RP_SPSC);
    rp_ring_end(handle);
  }
  memory_free(&m);
  return 0;
}
