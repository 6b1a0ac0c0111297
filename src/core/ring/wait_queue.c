/*
 * wait_queue.c - what the sides of one ring in this process know of each other.
 */
#include "core/ring/wait_queue.h"

#include <stdlib.h>
#include <string.h>

/* Rings come and go rarely, and there are few: one lock and one list do. */
static rp_lock hubs_lock = RP_LOCK_INIT;
static rp_hub *hubs;

rp_hub *
rp__hub_enter(const rp_shared *shared) {
  rp_lock_take(&hubs_lock);

  rp_hub *hub = hubs;

  while (hub != NULL && hub->shared.words != shared->words) hub = hub->other;
  if (hub == NULL && (hub = malloc(sizeof(*hub))) != NULL) {
    memset(hub, 0, sizeof(*hub));
    rp_lock_init(&hub->lock);
    hub->shared = *shared;
    hub->other = hubs;
    hubs = hub;
  }
  if (hub != NULL) hub->refs++;
  rp_lock_drop(&hubs_lock);
  return hub;
}

void
rp__hub_leave(rp_hub *hub) {
  rp_hub **at = &hubs;

  rp_lock_take(&hubs_lock);
  if (--hub->refs > 0) {
    rp_lock_drop(&hubs_lock);
    return;
  }
  while (*at != hub) at = &(*at)->other;
  *at = hub->other;
  rp_lock_drop(&hubs_lock);
  rp_lock_destroy(&hub->lock);
  free(hub);
}

void
rp__hub_list(rp_side *side) {
  rp_hub *hub = side->hub;
  rp_side **last = &hub->last[side->role];

  if (side->listed) return;
  side->listed = true;
  side->next = NULL;
  side->previous = *last;
  if (*last != NULL)
    (*last)->next = side;
  else
    hub->first[side->role] = side;
  *last = side;
}

void
rp__hub_unlist(rp_side *side) {
  rp_hub *hub = side->hub;

  if (!side->listed) return;
  side->listed = false;
  if (side->previous != NULL)
    side->previous->next = side->next;
  else
    hub->first[side->role] = side->next;
  if (side->next != NULL)
    side->next->previous = side->previous;
  else
    hub->last[side->role] = side->previous;
  /* Relaxed: who still finds 1 takes the lock for nothing. */
  if (hub->first[side->role] == NULL)
    rp_store_relaxed(rp__hub_wanted(hub, side->role), 0);
}

void
rp__hub_wake(rp_hub *hub, rp_role role) {
  rp_side *side = hub->first[role];

  if (side == NULL) return;
  rp__hub_unlist(side);
  side->woken = true;
  if (side->blocked) rp_cond_wake_all(&side->cond);
  if (!side->notify) return;
  side->notify = false;
  side->wake(side->context);
}

void
rp__hub_wake_all(rp_hub *hub) {
  for (int role = 0; role < 2; role++)
    while (hub->first[role] != NULL) rp__hub_wake(hub, (rp_role) role);
}
