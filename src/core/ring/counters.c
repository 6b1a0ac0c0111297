/*
 * counters.c - the counters of a handle, which are in the ring for anyone to read.
 */
#include "core/ring/handle.h"
#include "core/ring/wait_queue.h"

#include <string.h>

/* An mpmc handle samples the fill once in so many counts: the positions are contended. */
#define SAMPLE 64u

static double
number(const rp_atomic_u64 *counter) {
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
rp__ring_count(rp_ring_handle *handle, rp_atomic_u64 *counter, double by) {
  uint64_t old;

  if (!handle->counts_together) {
    rp_store_relaxed(counter, bits_of(number(counter) + by));
    return;
  }
  do old = bits_of(number(counter));
  while (!rp_cas(counter, &old, bits_of(number(counter) + by)));
}

static void
fill_seen(rp_ring_handle *handle, uint64_t in_use) {
  rp_atomic_u64 *most = &handle->counters->high_water;

  if (in_use > handle->shared.capacity) return;
  /* Handles that share a block may overwrite a higher value: it is not exact. */
  if ((double) in_use > number(most)) rp_store_relaxed(most, bits_of((double) in_use));
}

void
rp__ring_look_at_fill(rp_ring_handle *handle) {
  rp_shared_words *words = handle->shared.words;

  if (handle->shared.mode == RP_SPSC) {
    uint32_t head = rp_load_acquire(&words->head.word);

    fill_seen(handle, rp_load_relaxed(&words->tail.word) - head);
    return;
  }

  uint64_t head = rp_load_acquire(&words->head.wide);
  uint64_t tail = rp_load_relaxed(&words->tail.wide);

  if (handle->shared.mode == RP_MPSC)
    fill_seen(handle, tail - head);
  else
    fill_seen(handle, tail / RP_MPMC_STEP - head / RP_MPMC_STEP);
}

void
rp__ring_count_up(rp_ring_handle *handle) {
  if (handle->records == 0) return;
  rp__ring_count(handle, &handle->counters->records, (double) handle->records);
  rp__ring_count(handle, &handle->counters->bytes, (double) handle->bytes);
  handle->records = 0;
  handle->bytes = 0;
  if (handle->shared.mode == RP_MPMC) {
    if (handle->turns++ % SAMPLE == 0) rp__ring_look_at_fill(handle);
  } else if (handle->role == RP_CONSUMER) {
    fill_seen(handle, handle->shared.mode == RP_SPSC ? handle->as.spsc_consumer.most
                                                     : handle->as.mpsc_consumer.most);
  }
}
