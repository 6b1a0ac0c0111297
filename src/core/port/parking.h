/*
 * parking.h - the wake-up token of a consumer that may sleep.
 *
 *   WORD    WRITTEN BY            DESCRIPTION
 *   parked  consumer, producer    1: the token is here. The consumer puts it here when it has drained;
 *                                 whoever takes it does so by exchange
 *   asymmetric   consumer              1: the token is not here, and is not relied on here before all threads of
 *                                 the process have passed a barrier
 *
 * The token is in exactly one place: here, in a doorbell that has not run yet, or with
 * the running consumer. The producer stores what it publishes, then takes the token; the
 * consumer puts the token here, then looks at what is published. Both exchange one word,
 * so their order is total: if the consumer was first, the producer finds the token; if
 * the producer was, the consumer sees what it has stored. (In between, it may read that
 * and park: then the producer finds the token, and wakes it for nothing.)
 *
 * But an exchange waits until all that was stored before has arrived, however far away
 * the lines are. So a consumer that has much to read sets `asymmetric`, and a producer
 * that finds it set, behind its store, leaves it at that. To park, the consumer clears
 * `asymmetric` and passes rp_barrier_all() (barrier.h) before it looks: a producer that
 * was past its store by then is seen; one that was not finds `asymmetric` cleared, and
 * exchanges. It may be late by several parkings, of which only the first had a barrier,
 * and still finds that.
 */
#ifndef RP_CORE_PORT_PARKING_H_
#define RP_CORE_PORT_PARKING_H_

#include <stdbool.h>

#include "core/process/barrier.h"

typedef struct rp_parking {
  rp_word parked;
  rp_word asymmetric;
} rp_parking;

/* Take the token if it is here. Any side, wait-free. */
static inline bool
rp_parking_take(rp_parking *parking) {
  /* Acquire half: what was done with the token before. Release half pairs with
   * rp_parking_put(): if the token is not here, who puts it here next sees what was
   * stored before this. */
  return rp_exchange(&parking->parked, 0) != 0;
}

/* Publish `value` in `word`, which is not touched again. Producer only, wait-free. True
 * if the consumer was parked: the caller has taken its token and owes it one doorbell. */
static inline bool
rp_parking_publish(rp_parking *parking, rp_word *word, uint32_t value) {
  rp_store_release(word, value);
  /* For the compiler only; the processor's part is the consumer's barrier. */
  atomic_signal_fence(memory_order_seq_cst);
  if (rp_load_relaxed(&parking->asymmetric) != 0) return false;
  return rp_parking_take(parking);
}

/* Put the token here; then look at `word`, whose value this returns, once more. Consumer
 * only, wait-free but for the system's barrier. */
static inline uint32_t
rp_parking_put(rp_parking *parking, rp_word *word) {
  bool asymmetric = rp_load_relaxed(&parking->asymmetric) != 0;

  if (asymmetric) rp_store_relaxed(&parking->asymmetric, 0);
  /* Acquire half pairs with a producer that found nothing in rp_parking_take(). */
  (void) rp_exchange(&parking->parked, 1);
  if (asymmetric) rp_barrier_all();
  /* Relaxed: what lies below it is read behind an acquire of its own. */
  return rp_load_relaxed(word);
}

/* Let the producer do without the exchange. Consumer only. Nothing while the token is
 * here, as it is when a consumer reads without having been woken: it would sleep on
 * without a barrier. */
static inline void
rp_parking_go_asymmetric(rp_parking *parking) {
  if (rp_load_relaxed(&parking->asymmetric) == 0 &&
      rp_load_relaxed(&parking->parked) == 0 && rp_barrier_ready())
    rp_store_relaxed(&parking->asymmetric, 1);
}

#endif
