/*
 * counters.c - what a side of a shared ring counts, in the ring, for anyone to read.
 */
#include "core/ring/wait_queue.h"

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
fill_seen(rp_side *side, uint64_t in_use) {
  rp_number *most = &side->counters->high_water;

  if (in_use > side->shared.capacity) return;
  /* Of several that share the block one may win over a higher one; see shared_memory.h. */
  if ((double) in_use > number(most)) rp_store_relaxed(most, bits_of((double) in_use));
}

void
rp__side_look_at_fill(rp_side *side) {
  rp_shared_words *words = side->shared.words;

  if (side->shared.mode == RP_SPSC) {
    uint32_t head = rp_load_acquire(&words->head.word);

    fill_seen(side, rp_load_relaxed(&words->tail.word) - head);
    return;
  }

  uint64_t head = rp_load_acquire(&words->head.wide);
  uint64_t tail = rp_load_relaxed(&words->tail.wide);

  if (side->shared.mode == RP_MPSC)
    fill_seen(side, tail - head);
  else
    fill_seen(side, tail / RP_MPMC_STEP - head / RP_MPMC_STEP);
}

void
rp__side_count_up(rp_side *side) {
  if (side->records == 0) return;
  rp__side_count(side, &side->counters->records, (double) side->records);
  rp__side_count(side, &side->counters->bytes, (double) side->bytes);
  side->records = 0;
  side->bytes = 0;
  if (side->shared.mode == RP_MPMC) {
    if (side->turns++ % SAMPLE == 0) rp__side_look_at_fill(side);
  } else if (side->role == RP_CONSUMER) {
    fill_seen(side, side->shared.mode == RP_SPSC ? side->as.spsc_consumer.most
                                                 : side->as.mpsc_consumer.most);
  }
}
