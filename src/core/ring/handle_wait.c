/*
 * handle_wait.c - how the sides of a shared ring wait and wake each other; see "Sleeping" in handle.h.
 */
#include "core/ring/wait_queue.h"
#include "core/failpoint.h"

/* Whether there is room for the record that a producer wants. Any thread. */
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
readable(const rp_side *side) {
  switch (side->shared.mode) {
    case RP_SPSC:
      return rp_spsc_readable(&side->as.spsc_consumer);
    case RP_MPSC:
      return rp_mpsc_readable(&side->as.mpsc_consumer);
    default:
      return side->as.mpmc_consumer.next != side->as.mpmc_consumer.to ||
             rp_mpmc_readable(&side->shared);
  }
}

static bool
ready(const rp_side *side) {
  return side->role == RP_PRODUCER ? writable(&side->shared, side->length)
                                   : readable(side);
}

/* Before it sleeps, a side does all that others may be waiting for. Without the lock. */
static void
settle(rp_side *side) {
  if (side->role == RP_PRODUCER)
    rp_side_publish(side);
  else
    rp_side_release(side);
}

/* Go on the list and look once more. True if there is something: then the side is still listed, and if it
 * was woken before, it still owes what it finds to others. */
static bool
lie_down(rp_side *side, uint32_t length) {
  rp_hub *hub = side->hub;

  side->length = length;
  side->slept = true;
  rp__hub_list(side);
  /* One half of rp_post(): from here on, who publishes sees it, or has published what we look at. */
  rp_store_seq(rp__hub_wanted(hub, side->role), 1);
  if (ready(side)) return true;
  side->woken = false;
  return false;
}

static inline int
nothing(const rp_side *side) {
  return side->role == RP_PRODUCER ? RP_FULL : RP_EMPTY;
}

int
rp_side_park(rp_side *side, uint32_t length) {
  rp_hub *hub = side->hub;
  int result = RP_OK;

  settle(side);
  rp_failpoint("side:parking");
  rp_lock_take(&hub->lock);
  side->notify = !lie_down(side, length);
  if (side->notify)
    result = nothing(side);
  else
    rp__hub_unlist(side);
  rp_lock_drop(&hub->lock);
  rp_failpoint("side:parked");
  return result;
}

bool
rp_side_unpark(rp_side *side) {
  rp_hub *hub = side->hub;

  rp_lock_take(&hub->lock);

  bool waited = side->notify;

  side->notify = false;
  rp__hub_unlist(side);
  /* It was woken for something that it may not want any more. */
  if (side->woken) rp__hub_wake(hub, side->role);
  side->woken = false;
  side->slept = false;
  rp_lock_drop(&hub->lock);
  return waited;
}

int
rp_side_wait(rp_side *side, uint32_t length, uint64_t nanoseconds) {
  rp_hub *hub = side->hub;
  uint64_t now = rp_now();
  uint64_t deadline = nanoseconds < UINT64_MAX - now ? now + nanoseconds : UINT64_MAX;
  bool found;

  settle(side);
  rp_failpoint("side:waiting");
  rp_lock_take(&hub->lock);
  found = lie_down(side, length);
  if (!found) {
    side->blocked = true;
    while (side->listed && rp_cond_wait_until(&side->cond, &hub->lock, deadline)) {}
    side->blocked = false;
    found = !side->listed;
  }
  /* A side that is also parked stays so. */
  if (!side->notify) rp__hub_unlist(side);
  rp_lock_drop(&hub->lock);
  rp_failpoint("side:waited");
  return found ? RP_OK : nothing(side);
}

void
rp_side_wake_others(rp_side *side, uint32_t records) {
  rp_hub *hub = side->hub;
  rp_role role = side->role == RP_PRODUCER ? RP_CONSUMER : RP_PRODUCER;
  /* What has been released is room for one at least; who was woken for it passes on what it leaves. */
  uint32_t most = side->shared.mode == RP_MPMC ? records : 1;
  uint32_t woken = 0;

  rp_failpoint("side:waking");
  rp_lock_take(&hub->lock);
  while (hub->first[role] != NULL && woken < most) {
    /* The first in the queue is not overtaken by one that wants less. */
    if (role == RP_PRODUCER && !writable(&hub->shared, hub->first[role]->length)) break;
    rp__hub_wake(hub, role);
    woken++;
  }
  /* Somebody may have set it who is not asleep; every record would come here. */
  if (hub->first[role] == NULL) rp_store_relaxed(rp__hub_wanted(hub, role), 0);
  rp_lock_drop(&hub->lock);
  if (woken > 0) rp__side_count(side, &side->counters->wakeups, woken);
}

void
rp__side_hand_on(rp_side *side) {
  rp_hub *hub = side->hub;

  rp_lock_take(&hub->lock);

  rp_side *first = hub->first[side->role];
  bool owes = side->woken && first != NULL;

  if (owes && (side->role == RP_PRODUCER ? writable(&hub->shared, first->length)
                                         : readable(side)))
    rp__hub_wake(hub, side->role);
  side->woken = false;
  /* One that still waits to be called has not been woken yet. */
  side->slept = side->listed;
  rp_lock_drop(&hub->lock);
}
