/*
 * count-malloc.h - counts the core's calls of malloc() and similar functions, and makes
 * them fail.
 *
 * The linker replaces the C library's functions by these. A program that includes this
 * needs a line 'link: ...' in its first comment, which scripts/ctest.js reads.
 */
#ifndef COUNT_MALLOC_H_
#define COUNT_MALLOC_H_

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"

void *__real_malloc(size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *block);

static atomic_long counted, frees_counted, live, live_bytes, fail_at;

static void *
counting(void *block) {
  if (block == NULL) return NULL;
  atomic_fetch_add(&live, 1);
  atomic_fetch_add(&live_bytes, (long) malloc_usable_size(block));
  return block;
}

static bool
fails_now(void) {
  long n = atomic_fetch_add(&counted, 1) + 1;

  return n == atomic_load(&fail_at);
}

void *
__wrap_malloc(size_t size) {
  return fails_now() ? NULL : counting(__real_malloc(size));
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size) {
  return fails_now() ? NULL : counting(__real_aligned_alloc(alignment, size));
}

void
__wrap_free(void *block) {
  if (block != NULL) {
    atomic_fetch_add(&frees_counted, 1);
    atomic_fetch_sub(&live, 1);
    atomic_fetch_sub(&live_bytes, (long) malloc_usable_size(block));
  }
  __real_free(block);
}

/* What the core keeps for later would count as live. */
__attribute__((constructor)) static void
keep_nothing(void) {
  rp_memory_keep(0);
}

static inline void
count_from_here(void) {
  atomic_store(&counted, 0);
  atomic_store(&frees_counted, 0);
}

/* Allocations asked for since count_from_here(). */
static inline long
mallocs(void) {
  return atomic_load(&counted);
}

static inline long
frees(void) {
  return atomic_load(&frees_counted);
}

/* Blocks, and bytes, allocated and not freed. */
static inline long
blocks_live(void) {
  return atomic_load(&live);
}

static inline long
bytes_live(void) {
  return atomic_load(&live_bytes);
}

/* Let the n-th allocation from here fail; 0: none. */
static inline void
fail_malloc(long n) {
  count_from_here();
  atomic_store(&fail_at, n);
}

#endif
