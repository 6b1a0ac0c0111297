/*
 * blocked.c - how a thread blocks until one of its endpoints has something to read.
 */
#include "core/port/blocked.h"

#include <stddef.h>

#include "core/failpoint.h"

/* The threads that wait without end. Blocking is rare and the list short. */
static rp_lock list_lock = RP_LOCK_INIT;
static rp_sleeper *sleepers;
static rp_word tickets;
rp_word rp_nudges_wanted;

uint32_t
rp_endpoint_ticket(void) {
  uint32_t last = rp_load_relaxed(&tickets), ticket;

  do ticket = last + 1 == 0 ? 1 : last + 1;
  while (!rp_cas(&tickets, &last, ticket));
  return ticket;
}

void
rp_endpoint_watch(rp_endpoint *endpoint, bool watched) {
  rp_lock_take(&endpoint->channel->lock);
  endpoint->nudged = false;
  rp_lock_drop(&endpoint->channel->lock);
  /* Relaxed: the lock of the other way's queue orders them. */
  rp_store_relaxed(&rp_nudges_wanted, 0x01010101u);
  rp_store_relaxed(&endpoint->watched, watched ? 1u : 0u);
}

void
rp_endpoint_nudge_peer(rp_endpoint *endpoint) {
  rp_endpoint *peer = endpoint->peer;

  if (rp_load_relaxed(&peer->watched) == 0) return;
  rp_failpoint("endpoint:nudging");
  rp_lock_take(&endpoint->channel->lock);
  peer->nudged = true;
  rp_sleeper_wake(peer);
  rp_lock_drop(&endpoint->channel->lock);
}

/* Take the endpoint off the owner's ready list: what it was pushed for is being looked
 * for. */
static void
take_token(rp_endpoint *endpoint) {
  if (!endpoint->awake) endpoint->awake = rp_ready_list_remove(endpoint->owner, endpoint);
}

void
rp_endpoint_wake_up(rp_endpoint *endpoint) {
  take_token(endpoint);
  if (!endpoint->awake) endpoint->awake = rp_chain_unpark(&endpoint->inbox);
}

static bool
has_news(rp_endpoint *endpoint) {
  rp_record record;

  return rp_chain_peek(&endpoint->inbox, &record) != RP_EMPTY;
}

/* Give up the token. Returns false if there is something to read. */
static bool
park(rp_endpoint *endpoint) {
  take_token(endpoint);
  if (has_news(endpoint)) return false;
  rp_failpoint("endpoint:blocking");
  if (endpoint->awake && rp_chain_park(&endpoint->inbox)) endpoint->awake = false;
  /* Still awake: a publish came first. Otherwise the token is in its place, or with a
   * waker, which will wake the sleeper. */
  return !endpoint->awake;
}

/* Return the thread that the sleeper waits for, or NULL: the peer is in transit or
 * closed, or the sleeper has been woken and goes on. */
static rp_ready_list *
awaited_by(rp_sleeper *sleeper) {
  rp_endpoint *endpoint = sleeper->endpoint;

  rp_lock_take(&endpoint->channel->lock);
  rp_ready_list *thread = sleeper->woken || sleeper->stuck ? NULL : endpoint->peer->owner;
  rp_lock_drop(&endpoint->channel->lock);
  return thread;
}

static rp_sleeper *
sleeper_of(const rp_ready_list *thread) {
  rp_sleeper *sleeper = sleepers;

  while (sleeper != NULL && sleeper->thread != thread) sleeper = sleeper->next;
  return sleeper;
}

/* Have a sleeper give up. */
static void
give_up(rp_sleeper *sleeper) {
  rp_lock *lock = &sleeper->endpoint->channel->lock;

  rp_lock_take(lock);
  sleeper->stuck = true;
  rp_cond_wake_all(&sleeper->cond);
  rp_lock_drop(lock);
}

/* Join the list. If that closes a circle, its youngest wait gives up. */
static void
join(rp_sleeper *sleeper) {
  rp_ready_list *awaited;
  rp_sleeper *youngest = sleeper;

  rp_lock_take(&list_lock);
  for (rp_sleeper *at = sleeper; at != NULL; at = sleeper_of(awaited)) {
    if ((int32_t) (at->ticket - youngest->ticket) > 0) youngest = at;
    awaited = awaited_by(at);
    if (awaited == NULL) break;
    if (awaited != sleeper->thread) continue;
    give_up(youngest);
    break;
  }
  sleeper->next = sleepers;
  sleepers = sleeper;
  rp_lock_drop(&list_lock);
}

static void
leave(rp_sleeper *sleeper) {
  rp_sleeper **at = &sleepers;

  rp_lock_take(&list_lock);
  while (*at != sleeper) at = &(*at)->next;
  *at = sleeper->next;
  rp_lock_drop(&list_lock);
}

bool
rp_endpoint_is_awaited(rp_endpoint *endpoint) {
  rp_lock_take(&endpoint->channel->lock);
  rp_ready_list *thread = endpoint->peer->owner;
  rp_lock_drop(&endpoint->channel->lock);

  rp_lock_take(&list_lock);
  /* Each circle on the list has a wait that gives up, so this ends. */
  while (thread != NULL && thread != endpoint->owner) {
    rp_sleeper *sleeper = sleeper_of(thread);

    thread = sleeper == NULL ? NULL : awaited_by(sleeper);
  }
  rp_lock_drop(&list_lock);
  return thread != NULL;
}

/* Sleep until woken or nudged. */
static int
sleep_until(rp_sleeper *sleeper, uint64_t deadline) {
  rp_endpoint *endpoint = sleeper->endpoint;
  rp_lock *lock = &endpoint->channel->lock;

  rp_lock_take(lock);
  while (!sleeper->woken && !sleeper->stuck && !endpoint->nudged &&
         rp_cond_wait_until(&sleeper->cond, lock, deadline)) {}
  int result = RP_EMPTY;

  if (sleeper->stuck) result = RP_EDEADLOCK;
  if (sleeper->woken || endpoint->nudged) result = RP_OK;
  endpoint->nudged = false;
  rp_lock_drop(lock);
  return result;
}

static void
set_sleeper(rp_endpoint *endpoint, rp_sleeper *sleeper) {
  rp_lock_take(&endpoint->channel->lock);
  endpoint->sleeper = sleeper;
  rp_lock_drop(&endpoint->channel->lock);
}

int
rp_endpoint_block(rp_endpoint *endpoint, uint64_t deadline, uint32_t ticket) {
  rp_sleeper sleeper = {
      .ticket = ticket, .endpoint = endpoint, .thread = endpoint->owner};
  int result = RP_OK;

  rp_cond_init(&sleeper.cond);
  set_sleeper(endpoint, &sleeper);
  if (park(endpoint)) {
    if (ticket != 0) join(&sleeper);
    rp_failpoint("endpoint:sleeping");
    result = sleep_until(&sleeper, deadline);
    if (ticket != 0) leave(&sleeper);
  }
  set_sleeper(endpoint, NULL);
  rp_cond_destroy(&sleeper.cond);
  rp_endpoint_wake_up(endpoint);
  return result;
}
