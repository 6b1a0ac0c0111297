/*
 * ready_list.c - the list of port halves that have news for one thread, and its doorbell.
 */
#include "core/port/ready_list.h"

#include <stddef.h>

#include "core/port/channel.h"
#include "core/failpoint.h"

/* An address that is no half. */
static struct rp_half resting;
#define RESTING (&resting)

/* Append what was pushed, `pushed` being the last, to the local list, oldest first. */
static void
append(rp_thread *thread, rp_half *pushed) {
  rp_half *last = pushed;
  rp_half *first = NULL;

  do {
    rp_half *next = pushed->ready_next;

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
  rp_half *pushed = rp_load_relaxed(&thread->ready);

  /* RESTING stays: this may not be a wake-up, and the next push has to ring. */
  if (pushed == NULL || pushed == RESTING) return;
  /* Acquire pairs with the CAS in rp_thread_push(): ready_next is written. */
  pushed = rp_exchange(&thread->ready, NULL);
  rp_yield("thread:taken");
  append(thread, pushed);
}

/* Take a half that is on the local list out of it. */
static void
unlink_half(rp_thread *thread, rp_half *half) {
  if (half->ready_previous != NULL)
    half->ready_previous->ready_next = half->ready_next;
  else
    thread->first = half->ready_next;
  if (half->ready_next != NULL)
    half->ready_next->ready_previous = half->ready_previous;
  else
    thread->last = half->ready_previous;
  half->ready_next = NULL;
  half->ready_previous = NULL;
  half->listed = false;
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
rp_thread_push(rp_thread *thread, rp_half *half) {
  rp_half *old = rp_load_relaxed(&thread->ready);

  /* Release half of the CAS pairs with the exchange in take_all(). */
  do half->ready_next = old == RESTING ? NULL : old;
  while (!rp_cas(&thread->ready, &old, half));
  rp_yield("thread:pushed");
  if (old == RESTING) thread->doorbell(thread);
  rp_yield("thread:rung");
}

void
rp_thread_wake(rp_thread *thread) {
  /* A read-modify-write, since the doorbell orders nothing: it may be a relaxed store (libuv's is) whose reader
   * need not see the push. A load might then still give RESTING. But the push that rang has replaced our
   * RESTING, so what we swap in comes behind it. Acquire pairs with the CAS in rp_thread_push(). */
  rp_half *pushed = rp_exchange(&thread->ready, NULL);

  rp_yield("thread:taken");
  thread->round++;
  if (pushed != NULL && pushed != RESTING) append(thread, pushed);
}

rp_half *
rp_thread_next(rp_thread *thread) {
  take_all(thread);

  rp_half *half = thread->first;

  if (half == NULL || half->round == thread->round) return NULL;
  half->round = thread->round;
  unlink_half(thread, half);
  return half;
}

bool
rp_thread_remove(rp_thread *thread, rp_half *half) {
  take_all(thread);
  if (!half->listed) return false;
  unlink_half(thread, half);
  return true;
}

bool
rp_thread_rest(rp_thread *thread) {
  rp_half *awake = NULL;

  if (thread->first != NULL) return false;
  rp_yield("thread:resting");
  /* Release half pairs with the CAS in rp_thread_push(): what we did while awake is done. */
  return rp_cas(&thread->ready, &awake, RESTING) || awake == RESTING;
}

bool
rp_thread_watch(rp_thread *thread) {
  rp_half *rests = RESTING;

  /* A push before this has rung; one after it finds us awake. */
  return rp_cas(&thread->ready, &rests, NULL);
}

bool
rp_thread_news(const rp_thread *thread) {
  /* Relaxed: what a push has written is read by who takes it. */
  rp_half *ready = rp_load_relaxed(&thread->ready);

  return thread->first != NULL || (ready != NULL && ready != RESTING);
}
