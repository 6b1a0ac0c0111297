/*
 * ready_list.c - the list of endpoints that have news for one thread, and its doorbell.
 */
#include "core/port/ready_list.h"

#include <stddef.h>

#include "core/port/channel.h"
#include "core/failpoint.h"

/* An address that is no endpoint. */
static struct rp_endpoint resting;
#define RESTING (&resting)

/* Append what was pushed, `pushed` being the last, to the local list, oldest first. */
static void
append(rp_thread *thread, rp_endpoint *pushed) {
  rp_endpoint *last = pushed;
  rp_endpoint *first = NULL;

  do {
    rp_endpoint *next = pushed->ready_next;

    pushed->ready_next = first;
    pushed->ready_previous = next;
    pushed->listed = true;
    first = pushed;
    pushed = next;
  } while (pushed != NULL);
  first->ready_previous = thread->last;
  if (thread->last != NULL)
    thread->last->ready_next = first;
  else
    thread->first = first;
  thread->last = last;
}

/* Append everything pushed, as far as this thread can see. */
static void
take_all(rp_thread *thread) {
  rp_endpoint *pushed = rp_load_relaxed(&thread->ready);

  /* RESTING stays: this may not be a wake-up, and the next push has to ring. */
  if (pushed == NULL || pushed == RESTING) return;
  /* Acquire pairs with the CAS in rp_thread_push(): ready_next is written. */
  pushed = rp_exchange(&thread->ready, NULL);
  rp_failpoint("thread:taken");
  append(thread, pushed);
}

/* Take an endpoint that is on the local list out of it. */
static void
unlink_endpoint(rp_thread *thread, rp_endpoint *endpoint) {
  if (endpoint->ready_previous != NULL)
    endpoint->ready_previous->ready_next = endpoint->ready_next;
  else
    thread->first = endpoint->ready_next;
  if (endpoint->ready_next != NULL)
    endpoint->ready_next->ready_previous = endpoint->ready_previous;
  else
    thread->last = endpoint->ready_previous;
  endpoint->ready_next = NULL;
  endpoint->ready_previous = NULL;
  endpoint->listed = false;
}

void
rp_thread_init(rp_thread *thread, void (*doorbell)(rp_thread *thread)) {
  atomic_init(&thread->ready, RESTING);
  thread->doorbell = doorbell;
  thread->first = NULL;
  thread->last = NULL;
  thread->round = 0;
}

void
rp_thread_push(rp_thread *thread, rp_endpoint *endpoint) {
  rp_endpoint *old = rp_load_relaxed(&thread->ready);

  /* Release half of the CAS pairs with the exchange in take_all(). */
  do endpoint->ready_next = old == RESTING ? NULL : old;
  while (!rp_cas(&thread->ready, &old, endpoint));
  rp_failpoint("thread:pushed");
  if (old == RESTING) thread->doorbell(thread);
  rp_failpoint("thread:rung");
}

void
rp_thread_wake(rp_thread *thread) {
  /* A read-modify-write, since the doorbell orders nothing: it may be a relaxed store (libuv's is) whose reader
   * need not see the push. A load might then still give RESTING. But the push that rang has replaced our
   * RESTING, so what we swap in comes behind it. Acquire pairs with the CAS in rp_thread_push(). */
  rp_endpoint *pushed = rp_exchange(&thread->ready, NULL);

  rp_failpoint("thread:taken");
  thread->round++;
  if (pushed != NULL && pushed != RESTING) append(thread, pushed);
}

rp_endpoint *
rp_thread_next(rp_thread *thread) {
  take_all(thread);

  rp_endpoint *endpoint = thread->first;

  if (endpoint == NULL || endpoint->round == thread->round) return NULL;
  endpoint->round = thread->round;
  unlink_endpoint(thread, endpoint);
  return endpoint;
}

bool
rp_thread_remove(rp_thread *thread, rp_endpoint *endpoint) {
  take_all(thread);
  if (!endpoint->listed) return false;
  unlink_endpoint(thread, endpoint);
  return true;
}

bool
rp_thread_rest(rp_thread *thread) {
  rp_endpoint *awake = NULL;

  if (thread->first != NULL) return false;
  rp_failpoint("thread:resting");
  /* Release half pairs with the CAS in rp_thread_push(): what we did while awake is done. */
  return rp_cas(&thread->ready, &awake, RESTING) || awake == RESTING;
}

bool
rp_thread_watch(rp_thread *thread) {
  rp_endpoint *rests = RESTING;

  /* A push before this has rung; one after it finds us awake. */
  return rp_cas(&thread->ready, &rests, NULL);
}

bool
rp_thread_news(const rp_thread *thread) {
  /* Relaxed: what a push has written is read by who takes it. */
  rp_endpoint *ready = rp_load_relaxed(&thread->ready);

  return thread->first != NULL || (ready != NULL && ready != RESTING);
}
