/*
 * handle_write.c - what a producer of a shared ring does, by the mode of the ring.
 */
#include "core/ring/handle.h"

#include "core/ring/wait_queue.h"
#include "core/failpoint.h"

#include <assert.h>
#include <string.h>

static int
claim(rp_ring_handle *handle, uint32_t length, uint8_t **payload) {
  switch (handle->shared.mode) {
    case RP_SPSC:
      return rp_spsc_claim(&handle->as.spsc_producer, length, payload);
    case RP_MPSC:
      return rp_mpsc_claim(&handle->as.mpsc_producer, length, payload);
    default:
      return rp_mpmc_claim(&handle->as.mpmc_producer, length, payload);
  }
}

int
rp_ring_claim(rp_ring_handle *handle, uint32_t type, uint32_t length, uint8_t **payload) {
  assert(handle->role == RP_PRODUCER && type > 0 && type < RP_SLOT_PADDING);
  if (handle->claiming) return RP_ECLAIM;

  int result = claim(handle, length, payload);

  if (result == RP_OK) {
    handle->claiming = true;
    handle->claim_length = length;
    handle->claim_type = type;
    rp_failpoint("handle:claimed");
    if (handle->slept) rp__ring_hand_on(handle);
  } else if (result == RP_FULL) {
    rp__ring_count(handle, &handle->counters->stalls, 1);
    rp__ring_look_at_fill(handle);
    /* Consumers can make room only after reading what is not published yet. */
    rp_ring_publish(handle);
  }
  return result;
}

static void
commit(rp_ring_handle *handle, uint32_t type, uint32_t length) {
  switch (handle->shared.mode) {
    case RP_SPSC:
      rp_spsc_commit(&handle->as.spsc_producer, type, length);
      break;
    case RP_MPSC:
      rp_mpsc_commit(&handle->as.mpsc_producer, handle->claim_length, type, length);
      break;
    default:
      rp_mpmc_commit(&handle->as.mpmc_producer, type, length);
  }
  rp_failpoint("handle:committed");
  handle->claiming = false;
  handle->unpublished++;
}

int
rp_ring_commit(rp_ring_handle *handle, uint32_t length) {
  if (!handle->claiming || length > handle->claim_length) return RP_ECLAIM;
  commit(handle, handle->claim_type, length);
  handle->records++;
  handle->bytes += length;
  return RP_OK;
}

void
rp_ring_abort(rp_ring_handle *handle) {
  if (!handle->claiming) return;
  rp__ring_count(handle, &handle->counters->aborted, 1);
  handle->claiming = false;
  if (handle->shared.mode == RP_SPSC) {
    /* Padding before the claim remains, and is published next time. */
    if (handle->as.spsc_producer.position != handle->as.spsc_producer.published)
      handle->unpublished++;
    return;
  }
  /* Consumers are waiting for this claim: let them skip it. */
  if (handle->shared.mode == RP_MPSC)
    commit(handle, RP_PADDING, rp_record_size(handle->claim_length) - RP_RECORD_HEADER);
  else
    commit(handle, RP_SLOT_PADDING, 0);
  rp_ring_publish(handle);
}

void
rp_ring_publish(rp_ring_handle *handle) {
  uint32_t records = handle->unpublished;
  bool wanted;

  if (records == 0) return;
  handle->unpublished = 0;
  rp__ring_count_up(handle);
  switch (handle->shared.mode) {
    case RP_SPSC:
      wanted = rp_spsc_publish(&handle->as.spsc_producer);
      break;
    case RP_MPSC:
      wanted = rp_mpsc_publish(&handle->as.mpsc_producer);
      break;
    default:
      wanted = rp_mpmc_publish(&handle->as.mpmc_producer);
  }
  rp_failpoint("handle:published");
  if (wanted) rp_ring_wake_others(handle, records);
}

/* Claim, copy, commit. */
static int
put(rp_ring_handle *handle, uint32_t type, const void *bytes, uint32_t length) {
  uint8_t *payload;
  int result = rp_ring_claim(handle, type, length, &payload);

  if (result != RP_OK) return result;
  if (length > 0) memcpy(payload, bytes, length);
  return rp_ring_commit(handle, length);
}

int
rp_ring_write(rp_ring_handle *handle, uint32_t type, const void *bytes, uint32_t length) {
  int result = put(handle, type, bytes, length);

  if (result == RP_OK) rp_ring_publish(handle);
  return result;
}

int
rp_ring_write_many(rp_ring_handle *handle, uint32_t type, const uint8_t *bytes,
                   const uint32_t *lengths, uint32_t count, uint32_t *written) {
  int result = RP_OK;

  for (*written = 0; *written < count; ++*written) {
    result = put(handle, type, bytes, lengths[*written]);
    if (result != RP_OK) break;
    bytes += lengths[*written];
  }
  rp_ring_publish(handle);
  return result;
}
