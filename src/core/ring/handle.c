/*
 * handle.c - how a handle of a shared ring is opened and ended, and how a ring is closed.
 */
#include "core/ring/handle.h"

#include "core/ring/wait_queue.h"
#include "core/failpoint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void
init(rp_ring_handle *handle) {
  const rp_shared *shared = &handle->shared;
  bool producer = handle->role == RP_PRODUCER;

  switch (shared->mode) {
    case RP_SPSC:
      if (producer)
        rp_spsc_producer_init(&handle->as.spsc_producer, shared);
      else
        rp_spsc_consumer_init(&handle->as.spsc_consumer, shared);
      break;
    case RP_MPSC:
      if (producer)
        rp_mpsc_producer_init(&handle->as.mpsc_producer, shared);
      else
        rp_mpsc_consumer_init(&handle->as.mpsc_consumer, shared);
      break;
    default:
      if (producer)
        rp_mpmc_producer_init(&handle->as.mpmc_producer, shared);
      else
        rp_mpmc_consumer_init(&handle->as.mpmc_consumer, shared);
  }
}

/* Show the number of handles in the ring. The wait queue's lock is held. */
static void
tell_count(rp_wait_queue *queue) {
  rp_store_relaxed(&queue->shared.words->producers, queue->handles[RP_PRODUCER]);
  rp_store_relaxed(&queue->shared.words->consumers, queue->handles[RP_CONSUMER]);
}

/* Join the wait queue. False if the role is taken. */
static bool
join(rp_ring_handle *handle) {
  rp_wait_queue *queue = handle->queue;
  rp_mode mode = handle->shared.mode;
  bool one = mode == RP_SPSC || (mode == RP_MPSC && handle->role == RP_CONSUMER);
  uint32_t block = 0;

  rp_lock_take(&queue->lock);
  if (one && queue->handles[handle->role] > 0) {
    rp_lock_drop(&queue->lock);
    return false;
  }
  queue->handles[handle->role]++;
  tell_count(queue);
  while (block < RP_SHARED_BLOCKS - 1 && (queue->blocks[handle->role] & 1u << block) != 0)
    block++;
  queue->blocks[handle->role] |= 1u << block;
  handle->counters = &handle->shared.words->counters[handle->role][block];
  handle->counts_together = block == RP_SHARED_BLOCKS - 1;
  init(handle);
  rp_lock_drop(&queue->lock);
  return true;
}

int
rp_ring_open(rp_ring_handle **opened, void *memory, size_t size, rp_role role,
             rp_ring_wake wake, void *context) {
  rp_shared shared;
  int result = rp_shared_map(&shared, memory, size);
  rp_ring_handle *handle;

  if (result != RP_OK) return result;
  if ((handle = malloc(sizeof(*handle))) == NULL) return RP_ENOMEM;
  memset(handle, 0, sizeof(*handle));
  handle->shared = shared;
  handle->role = role;
  handle->wake = wake;
  handle->context = context;
  if ((handle->queue = rp__wait_queue_enter(&shared)) == NULL) {
    free(handle);
    return RP_ENOMEM;
  }
  rp_failpoint("handle:entered");
  if (!join(handle)) {
    rp__wait_queue_leave(handle->queue);
    free(handle);
    return RP_EBUSY;
  }
  rp_cond_init(&handle->cond);
  *opened = handle;
  return RP_OK;
}

void
rp_ring_end(rp_ring_handle *handle) {
  rp_wait_queue *queue = handle->queue;

  if (handle->role == RP_PRODUCER) {
    rp_ring_abort(handle);
    rp_ring_publish(handle);
  } else if (handle->shared.mode == RP_MPMC) {
    /* No other consumer can get the rest of its range: it counts as read. */
    handle->as.mpmc_consumer.next = handle->as.mpmc_consumer.to;
    rp_ring_release(handle);
  }
  rp_failpoint("handle:ending");
  rp_lock_take(&queue->lock);
  rp__wait_queue_unlist(handle);
  queue->handles[handle->role]--;
  tell_count(queue);
  if (!handle->counts_together)
    queue->blocks[handle->role] &=
        ~(1u << (handle->counters - handle->shared.words->counters[handle->role]));
  rp__wait_queue_wake_all(queue);
  rp_lock_drop(&queue->lock);
  rp_failpoint("handle:ended");
  rp__wait_queue_leave(queue);
  rp_cond_destroy(&handle->cond);
  free(handle);
}

const rp_shared *
rp_ring_shared(const rp_ring_handle *handle) {
  return &handle->shared;
}

rp_shared_counters *
rp_ring_counters(rp_ring_handle *handle) {
  return handle->counts_together ? NULL : handle->counters;
}

int
rp_shared_close(void *memory, size_t size) {
  rp_shared shared;
  int result = rp_shared_map(&shared, memory, size);

  if (result != RP_OK) return result;

  rp_wait_queue *queue = rp__wait_queue_enter(&shared);

  if (queue == NULL) return RP_ENOMEM;

  rp_shared_words *words = shared.words;

  rp_failpoint("handle:closing");
  rp_lock_take(&queue->lock);
  /* Release pairs with the acquire in rp_spsc_look(). */
  (void) rp_fetch_or(&words->state, RP_STATE_CLOSED);
  /* Claims are ordered by tail: earlier ones are before the bit CLOSED, later ones see
   * it. */
  if (shared.mode != RP_SPSC)
    (void) rp_fetch_or(&words->tail.wide, (uint64_t) RP_TAIL_CLOSED);
  rp__wait_queue_wake_all(queue);
  rp_lock_drop(&queue->lock);
  rp__wait_queue_leave(queue);
  return RP_OK;
}

uint32_t
rp_ring_count(const rp_ring_handle *handle, rp_role role) {
  rp_lock_take(&handle->queue->lock);

  uint32_t now = handle->queue->handles[role];

  rp_lock_drop(&handle->queue->lock);
  return now;
}

void
rp_ring_set_position(rp_ring_handle *handle, uint32_t position) {
  assert(handle->shared.mode == RP_SPSC);
  position &= ~RP_FLAGS;
  if (handle->role == RP_PRODUCER) {
    rp_spsc_producer *p = &handle->as.spsc_producer;

    p->position = p->limit = p->published = position;
    p->released = position - handle->shared.capacity;
  } else {
    rp_spsc_consumer *c = &handle->as.spsc_consumer;

    c->position = c->limit = c->published = position;
    c->released = rp_load_relaxed(&handle->shared.words->head.word) & ~RP_FLAGS;
  }
}

uint32_t
rp_ring_position(const rp_ring_handle *handle) {
  assert(handle->shared.mode == RP_SPSC);
  return handle->role == RP_PRODUCER ? handle->as.spsc_producer.position
                                     : handle->as.spsc_consumer.position;
}
