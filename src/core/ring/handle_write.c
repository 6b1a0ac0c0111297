/*
 * handle_write.c - what a producer of a shared ring does, in the mode of the ring.
 */
#include "core/ring/wait_queue.h"
#include "core/failpoint.h"

#include <assert.h>
#include <string.h>

static int
claim(rp_side *side, uint32_t length, uint8_t **payload) {
  switch (side->shared.mode) {
    case RP_SPSC:
      return rp_spsc_claim(&side->as.spsc_producer, length, payload);
    case RP_MPSC:
      return rp_mpsc_claim(&side->as.mpsc_producer, length, payload);
    default:
      return rp_mpmc_claim(&side->as.mpmc_producer, length, payload);
  }
}

int
rp_side_claim(rp_side *side, uint32_t type, uint32_t length, uint8_t **payload) {
  assert(side->role == RP_PRODUCER && type > 0 && type < RP_SLOT_PADDING);
  if (side->claiming) return RP_ECLAIM;

  int result = claim(side, length, payload);

  if (result == RP_OK) {
    side->claiming = true;
    side->claim_length = length;
    side->claim_type = type;
    rp_failpoint("side:claimed");
    if (side->slept) rp__side_hand_on(side);
  } else if (result == RP_FULL) {
    rp__side_count(side, &side->counters->stalls, 1);
    rp__side_look_at_fill(side);
    /* There will be room when what is not visible yet has been read. */
    rp_side_publish(side);
  }
  return result;
}

static void
commit(rp_side *side, uint32_t type, uint32_t length) {
  switch (side->shared.mode) {
    case RP_SPSC:
      rp_spsc_commit(&side->as.spsc_producer, type, length);
      break;
    case RP_MPSC:
      rp_mpsc_commit(&side->as.mpsc_producer, side->claim_length, type, length);
      break;
    default:
      rp_mpmc_commit(&side->as.mpmc_producer, type, length);
  }
  rp_failpoint("side:committed");
  side->claiming = false;
  side->unpublished++;
}

int
rp_side_commit(rp_side *side, uint32_t length) {
  if (!side->claiming || length > side->claim_length) return RP_ECLAIM;
  commit(side, side->claim_type, length);
  side->records++;
  side->bytes += length;
  return RP_OK;
}

void
rp_side_abort(rp_side *side) {
  if (!side->claiming) return;
  rp__side_count(side, &side->counters->aborted, 1);
  side->claiming = false;
  if (side->shared.mode == RP_SPSC) {
    /* Padding before the claim stays, and goes with the next publish. */
    if (side->as.spsc_producer.position != side->as.spsc_producer.published)
      side->unpublished++;
    return;
  }
  /* What others have committed behind it can be read now. */
  if (side->shared.mode == RP_MPSC)
    commit(side, RP_PADDING, rp_record_size(side->claim_length) - RP_RECORD_HEADER);
  else
    commit(side, RP_SLOT_PADDING, 0);
  rp_side_publish(side);
}

void
rp_side_publish(rp_side *side) {
  uint32_t records = side->unpublished;
  bool wanted;

  if (records == 0) return;
  side->unpublished = 0;
  rp__side_count_up(side);
  switch (side->shared.mode) {
    case RP_SPSC:
      wanted = rp_spsc_publish(&side->as.spsc_producer);
      break;
    case RP_MPSC:
      wanted = rp_mpsc_publish(&side->as.mpsc_producer);
      break;
    default:
      wanted = rp_mpmc_publish(&side->as.mpmc_producer);
  }
  rp_failpoint("side:published");
  if (wanted) rp_side_wake_others(side, records);
}

/* Claim, copy, commit. */
static int
put(rp_side *side, uint32_t type, const void *bytes, uint32_t length) {
  uint8_t *payload;
  int result = rp_side_claim(side, type, length, &payload);

  if (result != RP_OK) return result;
  if (length > 0) memcpy(payload, bytes, length);
  return rp_side_commit(side, length);
}

int
rp_side_write(rp_side *side, uint32_t type, const void *bytes, uint32_t length) {
  int result = put(side, type, bytes, length);

  if (result == RP_OK) rp_side_publish(side);
  return result;
}

int
rp_side_write_many(rp_side *side, uint32_t type, const uint8_t *bytes,
                   const uint32_t *lengths, uint32_t count, uint32_t *written) {
  int result = RP_OK;

  for (*written = 0; *written < count; ++*written) {
    result = put(side, type, bytes, lengths[*written]);
    if (result != RP_OK) break;
    bytes += lengths[*written];
  }
  rp_side_publish(side);
  return result;
}
