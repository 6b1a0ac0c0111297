/*
 * memory.c - the allocator of segments and blocks, which caches large pieces.
 *
 * A cached piece is linked through its own first word.
 */
#include "core/memory.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/lock.h"

#define SMALLEST 14u /* 2^14: below, malloc's own caches do as well */
#define LARGEST 21u  /* 2^21: above, the copy outweighs the page faults */
#define CLASSES (LARGEST - SMALLEST + 1)
#define HEADER                                                                           \
  ((size_t) 1024) /* on top of the power of two: a segment is that plus its header */

typedef struct piece {
  struct piece *next;
} piece;

static rp_lock lock = RP_LOCK_INIT;
static piece *kept[CLASSES];
static size_t kept_bytes;

/* AddressSanitizer must see use after free, so nothing is cached under it. gcc defines a
 * macro, clang has a feature. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
static size_t keep_at_most = 0;
#else
static size_t keep_at_most = RP_MEMORY_KEPT;
#endif

#if defined(_WIN32)
#include <malloc.h>
#define system_take(size) _aligned_malloc((size), 128)
#define system_give(memory) _aligned_free(memory)
#else
#define system_take(size) aligned_alloc(128, (size))
#define system_give(memory) free(memory)
#endif

static size_t
class_bytes(unsigned class) {
  return ((size_t) 1 << (SMALLEST + class)) + HEADER;
}

/* Return the class for `size` bytes, or CLASSES if that size is not cached. */
static unsigned
class_of(size_t size) {
  unsigned class = 0;

  if (size <= class_bytes(0) / 2) return CLASSES;
  while (class < CLASSES && size > class_bytes(class)) class ++;
  return class;
}

void *
rp_memory_take(size_t size) {
  unsigned class = class_of(size);
  piece *found;

  if (size > RP_MEMORY_MAX) return NULL;
  if (class == CLASSES) return system_take((size + 127) / 128 * 128);
  rp_lock_take(&lock);
  found = kept[class];
  if (found != NULL) {
    kept[class] = found->next;
    kept_bytes -= class_bytes(class);
  }
  rp_lock_drop(&lock);
  return found != NULL ? (void *) found : system_take(class_bytes(class));
}

void
rp_memory_give(void *memory, size_t size) {
  unsigned class = class_of(size);
  piece *given = memory;
  bool keep = false;

  if (memory == NULL) return;
  if (class < CLASSES) {
    rp_lock_take(&lock);
    keep = kept_bytes + class_bytes(class) <= keep_at_most;
    if (keep) {
      given->next = kept[class];
      kept[class] = given;
      kept_bytes += class_bytes(class);
    }
    rp_lock_drop(&lock);
  }
  if (!keep) system_give(memory);
}

void
rp_memory_keep(size_t bytes) {
  piece *dropped = NULL;

  rp_lock_take(&lock);
  keep_at_most = bytes;
  for (unsigned class = CLASSES; class -- > 0 && kept_bytes > bytes;)
    while (kept[class] != NULL && kept_bytes > bytes) {
      piece *given = kept[class];

      kept[class] = given->next;
      kept_bytes -= class_bytes(class);
      given->next = dropped;
      dropped = given;
    }
  rp_lock_drop(&lock);

  while (dropped != NULL) {
    piece *next = dropped->next;

    system_give(dropped);
    dropped = next;
  }
}

size_t
rp_memory_kept(void) {
  rp_lock_take(&lock);
  size_t bytes = kept_bytes;
  rp_lock_drop(&lock);
  return bytes;
}
