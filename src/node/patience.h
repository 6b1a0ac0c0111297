/*
 * patience.h - what the two ways of waiting for a message before a thread sleeps have in common; see idle.h and
 * linger.h.
 */
#ifndef RP_NODE_PATIENCE_H_
#define RP_NODE_PATIENCE_H_

#include <stdint.h>

/* In nanoseconds. */
#define RP_MICROSECOND ((uint64_t) 1000)

/* A yield that takes longer has given the core to somebody. */
#define RP_YIELD_LONG (5 * RP_MICROSECOND)

/* Between two looks at a word that another thread is going to write. */
static inline void
rp_look_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/* How many times it is to be left out after one more in vain: twice as many, `most` in the end. */
static inline uint32_t
rp_rarer(uint32_t skips, uint32_t most) {
  return skips == 0 ? 1 : skips >= most / 2 ? most : skips * 2;
}

#endif
