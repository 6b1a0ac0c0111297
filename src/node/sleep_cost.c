/*
 * sleep_cost.c - what a sleep costs on this machine.
 *
 * The cost of a sleep differs tenfold between machines: a round trip of two sleeping
 * threads takes 9 us on one core, 25 to 50 on two, and 100 in a small virtual machine. A
 * thread that spins for less never meets the answer. It cannot measure its own sleep, but
 * it can measure the system call that wakes another thread. That takes a fifth to a
 * quarter of such a round trip, so three of them are about half of it.
 */
#include "node/sleep_cost.h"

#include "core/atomic.h"
#include "node/spin.h"

#define RINGS_PER_SLEEP 3
#define SLEEP_LEAST (20 * RP_MICROSECOND)
/* Spinning for longer gains little. A ring that takes longer was preempted: ignore it. */
#define SLEEP_MOST (100 * RP_MICROSECOND)

/* Moving average over about eight rings, in nanoseconds. All threads write it, relaxed: a
 * lost update is one measurement less. */
static rp_word ring_cost = (uint32_t) (SLEEP_LEAST / RINGS_PER_SLEEP);

void
rp_sleep_cost_rung(uint64_t took) {
  if (took > SLEEP_MOST) return;

  uint32_t mean = rp_load_relaxed(&ring_cost);

  mean += (uint32_t) took / 8 - mean / 8;
  rp_store_relaxed(&ring_cost, mean);
}

uint64_t
rp_sleep_cost(void) {
  uint64_t cost = RINGS_PER_SLEEP * (uint64_t) rp_load_relaxed(&ring_cost);

  if (cost < SLEEP_LEAST) return SLEEP_LEAST;
  return cost < SLEEP_MOST ? cost : SLEEP_MOST;
}
