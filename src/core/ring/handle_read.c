/*
 * handle_read.c - what a consumer of a shared ring does, by the mode of the ring.
 */
#include "core/ring/handle.h"

#include "core/ring/wait_queue.h"
#include "core/failpoint.h"

#include <assert.h>

/* Most slots that an mpmc consumer takes at once: no other consumer gets them. */
#define RANGE_MAX 64u

/* Read the next record of the range. At its end, take a new range of at most `limit`
 * slots. */
static int
peek_range(rp_ring_handle *handle, rp_record *record, uint32_t limit) {
  rp_mpmc_consumer *c = &handle->as.mpmc_consumer;

  for (;;) {
    int result = rp_mpmc_peek(c, record);

    if (result != RP_EMPTY) return result;
    rp_ring_release(handle);
    result = rp_mpmc_take(c, limit < RANGE_MAX ? limit : RANGE_MAX);
    if (result != RP_OK) return result;
  }
}

static int
peek(rp_ring_handle *handle, rp_record *record, uint32_t limit) {
  switch (handle->shared.mode) {
    case RP_SPSC:
      return rp_spsc_peek(&handle->as.spsc_consumer, record);
    case RP_MPSC:
      return rp_mpsc_peek(&handle->as.mpsc_consumer, record);
    default:
      return peek_range(handle, record, limit);
  }
}

/* Count a look at the ring that found nothing; pass on what a woken handle leaves. */
static int
looked(rp_ring_handle *handle, int result) {
  if (result == RP_EMPTY) rp__ring_count(handle, &handle->counters->stalls, 1);
  if (result == RP_OK && handle->slept) rp__ring_hand_on(handle);
  return result;
}

int
rp_ring_peek(rp_ring_handle *handle, rp_record *record) {
  assert(handle->role == RP_CONSUMER);
  return looked(handle, peek(handle, record, 1));
}

void
rp_ring_advance(rp_ring_handle *handle, const rp_record *record) {
  switch (handle->shared.mode) {
    case RP_SPSC:
      rp_spsc_advance(&handle->as.spsc_consumer, record);
      break;
    case RP_MPSC:
      rp_mpsc_advance(&handle->as.mpsc_consumer, record);
      break;
    default:
      rp_mpmc_advance(&handle->as.mpmc_consumer);
  }
  handle->unpublished++;
  handle->records++;
  handle->bytes += record->length;
}

int
rp_ring_take(rp_ring_handle *handle, rp_record *records, uint32_t limit,
             uint32_t *taken) {
  int result = RP_OK;

  assert(handle->role == RP_CONSUMER);
  for (*taken = 0; *taken < limit; ++*taken) {
    /* Stay within the range, so that the records taken remain valid. */
    if (handle->shared.mode == RP_MPMC && *taken > 0)
      result = rp_mpmc_peek(&handle->as.mpmc_consumer, &records[*taken]);
    else
      result = peek(handle, &records[*taken], limit);
    if (result != RP_OK) break;
    rp_failpoint("handle:peeked");
    rp_ring_advance(handle, &records[*taken]);
  }
  return looked(handle, *taken > 0 ? RP_OK : result);
}

void
rp_ring_release(rp_ring_handle *handle) {
  uint32_t records = handle->unpublished;
  bool wanted;

  handle->unpublished = 0;
  rp__ring_count_up(handle);
  switch (handle->shared.mode) {
    case RP_SPSC:
      wanted = rp_spsc_release(&handle->as.spsc_consumer);
      break;
    case RP_MPSC:
      wanted = rp_mpsc_release(&handle->as.mpsc_consumer);
      break;
    default:
      wanted = rp_mpmc_release(&handle->as.mpmc_consumer);
  }
  rp_failpoint("handle:released");
  if (wanted) rp_ring_wake_others(handle, records > 0 ? records : 1);
}

/* Return the distance from the end of the first `count` records to `position`, in bytes
 * or slots. */
static uint32_t
back_to(const rp_ring_handle *handle, uint32_t position, const rp_record *records,
        uint32_t count) {
  const rp_shared *shared = &handle->shared;
  const rp_record *last = &records[count == 0 ? 0 : count - 1];
  uint32_t at = (uint32_t) (last->payload - RP_RECORD_HEADER - shared->data);
  uint32_t size = rp_record_size(last->length);

  if (shared->mode == RP_MPMC) at /= shared->stride, size = 1;
  if (count > 0) at += size;

  uint32_t back = (position - at) & (shared->capacity - 1);

  /* 0 modulo the capacity: the records are the whole of a full ring. */
  return back == 0 && count == 0 ? shared->capacity : back;
}

void
rp_ring_release_some(rp_ring_handle *handle, const rp_record *records, uint32_t taken,
                     uint32_t count) {
  if (count < taken) {
    if (handle->shared.mode == RP_SPSC) {
      rp_spsc_consumer *c = &handle->as.spsc_consumer;

      c->position -= back_to(handle, c->position, records, count);
      c->limit = c->position;
    } else if (handle->shared.mode == RP_MPSC) {
      rp_mpsc_consumer *c = &handle->as.mpsc_consumer;

      c->position -= back_to(handle, (uint32_t) c->position, records, count);
    } else {
      rp_mpmc_consumer *c = &handle->as.mpmc_consumer;

      c->next -= back_to(handle, c->next, records, count);
    }
    for (uint32_t i = count; i < taken; i++) handle->bytes -= records[i].length;
    handle->records -= taken - count;
    handle->unpublished -= taken - count;
  }
  rp_ring_release(handle);
}
