/*
 * spin.h - the adaptive spin: how a thread looks for messages before it sleeps.
 *
 * A thread spins in three places, which differ in what they look at and what ends them. A
 * port in its own turn looks at its inbox for as long as a sleep costs (port_spin.h). A
 * thread that blocks until a port has a message looks at that port's inbox for twice as
 * long (port_wait.h). The loop, before it blocks, looks at the ready list for as long as
 * setIdleStrategy() allows (loop_spin.h). This file has what they share: whether spinning
 * pays, how to wait between two looks, how to yield, whether the loop has other work, and
 * how to back off after unsuccessful spins. sleep_cost.h says what a sleep costs.
 */
#ifndef RP_NODE_SPIN_H_
#define RP_NODE_SPIN_H_

#include <stdbool.h>
#include <stdint.h>

struct uv_loop_s;    /* uv_loop_t */
struct uv_prepare_s; /* uv_prepare_t */
struct uv_idle_s;    /* uv_idle_t */

/* In nanoseconds. */
#define RP_MICROSECOND ((uint64_t) 1000)

/* A yield that takes longer has given the core to another thread. */
#define RP_YIELD_LONG (5 * RP_MICROSECOND)

/* Return false if this process has a single CPU, by affinity or by the quota of its
 * container: a thread that spins there keeps the thread it waits for from running. Any
 * thread. */
bool rp_spin_pays(void);

/* Wait between two looks at a word that another thread is going to write. */
static inline void
rp_spin_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/* Give the core to another thread that can run. Returns the time afterwards, as
 * uv_hrtime(). Any thread. */
uint64_t rp_spin_yield(void);

/* Return true if the loop would find events by polling now. Always true on Windows,
 * where there is no way to tell. Loop's thread. */
bool rp_spin_has_events(struct uv_loop_s *loop);

/* Skips what has failed: once after the first failure, then twice as often after each
 * further one. */
typedef struct rp_backoff {
  uint16_t left; /* attempts still to be skipped */
  uint16_t next; /* what `left` was after the last failure; 0: the last one succeeded */
} rp_backoff;

/* Return true if this attempt is to be skipped, and count it. */
static inline bool
rp_backoff_skips(rp_backoff *backoff) {
  if (backoff->left == 0) return false;
  backoff->left--;
  return true;
}

/* An attempt has failed: skip twice as many as after the last failure, at most `most`. */
static inline void
rp_backoff_fail(rp_backoff *backoff, uint16_t most) {
  uint16_t next = backoff->next;

  backoff->next = next == 0 ? 1 : next >= most / 2 ? most : (uint16_t) (next * 2);
  backoff->left = backoff->next;
}

/* An attempt has succeeded: the next failure counts as the first. Attempts that are
 * still to be skipped remain so. */
static inline void
rp_backoff_succeed(rp_backoff *backoff) {
  backoff->next = 0;
}

/* What port_spin.c keeps for a port. */
typedef struct rp_port_spin {
  rp_backoff vain;   /* unsuccessful spins */
  rp_backoff longer; /* spins of twice the limit that did not pay */
  uint8_t failures;  /* unsuccessful spins, counted as far as port_spin.c needs */
  uint8_t unproved;  /* messages in a row that only a spin of twice the limit has met */
  bool asked;        /* it has sent something since it was last read to the end */
} rp_port_spin;

/* A limit of rp_turn_spin: as long as a sleep costs on this machine. */
#define RP_LIMIT_MEASURED UINT64_MAX

/* What port_spin.c keeps for a thread. Times are in nanoseconds, as uv_hrtime(). */
typedef struct rp_turn_spin {
  uint64_t limit;       /* longest spin of a port; 0: off; or RP_LIMIT_MEASURED */
  uint64_t since;       /* start of the first spin of this turn; 0: none yet */
  uint64_t yields_from; /* ports that spin do not yield before */
  bool goes_on;         /* the turn has taken long enough: spin on in the next one */
} rp_turn_spin;

/* What loop_spin.c keeps for a thread. Times are in nanoseconds, as uv_hrtime(). */
typedef struct rp_loop_spin {
  struct uv_prepare_s *prepare; /* runs right before the loop blocks; NULL: never used */
  struct uv_idle_s *again;      /* active: the loop polls without blocking */
  uint64_t limit;               /* longest spin; 0: off */
  uint64_t budget;              /* how long a spin is worth it now */
  uint64_t since;   /* when the loop ran out of work, or a spin last found a message */
  uint64_t vain;    /* time spent spinning since the last message */
  rp_backoff taken; /* spins during which others needed the core */
  rp_backoff deaf;  /* hints that were wrong */
  bool hinted;      /* it spins because of a hint, and has met nothing yet */
  bool watching;    /* the thread does not rest, and no doorbell is on its way */
} rp_loop_spin;

#endif
