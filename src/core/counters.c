/*
 * counters.c - what a side of a shared ring counts, in the ring, for anyone to read.
 */
#include "hub.h"

#include <string.h>

/* How often the fill of an mpmc ring is looked at, by counts: its positions are busy words. */
#define SAMPLE 64u

static double
number(const rp_number *counter) {
  uint64_t bits = rp_load_relaxed(counter);
  double value;

  memcpy(&value, &bits, sizeof(value));
  return value;
}

static uint64_t
bits_of(double value) {
  uint64_t bits;

  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

void
rp__side_count(rp_side *side, rp_number *counter, double by) {
  uint64_t old;

  if (!side->counts_together) {
    rp_store_relaxed(counter, bits_of(number(counter) + by));
    return;
  }
  do old = bits_of(number(counter));
  while (!rp_cas(counter, &old, bits_of(number(counter) + by)));
}

static void
count_fill(rp_side *side, double in_use) {
  rp_number *most = &side->counters->high_water;

  /* Of several that share the block one may win over a higher one; see shared.h. */
  if (in_use > number(most)) rp_store_relaxed(most, bits_of(in_use));
}

void
rp__side_count_up(rp_side *side) {
  rp_shared_words *words = side->shared.words;

  if (side->records == 0) return;
  rp__side_count(side, &side->counters->records, (double) side->records);
  rp__side_count(side, &side->counters->bytes, (double) side->bytes);
  side->records = 0;
  side->bytes = 0;
  if (side->role == RP_CONSUMER && side->shared.mode == RP_SPSC)
    count_fill(side, side->as.spsc_consumer.most);
  if (side->role == RP_CONSUMER && side->shared.mode == RP_MPSC)
    count_fill(side, side->as.mpsc_consumer.most);
  if (side->shared.mode == RP_MPMC && side->turns++ % SAMPLE == 0) {
    uint64_t head = rp_load_acquire(&words->head.wide) / RP_MPMC_STEP;
    uint64_t in_use = rp_load_relaxed(&words->tail.wide) / RP_MPMC_STEP - head;

    if (in_use <= side->shared.capacity) count_fill(side, (double) in_use);
  }
}
