/*
 * parking.h - the wake-up token of a consumer that may sleep.
 *
 *   WORD        WRITTEN BY          DESCRIPTION
 *   parked      consumer, producer  1: the token is here. The consumer puts it here after draining its
 *                                   inbox; whoever takes it does so by exchange
 *   asymmetric  consumer            1: the consumer has the token, and will issue a barrier for all
 *                                   threads of the process before it parks
 *
 * The token is in exactly one place: here, in a doorbell that has not run yet, or with
 * the running consumer. The producer publishes, then tries to take the token; the
 * consumer puts the token here, then looks for published records. Both exchange the same
 * word, so the two operations are ordered: either the producer finds the token, or the
 * consumer sees what was published. (If the consumer reads a record in between and parks
 * again, the producer wakes it for nothing.)
 *
 * An atomic exchange drains the store buffer, so it stalls on every earlier store that
 * misses the cache. Therefore a consumer with much to read sets `asymmetric`, and a
 * producer that sees it after its store skips the exchange. To park, the consumer clears
 * `asymmetric` and issues rp_barrier_all() (barrier.h) before it looks again: either it
 * sees the producer's store, or the producer loads `asymmetric` after the barrier, finds
 * it cleared and does the exchange. This also holds for a producer that is delayed over
 * several parkings, only the first of which had a barrier.
 */
#ifndef RP_CORE_PORT_PARKING_H_
#define RP_CORE_PORT_PARKING_H_

#include <stdbool.h>

#include "core/process/barrier.h"

typedef struct rp_parking {
  rp_word parked;
  rp_word asymmetric;
} rp_parking;

/* Take the token if it is here. Any thread, wait-free. Returns true if the caller has it
 * now. */
static inline bool
rp_parking_take(rp_parking *parking) {
  /* Acquire: see what the former holder of the token has done. Release pairs with
   * rp_parking_put(): a consumer that parks after we have found no token sees what we
   * stored before. */
  return rp_exchange(&parking->parked, 0) != 0;
}

/* Publish `value` in `word`. Producer only, wait-free. Returns true if the consumer was
 * parked: the caller has its token and owes it one doorbell. */
static inline bool
rp_parking_publish(rp_parking *parking, rp_word *word, uint32_t value) {
  rp_store_release(word, value);
  /* Orders the compiler only; the consumer's barrier orders the processor. */
  atomic_signal_fence(memory_order_seq_cst);
  if (rp_load_relaxed(&parking->asymmetric) != 0) return false;
  return rp_parking_take(parking);
}

/* Put the token here, then load `word` again and return its value. Consumer only,
 * wait-free except for the system's memory barrier. */
static inline uint32_t
rp_parking_put(rp_parking *parking, rp_word *word) {
  bool asymmetric = rp_load_relaxed(&parking->asymmetric) != 0;

  if (asymmetric) rp_store_relaxed(&parking->asymmetric, 0);
  /* Acquire pairs with a producer that found no token in rp_parking_take(). */
  (void) rp_exchange(&parking->parked, 1);
  if (asymmetric) rp_barrier_all();
  /* Relaxed: the records are read after an acquire of their own. */
  return rp_load_relaxed(word);
}

/* Let the producer skip the exchange, if the system has a barrier. Consumer only. Does
 * nothing while the token is here, which happens if a consumer reads without having been
 * woken: the producer must then see `parked`, since no barrier will be issued. */
static inline void
rp_parking_go_asymmetric(rp_parking *parking) {
  if (rp_load_relaxed(&parking->asymmetric) == 0 &&
      rp_load_relaxed(&parking->parked) == 0 && rp_barrier_ready())
    rp_store_relaxed(&parking->asymmetric, 1);
}

#endif
