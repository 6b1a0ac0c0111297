/*
 * barrier.h - store a word, then see whether anybody sleeps; set that somebody sleeps, then look at
 * the word. Neither pair may change places, or both sides miss each other.
 *
 * Two ways to forbid it. Sequentially consistent operations on both sides: one locked instruction,
 * and the store has to arrive before anything follows. Or a plain store and load where it happens
 * for every record, kept in order by the compiler only, and a barrier that all threads of the process
 * pass where somebody goes to sleep: a thread that has passed it had either stored the word before, so
 * that the sleeper sees it, or will see that somebody sleeps.
 */
#ifndef RP_CORE_PROCESS_BARRIER_H_
#define RP_CORE_PROCESS_BARRIER_H_

#include <stdbool.h>
#include <stdint.h>

#include "core/atomic.h"

/* Prepare the barrier for this process; true if it has one. Any thread, as often as you like; the first time
 * takes Linux some 10 ms. */
bool rp_barrier_available(void);

/* Whether it is prepared; if nobody has done that yet, it is wanted from now on. Any thread, wait-free. */
bool rp_barrier_ready(void);

/* True once after it has become wanted: the caller is to have rp_barrier_available() called where 10 ms do
 * not matter. Any thread, wait-free. */
bool rp_barrier_wanted(void);

/* Every thread of this process passes a full memory barrier before this returns. Only where
 * rp_barrier_available() or rp_barrier_ready() said so. */
void rp_barrier_all(void);

/* Publish `value` in `word`; true if `wanted` is set. `light`: the side that sets `wanted` passes
 * rp_barrier_all() before it looks at `word`. Any thread, wait-free. */
static inline bool
rp_post(rp_word *word, uint32_t value, rp_word *wanted, bool light) {
  if (light) {
    rp_store_release(word, value);
    /* For the compiler only; the processor's part is done by the other side. */
    atomic_signal_fence(memory_order_seq_cst);
    return rp_load_relaxed(wanted) != 0;
  }
  rp_store_seq(word, value);
  return rp_load_seq(wanted) != 0;
}

/* The same for a wide word. */
static inline bool
rp_post_long(_Atomic uint64_t *word, uint64_t value, rp_word *wanted, bool light) {
  if (light) {
    rp_store_release(word, value);
    atomic_signal_fence(memory_order_seq_cst);
    return rp_load_relaxed(wanted) != 0;
  }
  rp_store_seq(word, value);
  return rp_load_seq(wanted) != 0;
}

#endif
