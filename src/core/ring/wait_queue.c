/*
 * wait_queue.c - what the handles of one ring in this process know of each other.
 */
#include "core/ring/wait_queue.h"

#include <stdlib.h>
#include <string.h>

/* Rings are few and rarely opened, so one lock and one list will do. */
static rp_lock queues_lock = RP_LOCK_INIT;
static rp_wait_queue *queues;

rp_wait_queue *
rp__wait_queue_enter(const rp_shared *shared) {
  rp_lock_take(&queues_lock);

  rp_wait_queue *queue = queues;

  while (queue != NULL && queue->shared.words != shared->words) queue = queue->other;
  if (queue == NULL && (queue = malloc(sizeof(*queue))) != NULL) {
    memset(queue, 0, sizeof(*queue));
    rp_lock_init(&queue->lock);
    queue->shared = *shared;
    queue->other = queues;
    queues = queue;
  }
  if (queue != NULL) queue->refs++;
  rp_lock_drop(&queues_lock);
  return queue;
}

void
rp__wait_queue_leave(rp_wait_queue *queue) {
  rp_wait_queue **at = &queues;

  rp_lock_take(&queues_lock);
  if (--queue->refs > 0) {
    rp_lock_drop(&queues_lock);
    return;
  }
  while (*at != queue) at = &(*at)->other;
  *at = queue->other;
  rp_lock_drop(&queues_lock);
  rp_lock_destroy(&queue->lock);
  free(queue);
}

void
rp__wait_queue_list(rp_ring_handle *handle) {
  rp_wait_queue *queue = handle->queue;
  rp_ring_handle **last = &queue->last[handle->role];

  if (handle->listed) return;
  handle->listed = true;
  handle->next = NULL;
  handle->previous = *last;
  if (*last != NULL)
    (*last)->next = handle;
  else
    queue->first[handle->role] = handle;
  *last = handle;
}

void
rp__wait_queue_unlist(rp_ring_handle *handle) {
  rp_wait_queue *queue = handle->queue;

  if (!handle->listed) return;
  handle->listed = false;
  if (handle->previous != NULL)
    handle->previous->next = handle->next;
  else
    queue->first[handle->role] = handle->next;
  if (handle->next != NULL)
    handle->next->previous = handle->previous;
  else
    queue->last[handle->role] = handle->previous;
  /* Relaxed: a handle that still finds 1 takes the lock for nothing. */
  if (queue->first[handle->role] == NULL)
    rp_store_relaxed(rp__wait_queue_wanted(queue, handle->role), 0);
}

void
rp__wait_queue_wake(rp_wait_queue *queue, rp_role role) {
  rp_ring_handle *handle = queue->first[role];

  if (handle == NULL) return;
  rp__wait_queue_unlist(handle);
  handle->woken = true;
  if (handle->blocked) rp_cond_wake_all(&handle->cond);
  if (!handle->notify) return;
  handle->notify = false;
  handle->wake(handle->context);
}

void
rp__wait_queue_wake_all(rp_wait_queue *queue) {
  for (int role = 0; role < 2; role++)
    while (queue->first[role] != NULL) rp__wait_queue_wake(queue, (rp_role) role);
}
