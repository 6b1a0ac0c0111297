/*
 * spawn.c - how a new thread finds the half that its parent has made for it.
 */
#include "spawn.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "channel.h"

typedef struct spawn {
  struct spawn *next;
  uint64_t thread_id;
  uint64_t half_id;
  const void *parent;
} spawn;

static rp_lock lock = RP_LOCK_INIT;
static rp_cond settled = RP_COND_INIT;
static spawn *spawns; /* started and not yet claimed: few */
static size_t pending;

/* Unlink the first entry that is for `thread_id`, or else made by `parent`. Under the lock. */
static spawn *
unlink_one(uint64_t thread_id, const void *parent) {
  for (spawn **at = &spawns; *at != NULL; at = &(*at)->next) {
    if (parent ? (*at)->parent != parent : (*at)->thread_id != thread_id) continue;
    spawn *found = *at;
    *at = found->next;
    return found;
  }
  return NULL;
}

static void
settle(void) {
  assert(pending > 0);
  pending--;
  rp_cond_wake_all(&settled);
}

static bool
forget_one(uint64_t thread_id, const void *parent) {
  rp_lock_take(&lock);
  spawn *found = unlink_one(thread_id, parent);
  rp_lock_drop(&lock);

  if (found == NULL) return false;
  rp_half_lost(found->half_id);
  free(found);
  return true;
}

void
rp_spawn_begin(void) {
  rp_lock_take(&lock);
  pending++;
  rp_lock_drop(&lock);
}

int
rp_spawn_commit(uint64_t thread_id, uint64_t half_id, const void *parent) {
  spawn *made = malloc(sizeof(*made));

  rp_lock_take(&lock);
  if (made != NULL) {
    *made = (spawn){spawns, thread_id, half_id, parent};
    spawns = made;
  }
  settle();
  rp_lock_drop(&lock);
  return made != NULL ? RP_OK : RP_ENOMEM;
}

void
rp_spawn_abort(void) {
  rp_lock_take(&lock);
  settle();
  rp_lock_drop(&lock);
}

uint64_t
rp_spawn_claim(uint64_t thread_id) {
  spawn *found;
  uint64_t half_id = 0;

  rp_lock_take(&lock);
  while ((found = unlink_one(thread_id, NULL)) == NULL && pending > 0)
    rp_cond_wait(&settled, &lock);
  rp_lock_drop(&lock);

  if (found != NULL) half_id = found->half_id;
  free(found);
  return half_id;
}

void
rp_spawn_forget(uint64_t thread_id) {
  (void) forget_one(thread_id, NULL);
}

void
rp_spawn_forget_all(const void *parent) {
  while (forget_one(0, parent))
    ;
}

size_t
rp_spawn_size(void) {
  size_t size = 0;

  rp_lock_take(&lock);
  for (spawn *at = spawns; at != NULL; at = at->next) size++;
  rp_lock_drop(&lock);
  return size;
}
