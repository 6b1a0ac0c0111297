/*
 * spin.h - what the two ways to wait for a message without sleeping share: port_spin.h,
 * in the turn of a port that has been read to the end, and loop_spin.h, before the loop
 * blocks.
 */
#ifndef RP_NODE_SPIN_H_
#define RP_NODE_SPIN_H_

#include <stdbool.h>
#include <stdint.h>

struct uv_loop_s; /* uv_loop_t */

/* In nanoseconds. */
#define RP_MICROSECOND ((uint64_t) 1000)

/* A yield that takes longer has given the core to somebody. */
#define RP_YIELD_LONG (5 * RP_MICROSECOND)

/* Between two looks at a word that another thread is going to write. */
static inline void
rp_spin_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/* Give the core to another thread that can run. Returns the time afterwards, as
 * uv_hrtime(). */
uint64_t rp_spin_yield(void);

/* True if the loop would find events by polling now. Always true on Windows, where
 * nothing tells. */
bool rp_spin_has_events(struct uv_loop_s *loop);

/* Of rp_loop_spin.port_limit: as long as a sleep costs on this machine. */
#define RP_PORT_SPIN_MEASURED UINT64_MAX

/* What is left out after it has been tried in vain: once, then twice as many times with
 * each further failure. */
typedef struct rp_backoff {
  uint16_t left; /* times still to be left out */
  uint16_t next; /* what `left` was after the last failure, 0: there was none */
} rp_backoff;

/* True if it is to be left out this time, which counts. */
static inline bool
rp_backoff_skips(rp_backoff *backoff) {
  if (backoff->left == 0) return false;
  backoff->left--;
  return true;
}

/* It has failed: leave it out twice as many times as after the last failure, at most
 * `most` times. */
static inline void
rp_backoff_fail(rp_backoff *backoff, uint16_t most) {
  uint16_t next = backoff->next;

  backoff->next = next == 0 ? 1 : next >= most / 2 ? most : (uint16_t) (next * 2);
  backoff->left = backoff->next;
}

/* It has succeeded: the next failure is as the first one. What is still to be left out
 * stays. */
static inline void
rp_backoff_succeed(rp_backoff *backoff) {
  backoff->next = 0;
}

/* See port_spin.h. */
typedef struct rp_port_spin {
  rp_backoff vain;   /* nothing came */
  rp_backoff longer; /* spinning for longer met too few messages */
  uint8_t failures;  /* times that nothing came, as far as port_spin.c counts them */
  uint8_t unproved;  /* messages in a row that only spinning for longer has met */
  bool asked;        /* it has sent something since it was last read to the end */
} rp_port_spin;

#endif
