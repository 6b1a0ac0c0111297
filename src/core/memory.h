/*
 * memory.h - memory for segments and blocks: large pieces are kept for the next one.
 *
 * The memory of a message is allocated by one thread and freed by another, which is
 * malloc's worst case: it goes back to the system and comes again as page faults, which
 * cost more than the copying. So pieces of about 8 KiB to 2 MiB are rounded up and kept,
 * at most RP_MEMORY_KEPT bytes in the whole process; all others are malloc's.
 */
#ifndef RP_CORE_MEMORY_H_
#define RP_CORE_MEMORY_H_

#include <stddef.h>
#include <stdint.h>

/* What an idle process may hold: a few large messages in flight, and less than one idle
 * worker. */
#define RP_MEMORY_KEPT ((size_t) 8 << 20)

/* The most that can be asked for: what is added to it to round it up still fits
 * size_t. */
#define RP_MEMORY_MAX ((size_t) PTRDIFF_MAX - 1024)

/* Memory for `size` bytes, 128-aligned, NULL if there is none. Any thread; a lock for
 * large sizes. */
void *rp_memory_take(size_t size);

/* Give back what rp_memory_take(size) gave, or NULL. Any thread. */
void rp_memory_give(void *memory, size_t size);

/* Keep at most `bytes` from now on, and free what is too many. Any thread. */
void rp_memory_keep(size_t bytes);

/* Bytes kept now: for tests. */
size_t rp_memory_kept(void);

#endif
