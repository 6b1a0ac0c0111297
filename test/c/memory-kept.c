/*
 * The allocator caches large pieces for the next caller, up to its limit, and returns
 * them intact.
 */
#include "core/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define PIECES 64

static void
comes_back(size_t size) {
  void *first = rp_memory_take(size);

  assert(first != NULL && (uintptr_t) first % 128 == 0);
  memset(first, 1, size);
  rp_memory_give(first, size);

  void *second = rp_memory_take(size);

  assert(second != NULL);
  memset(second, 2, size);
  rp_memory_give(second, size);
}

static void
stays_within_the_bound(void) {
  void *pieces[PIECES];

  for (int i = 0; i < PIECES; i++) assert((pieces[i] = rp_memory_take(1 << 20)) != NULL);
  for (int i = 0; i < PIECES; i++) rp_memory_give(pieces[i], 1 << 20);
  assert(rp_memory_kept() <= RP_MEMORY_KEPT);
  rp_memory_keep(3 << 20);
  assert(rp_memory_kept() <= 3 << 20);
  rp_memory_keep(0);
  assert(rp_memory_kept() == 0);
}

/* Each thread writes its own mark over all of a piece: a piece that two had would
 * show. */
static void *
takes_and_gives(void *mark) {
  for (int i = 0; i < 2000; i++) {
    size_t size = (size_t) 10000 << (i % 6);
    unsigned char *piece = rp_memory_take(size);

    assert(piece != NULL);
    memset(piece, *(int *) mark, 64);
    memset(piece + size - 64, *(int *) mark, 64);
    for (size_t at = 0; at < 64; at++)
      assert(piece[at] == *(int *) mark && piece[size - 1 - at] == *(int *) mark);
    rp_memory_give(piece, size);
  }
  return NULL;
}

int
main(void) {
  const size_t sizes[] = {0,
                          1,
                          4096,
                          8704,
                          8705,
                          17408,
                          17409,
                          1 << 20,
                          (1 << 21) + 1024,
                          (1 << 21) + 1025,
                          1 << 23};
  pthread_t threads[4];
  int marks[4] = {1, 2, 3, 4};

  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) comes_back(sizes[i]);
  rp_memory_give(NULL, 1 << 20);
  for (int i = 0; i < 4; i++)
    assert(pthread_create(&threads[i], NULL, takes_and_gives, &marks[i]) == 0);
  for (int i = 0; i < 4; i++) assert(pthread_join(threads[i], NULL) == 0);
  stays_within_the_bound();
  return 0;
}
