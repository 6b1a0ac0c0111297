/*
 * ring_wakeups.c - how an environment learns that its ring handles were woken.
 */
#include "node/ring_wakeups.h"

#include "core/failpoint.h"
#include "node/value.h"

/* Put the endpoint on the thread's ready list, unless it is there. The lock is held. */
static void
push_endpoint(rp_rings *rings) {
  if (rings->pushed) return;
  rings->pushed = true;
  rp_ready_list_push(&rings->env->ready_list, &rings->endpoint);
}

void
rp_rings_wake_up(void *context) {
  rp_ring_slot *s = context;
  rp_rings *rings = s->rings;

  rp_failpoint("ring:woken");
  rp_lock_take(&rings->lock);
  if (!s->rung) {
    s->rung = true;
    s->next = NULL;
    if (rings->first == NULL)
      rings->first = s;
    else
      rings->last->next = s;
    rings->last = s;
    push_endpoint(rings);
  }
  rp_lock_drop(&rings->lock);
}

/* The endpoint was taken off the ready list: from now on a wake-up pushes it again.
 * Returns how many handles were woken so far. */
static uint32_t
begin_turn(rp_rings *rings) {
  uint32_t count = 0;

  rp_lock_take(&rings->lock);
  rings->pushed = false;
  for (rp_ring_slot *s = rings->first; s != NULL; s = s->next) count++;
  rp_lock_drop(&rings->lock);
  return count;
}

/* Take the first woken handle off the list. False if there is none. */
static bool
next_woken(rp_rings *rings, uint32_t *slot) {
  rp_lock_take(&rings->lock);

  rp_ring_slot *s = rings->first;

  if (s != NULL) {
    *slot = s->slot;
    s->rung = false;
    rings->first = s->next;
  }
  rp_lock_drop(&rings->lock);
  return s != NULL;
}

void
rp_rings_forget(rp_rings *rings, rp_ring_slot *gone) {
  rp_lock_take(&rings->lock);
  if (gone->rung) {
    rp_ring_slot *before = NULL;

    for (rp_ring_slot *s = rings->first; s != gone; s = s->next) before = s;
    if (before == NULL)
      rings->first = gone->next;
    else
      before->next = gone->next;
    if (rings->last == gone) rings->last = before;
  }
  rp_lock_drop(&rings->lock);
}

bool
rp_rings_owns(const rp_env *e, const rp_endpoint *endpoint) {
  return e->rings != NULL && endpoint == &e->rings->endpoint;
}

bool
rp_rings_turn(rp_env *e) {
  rp_rings *rings = e->rings;
  uint32_t slot;

  /* Handles that are woken meanwhile wait for the next round. */
  for (uint32_t count = begin_turn(rings); count > 0 && next_woken(rings, &slot);
       count--) {
    napi_handle_scope scope;

    if (napi_open_handle_scope(e->env, &scope) != napi_ok) return false;

    napi_value argument = rp_from_u32(e->env, slot);
    bool running = rp_env_call(e, NULL, rings->receiver, rings->rung, 1, &argument);

    (void) napi_close_handle_scope(e->env, scope);
    if (!running) return false;
  }
  rp_lock_take(&rings->lock);
  if (rings->first != NULL) push_endpoint(rings);
  rp_lock_drop(&rings->lock);
  return true;
}
