/*
 * memory.h - the allocator of segments and blocks, which caches large pieces.
 *
 * One thread allocates the memory of a message and another frees it. That is the worst
 * case of malloc: large pieces go back to the system and are faulted in again, which
 * costs more than the copy. So pieces of about 8 KiB to 2 MiB are rounded up to size
 * classes and cached, at most RP_MEMORY_KEPT bytes per process. All other sizes go to
 * malloc.
 */
#ifndef RP_CORE_MEMORY_H_
#define RP_CORE_MEMORY_H_

#include <stddef.h>
#include <stdint.h>

/* What an idle process may hold: enough for a few large messages in flight, less than an
 * idle worker takes. */
#define RP_MEMORY_KEPT ((size_t) 8 << 20)

/* The largest size that can be requested: rounding it up does not overflow size_t. */
#define RP_MEMORY_MAX ((size_t) PTRDIFF_MAX - 1024)

/* Allocate `size` bytes, aligned to 128. Returns NULL without memory. Any thread; takes a
 * lock for the cached sizes. */
void *rp_memory_take(size_t size);

/* Free memory from rp_memory_take(size); NULL is a no-op. Any thread; takes a lock for
 * the cached sizes. */
void rp_memory_give(void *memory, size_t size);

/* Cache at most `bytes` from now on and free the rest. Any thread. For tests that count
 * what malloc has given. */
void rp_memory_keep(size_t bytes);

/* Return the number of bytes in the cache. Any thread. For tests of its limit. */
size_t rp_memory_kept(void);

#endif
