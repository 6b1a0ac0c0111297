/*
 * ready_list.c - the endpoints of a thread that have news, and its doorbell.
 */
#include "core/port/ready_list.h"

#include <stddef.h>

#include "core/port/endpoint.h"
#include "core/failpoint.h"

/* An address that is no endpoint. */
static struct rp_endpoint resting;
#define RESTING (&resting)

/* Append what was pushed to the local list, oldest first; `pushed` is the newest. */
static void
append(rp_ready_list *list, rp_endpoint *pushed) {
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
  first->ready_previous = list->last;
  if (list->last != NULL)
    list->last->ready_next = first;
  else
    list->first = first;
  list->last = last;
}

/* Append all pushes that this thread can see. */
static void
take_all(rp_ready_list *list) {
  rp_endpoint *pushed = rp_load_relaxed(&list->ready);

  /* Leave RESTING there: this may not be a wake-up, and the next push has to ring. */
  if (pushed == NULL || pushed == RESTING) return;
  /* Acquire pairs with the CAS in rp_ready_list_push(): ready_next is written. */
  pushed = rp_exchange(&list->ready, NULL);
  rp_failpoint("ready:taken");
  append(list, pushed);
}

/* Unlink an endpoint from the local list. */
static void
unlink_endpoint(rp_ready_list *list, rp_endpoint *endpoint) {
  if (endpoint->ready_previous != NULL)
    endpoint->ready_previous->ready_next = endpoint->ready_next;
  else
    list->first = endpoint->ready_next;
  if (endpoint->ready_next != NULL)
    endpoint->ready_next->ready_previous = endpoint->ready_previous;
  else
    list->last = endpoint->ready_previous;
  endpoint->ready_next = NULL;
  endpoint->ready_previous = NULL;
  endpoint->listed = false;
}

void
rp_ready_list_init(rp_ready_list *list, void (*doorbell)(rp_ready_list *list)) {
  atomic_init(&list->ready, RESTING);
  list->doorbell = doorbell;
  list->first = NULL;
  list->last = NULL;
  list->round = 0;
  atomic_init(&list->senders, NULL);
}

void
rp_ready_list_push(rp_ready_list *list, rp_endpoint *endpoint) {
  rp_endpoint *old = rp_load_relaxed(&list->ready);

  /* Release half of the CAS pairs with the exchange in take_all(). */
  do endpoint->ready_next = old == RESTING ? NULL : old;
  while (!rp_cas(&list->ready, &old, endpoint));
  rp_failpoint("ready:pushed");
  if (old == RESTING) list->doorbell(list);
  rp_failpoint("ready:rung");
}

void
rp_ready_list_wake(rp_ready_list *list) {
  /* The doorbell orders nothing: libuv's is a relaxed store, and a thread that reads it
   * need not see the push, so a load might still return RESTING. A read-modify-write
   * cannot: the push that rang has replaced our RESTING, so the exchange comes after it.
   * Acquire pairs with the CAS in rp_ready_list_push(). */
  rp_endpoint *pushed = rp_exchange(&list->ready, NULL);

  rp_failpoint("ready:taken");
  list->round++;
  if (pushed != NULL && pushed != RESTING) append(list, pushed);
}

rp_endpoint *
rp_ready_list_next(rp_ready_list *list) {
  take_all(list);

  rp_endpoint *endpoint = list->first;

  if (endpoint == NULL || endpoint->round == list->round) return NULL;
  endpoint->round = list->round;
  unlink_endpoint(list, endpoint);
  return endpoint;
}

bool
rp_ready_list_remove(rp_ready_list *list, rp_endpoint *endpoint) {
  take_all(list);
  if (!endpoint->listed) return false;
  unlink_endpoint(list, endpoint);
  return true;
}

bool
rp_ready_list_rest(rp_ready_list *list) {
  rp_endpoint *awake = NULL;

  if (list->first != NULL) return false;
  rp_failpoint("ready:resting");
  /* Release pairs with the CAS in rp_ready_list_push(): all we did while awake happens
   * before the next ring. */
  return rp_cas(&list->ready, &awake, RESTING) || awake == RESTING;
}

bool
rp_ready_list_watch(rp_ready_list *list) {
  rp_endpoint *rests = RESTING;

  /* A push before this has rung; one after it finds NULL and does not. */
  return rp_cas(&list->ready, &rests, NULL);
}

bool
rp_ready_list_news(const rp_ready_list *list) {
  /* Relaxed: taking the endpoints has an acquire of its own. */
  rp_endpoint *ready = rp_load_relaxed(&list->ready);

  return list->first != NULL || (ready != NULL && ready != RESTING);
}
