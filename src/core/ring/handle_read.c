/*
 * handle_read.c - what a consumer of a shared ring does, in the mode of the ring.
 */
#include "core/ring/wait_queue.h"
#include "core/failpoint.h"

#include <assert.h>

/* Slots that a consumer of mpmc takes at once, at most: while it reads them no one else can. */
#define RANGE_MAX 64u

/* The next record of a range; a new range of at most `limit` slots if it is at its end. */
static int
peek_range(rp_side *side, rp_record *record, uint32_t limit) {
  rp_mpmc_consumer *c = &side->as.mpmc_consumer;

  for (;;) {
    int result = rp_mpmc_peek(c, record);

    if (result != RP_EMPTY) return result;
    rp_side_release(side);
    result = rp_mpmc_take(c, limit < RANGE_MAX ? limit : RANGE_MAX);
    if (result != RP_OK) return result;
  }
}

static int
peek(rp_side *side, rp_record *record, uint32_t limit) {
  switch (side->shared.mode) {
    case RP_SPSC:
      return rp_spsc_peek(&side->as.spsc_consumer, record);
    case RP_MPSC:
      return rp_mpsc_peek(&side->as.mpsc_consumer, record);
    default:
      return peek_range(side, record, limit);
  }
}

/* A look at the ring by its owner, not by take(). */
static int
looked(rp_side *side, int result) {
  if (result == RP_EMPTY) rp__side_count(side, &side->counters->stalls, 1);
  if (result == RP_OK && side->slept) rp__side_hand_on(side);
  return result;
}

int
rp_side_peek(rp_side *side, rp_record *record) {
  assert(side->role == RP_CONSUMER);
  return looked(side, peek(side, record, 1));
}

void
rp_side_advance(rp_side *side, const rp_record *record) {
  switch (side->shared.mode) {
    case RP_SPSC:
      rp_spsc_advance(&side->as.spsc_consumer, record);
      break;
    case RP_MPSC:
      rp_mpsc_advance(&side->as.mpsc_consumer, record);
      break;
    default:
      rp_mpmc_advance(&side->as.mpmc_consumer);
  }
  side->unpublished++;
  side->records++;
  side->bytes += record->length;
}

int
rp_side_take(rp_side *side, rp_record *records, uint32_t limit, uint32_t *taken) {
  int result = RP_OK;

  assert(side->role == RP_CONSUMER);
  for (*taken = 0; *taken < limit; ++*taken) {
    /* What was taken of a range stays valid: it is not gone beyond. */
    if (side->shared.mode == RP_MPMC && *taken > 0)
      result = rp_mpmc_peek(&side->as.mpmc_consumer, &records[*taken]);
    else
      result = peek(side, &records[*taken], limit);
    if (result != RP_OK) break;
    rp_failpoint("side:peeked");
    rp_side_advance(side, &records[*taken]);
  }
  return looked(side, *taken > 0 ? RP_OK : result);
}

void
rp_side_release(rp_side *side) {
  uint32_t records = side->unpublished;
  bool wanted;

  side->unpublished = 0;
  rp__side_count_up(side);
  switch (side->shared.mode) {
    case RP_SPSC:
      wanted = rp_spsc_release(&side->as.spsc_consumer);
      break;
    case RP_MPSC:
      wanted = rp_mpsc_release(&side->as.mpsc_consumer);
      break;
    default:
      wanted = rp_mpmc_release(&side->as.mpmc_consumer);
  }
  rp_failpoint("side:released");
  if (wanted) rp_side_wake_others(side, records > 0 ? records : 1);
}

/* From the end of the first `count` of the records to `position`: bytes, or slots. */
static uint32_t
back_to(const rp_side *side, uint32_t position, const rp_record *records,
        uint32_t count) {
  const rp_shared *shared = &side->shared;
  const rp_record *last = &records[count == 0 ? 0 : count - 1];
  uint32_t at = (uint32_t) (last->payload - RP_RECORD_HEADER - shared->data);
  uint32_t size = rp_record_size(last->length);

  if (shared->mode == RP_MPMC) at /= shared->stride, size = 1;
  if (count > 0) at += size;

  uint32_t back = (position - at) & (shared->capacity - 1);

  /* All of a full ring. */
  return back == 0 && count == 0 ? shared->capacity : back;
}

void
rp_side_release_some(rp_side *side, const rp_record *records, uint32_t taken,
                     uint32_t count) {
  if (count < taken) {
    if (side->shared.mode == RP_SPSC) {
      rp_spsc_consumer *c = &side->as.spsc_consumer;

      c->position -= back_to(side, c->position, records, count);
      c->limit = c->position;
    } else if (side->shared.mode == RP_MPSC) {
      rp_mpsc_consumer *c = &side->as.mpsc_consumer;

      c->position -= back_to(side, (uint32_t) c->position, records, count);
    } else {
      rp_mpmc_consumer *c = &side->as.mpmc_consumer;

      c->next -= back_to(side, c->next, records, count);
    }
    for (uint32_t i = count; i < taken; i++) side->bytes -= records[i].length;
    side->records -= taken - count;
    side->unpublished -= taken - count;
  }
  rp_side_release(side);
}
