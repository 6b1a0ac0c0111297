/*
 * spawn.c - how a new thread finds the endpoint that its parent has made for it.
 */
#include "core/process/spawn.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/port/channel.h"
#include "core/failpoint.h"

typedef struct spawn {
  struct spawn *next;
  const void *parent;
  uint64_t number; /* of rp_spawn_begin() */
  uint64_t thread_id;
  uint64_t endpoint_id; /* 0: begun and not yet committed */
  bool entrusted;       /* rp_spawn_entrust(): cannot be claimed */
} spawn;

static rp_lock lock = RP_LOCK_INIT;
static rp_cond settled; /* initialised by the first wait */
static bool waited;
static spawn *spawns; /* the latest first: begun, or committed and not yet claimed; few */
static uint64_t begun;

/* Return a link to the last open spawn of this parent, or to NULL. The lock is held, as
 * in the functions below. */
static spawn **
find_begun(const void *parent) {
  spawn **at = &spawns;

  while (*at != NULL && ((*at)->parent != parent || (*at)->endpoint_id != 0))
    at = &(*at)->next;
  return at;
}

/* Return a link to an endpoint for this thread; with `any`, also one entrusted to it. */
static spawn **
find_thread(uint64_t thread_id, bool any) {
  spawn **at = &spawns;

  while (*at != NULL && ((*at)->thread_id != thread_id || (*at)->endpoint_id == 0 ||
                         ((*at)->entrusted && !any)))
    at = &(*at)->next;
  return at;
}

static spawn **
find_parent(const void *parent) {
  spawn **at = &spawns;

  while (*at != NULL && (*at)->parent != parent) at = &(*at)->next;
  return at;
}

static spawn *
unlink_spawn(spawn **at) {
  spawn *found = *at;

  if (found != NULL) *at = found->next;
  return found;
}

static bool
any_begun(uint64_t horizon) {
  for (spawn *at = spawns; at != NULL; at = at->next)
    if (at->endpoint_id == 0 && at->number <= horizon) return true;
  return false;
}

static void
settle(void) {
  if (waited) rp_cond_wake_all(&settled);
}

/* Wait for a commit or an abort. False on timeout. */
static bool
wait_until(uint64_t deadline) {
  if (!waited) rp_cond_init(&settled);
  waited = true;
  return rp_cond_wait_until(&settled, &lock, deadline);
}

static void
close_endpoint(spawn *forgotten) {
  if (forgotten != NULL && forgotten->endpoint_id != 0)
    rp_endpoint_lost(forgotten->endpoint_id);
  free(forgotten);
}

int
rp_spawn_begin(const void *parent) {
  spawn *made = malloc(sizeof(*made));

  if (made == NULL) return RP_ENOMEM;
  rp_lock_take(&lock);
  *made = (spawn){.next = spawns, .parent = parent, .number = ++begun};
  spawns = made;
  rp_lock_drop(&lock);
  rp_failpoint("spawn:begun");
  return RP_OK;
}

int
rp_spawn_commit(const void *parent, uint64_t thread_id, uint64_t endpoint_id) {
  rp_lock_take(&lock);
  spawn *found = *find_begun(parent);

  if (found != NULL) {
    found->thread_id = thread_id;
    found->endpoint_id = endpoint_id;
    settle();
  }
  rp_lock_drop(&lock);
  rp_failpoint("spawn:committed");
  return found != NULL ? RP_OK : RP_ENOENT;
}

int
rp_spawn_abort(const void *parent) {
  rp_lock_take(&lock);
  spawn *found = unlink_spawn(find_begun(parent));

  if (found != NULL) settle();
  rp_lock_drop(&lock);
  free(found);
  return found != NULL ? RP_OK : RP_ENOENT;
}

int
rp_spawn_claim(uint64_t thread_id, uint64_t *horizon, uint32_t milliseconds,
               uint64_t *endpoint_id) {
  uint64_t deadline = rp_now() + milliseconds * UINT64_C(1000000);
  spawn **at, *found;
  bool pending, late = milliseconds == 0;

  rp_lock_take(&lock);
  if (*horizon == 0) *horizon = begun;
  for (;;) {
    at = find_thread(thread_id, false);
    found = *at;
    pending = found == NULL && any_begun(*horizon);
    if (!pending || late) break;
    late = !wait_until(deadline);
  }
  *endpoint_id = found != NULL ? found->endpoint_id : 0;
  (void) unlink_spawn(at);
  rp_lock_drop(&lock);
  rp_failpoint("spawn:claimed");
  free(found);
  return pending ? RP_EMPTY : RP_OK;
}

int
rp_spawn_entrust(const void *parent, uint64_t thread_id, uint64_t endpoint_id) {
  spawn *made = malloc(sizeof(*made));

  if (made == NULL) return RP_ENOMEM;
  rp_lock_take(&lock);
  *made = (spawn){spawns, parent, 0, thread_id, endpoint_id, true};
  spawns = made;
  rp_lock_drop(&lock);
  rp_failpoint("spawn:entrusted");
  return RP_OK;
}

void
rp_spawn_forget(uint64_t thread_id) {
  spawn *found;

  do {
    rp_lock_take(&lock);
    found = unlink_spawn(find_thread(thread_id, true));
    rp_lock_drop(&lock);
    rp_failpoint("spawn:forgotten");
    close_endpoint(found);
  } while (found != NULL);
}

void
rp_spawn_forget_all(const void *parent) {
  spawn *found;

  do {
    rp_lock_take(&lock);
    found = unlink_spawn(find_parent(parent));
    if (found != NULL) settle();
    rp_lock_drop(&lock);
    close_endpoint(found);
  } while (found != NULL);
}

size_t
rp_spawn_size(void) {
  size_t size = 0;

  rp_lock_take(&lock);
  for (spawn *at = spawns; at != NULL; at = at->next) size += at->entrusted ? 0 : 1;
  rp_lock_drop(&lock);
  return size;
}
