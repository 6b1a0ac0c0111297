/*
 * handle_wait.c - how the handles of a shared ring wait and wake each other; see
 * "Sleeping" in handle.h.
 */
#include "core/ring/handle.h"

#include "core/ring/wait_queue.h"
#include "core/failpoint.h"

/* Return true if there is room for a record of `length` bytes. Any thread. */
static bool
writable(const rp_shared *shared, uint32_t length) {
  switch (shared->mode) {
    case RP_SPSC:
      return rp_spsc_writable(shared, length);
    case RP_MPSC:
      return rp_mpsc_writable(shared, length);
    default:
      return rp_mpmc_writable(shared);
  }
}

static bool
readable(const rp_ring_handle *handle) {
  switch (handle->shared.mode) {
    case RP_SPSC:
      return rp_spsc_readable(&handle->as.spsc_consumer);
    case RP_MPSC:
      return rp_mpsc_readable(&handle->as.mpsc_consumer);
    default:
      return handle->as.mpmc_consumer.next != handle->as.mpmc_consumer.to ||
             rp_mpmc_readable(&handle->shared);
  }
}

static bool
ready(const rp_ring_handle *handle) {
  return handle->role == RP_PRODUCER ? writable(&handle->shared, handle->length)
                                     : readable(handle);
}

/* Before it sleeps, a handle publishes or releases what others may be waiting for. The
 * lock is not held. */
static void
settle(rp_ring_handle *handle) {
  if (handle->role == RP_PRODUCER)
    rp_ring_publish(handle);
  else
    rp_ring_release(handle);
}

/* Join the list of sleepers and look once more. Returns true if there is something: the
 * handle is still listed then, and if it was woken before, it owes the next a wake-up. */
static bool
lie_down(rp_ring_handle *handle, uint32_t length) {
  rp_wait_queue *queue = handle->queue;

  handle->length = length;
  handle->slept = true;
  rp__wait_queue_list(handle);
  /* The counterpart of rp_post(): a handle that publishes either sees this store, or has
   * published before ready() looks. */
  rp_store_seq(rp__wait_queue_wanted(queue, handle->role), 1);
  if (ready(handle)) return true;
  handle->woken = false;
  return false;
}

static inline int
nothing(const rp_ring_handle *handle) {
  return handle->role == RP_PRODUCER ? RP_FULL : RP_EMPTY;
}

int
rp_ring_park(rp_ring_handle *handle, uint32_t length) {
  rp_wait_queue *queue = handle->queue;
  int result = RP_OK;

  settle(handle);
  rp_failpoint("handle:parking");
  rp_lock_take(&queue->lock);
  handle->notify = !lie_down(handle, length);
  if (handle->notify)
    result = nothing(handle);
  else
    rp__wait_queue_unlist(handle);
  rp_lock_drop(&queue->lock);
  rp_failpoint("handle:parked");
  return result;
}

bool
rp_ring_unpark(rp_ring_handle *handle) {
  rp_wait_queue *queue = handle->queue;

  rp_lock_take(&queue->lock);

  bool waited = handle->notify;

  handle->notify = false;
  rp__wait_queue_unlist(handle);
  /* It may not want any more what it was woken for: wake the next. */
  if (handle->woken) rp__wait_queue_wake(queue, handle->role);
  handle->woken = false;
  handle->slept = false;
  rp_lock_drop(&queue->lock);
  return waited;
}

int
rp_ring_wait(rp_ring_handle *handle, uint32_t length, uint64_t nanoseconds) {
  rp_wait_queue *queue = handle->queue;
  uint64_t now = rp_now();
  uint64_t deadline = nanoseconds < UINT64_MAX - now ? now + nanoseconds : UINT64_MAX;
  bool found;

  settle(handle);
  rp_failpoint("handle:waiting");
  rp_lock_take(&queue->lock);
  found = lie_down(handle, length);
  if (!found) {
    handle->blocked = true;
    while (handle->listed && rp_cond_wait_until(&handle->cond, &queue->lock, deadline)) {}
    handle->blocked = false;
    found = !handle->listed;
  }
  /* A handle that is also parked stays so. */
  if (!handle->notify) rp__wait_queue_unlist(handle);
  rp_lock_drop(&queue->lock);
  rp_failpoint("handle:waited");
  return found ? RP_OK : nothing(handle);
}

void
rp_ring_wake_others(rp_ring_handle *handle, uint32_t records) {
  rp_wait_queue *queue = handle->queue;
  rp_role role = handle->role == RP_PRODUCER ? RP_CONSUMER : RP_PRODUCER;
  /* A release makes room for at least one record; the producer woken for it wakes the
   * next if there is more. */
  uint32_t most = handle->shared.mode == RP_MPMC ? records : 1;
  uint32_t woken = 0;

  rp_failpoint("handle:waking");
  rp_lock_take(&queue->lock);
  while (queue->first[role] != NULL && woken < most) {
    /* A producer that wants less room does not overtake the first. */
    if (role == RP_PRODUCER && !writable(&queue->shared, queue->first[role]->length))
      break;
    rp__wait_queue_wake(queue, role);
    woken++;
  }
  /* If the word was set and nobody sleeps, every publish would come here: clear it. */
  if (queue->first[role] == NULL) rp_store_relaxed(rp__wait_queue_wanted(queue, role), 0);
  rp_lock_drop(&queue->lock);
  if (woken > 0) rp__ring_count(handle, &handle->counters->wakeups, woken);
}

void
rp__ring_hand_on(rp_ring_handle *handle) {
  rp_wait_queue *queue = handle->queue;

  rp_lock_take(&queue->lock);

  rp_ring_handle *first = queue->first[handle->role];
  bool owes = handle->woken && first != NULL;

  if (owes && (handle->role == RP_PRODUCER ? writable(&queue->shared, first->length)
                                           : readable(handle)))
    rp__wait_queue_wake(queue, handle->role);
  handle->woken = false;
  /* A handle that is still on the list has not been woken yet. */
  handle->slept = handle->listed;
  rp_lock_drop(&queue->lock);
}
