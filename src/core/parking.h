/*
 * parking.h - the wake-up token of a consumer that may sleep.
 *
 *   WORD    WRITTEN BY            DESCRIPTION
 *   parked  consumer, producer    1: the token is here. The consumer puts it here when it has drained, and
 *                                 either side takes it, by exchange
 *   light   consumer              1: it passes a barrier before it relies on `parked`; see below
 *
 * The token is in exactly one place: here, in a doorbell that has not run yet, or with the running
 * consumer. The producer stores what it publishes, then loads `parked`; the consumer stores `parked`,
 * then loads what is published. Neither pair may change places, or both sides miss each other
 * (barrier.h). At first both sides' are sequentially consistent: for the producer an instruction that
 * waits until all it has stored has arrived, however far away the lines are. A consumer that has much
 * to read sets `light`: from then on the producer's are plain, and the consumer passes rp_barrier_all()
 * when it parks.
 *
 * The producer looks at `light` again, behind its load of `parked`: if it is still set, the consumer has
 * yet to pass a barrier before it sleeps, and will see what was stored. If not, the producer may have
 * been late: it stores and loads once more, in order.
 */
#ifndef RP_PARKING_H_
#define RP_PARKING_H_

#include <stdbool.h>

#include "barrier.h"

typedef struct rp_parking {
  rp_word parked;
  rp_word light;
} rp_parking;

/* Take the token if it is here. Any side, wait-free. */
static inline bool
rp_parking_take(rp_parking *parking) {
  return rp_exchange(&parking->parked, 0) != 0;
}

/* Publish `value` in `word`. Producer only, wait-free. True if the consumer was parked: the caller has
 * taken its token and owes it one doorbell. */
static inline bool
rp_parking_publish(rp_parking *parking, rp_word *word, uint32_t value) {
  if (rp_load_relaxed(&parking->light) != 0) {
    rp_store_release(word, value);
    /* For the compiler only; the processor's part is the consumer's barrier. */
    atomic_signal_fence(memory_order_seq_cst);
    /* Acquire keeps the next load behind this one. */
    if (rp_load_acquire(&parking->parked) != 0) return rp_parking_take(parking);
    if (rp_load_relaxed(&parking->light) != 0) return false;
  }
  rp_store_seq(word, value);
  return rp_load_seq(&parking->parked) != 0 && rp_parking_take(parking);
}

/* Put the token here; then look at `word`, whose value this returns, once more. Consumer only. */
static inline uint32_t
rp_parking_put(rp_parking *parking, rp_word *word) {
  rp_store_seq(&parking->parked, 1);
  if (rp_load_relaxed(&parking->light) != 0) {
    rp_store_relaxed(&parking->light, 0);
    rp_barrier_all();
  }
  return rp_load_seq(word);
}

#endif
