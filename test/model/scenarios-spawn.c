/*
 * scenarios-spawn.c - a child claims the endpoint opened for it, early or late, and no
 * other thread can.
 */
#include "loop.h"
#include "core/process/spawn.h"

enum { PARENT_BELL, CHILD_BELL };

static loop *parent;
static rp_endpoint *mine, *theirs;
static uint64_t id, claimed[2];

/* The child: waits as often as necessary. */
static uint64_t
claim(uint64_t thread_id) {
  uint64_t horizon = 0, endpoint_id;

  while (rp_spawn_claim(thread_id, &horizon, 1, &endpoint_id) != RP_OK)
    ;
  return endpoint_id;
}

static void
setup(void) {
  parent = loop_new(PARENT_BELL);
  CHECK(rp_channel_open(&parent->thread, &mine, &theirs) == RP_OK);
  id = rp_endpoint_detach(theirs);
  claimed[0] = claimed[1] = 0;
  CHECK(rp_spawn_begin(&mine) == RP_OK); /* the child starts after this */
}

static void
commit(void) {
  CHECK(rp_spawn_commit(&mine, 1, id) == RP_OK);
}
static void
another_spawns(void) {
  CHECK(rp_spawn_begin(&theirs) == RP_OK);
  CHECK(rp_spawn_abort(&theirs) == RP_OK);
}
static void
claim_mine(void) {
  claimed[0] = claim(1);
}
static void
claim_stray(void) {
  claimed[1] = claim(2); /* nobody made one: it must not wait for ever */
}

static void
check_end(void) {
  rp_endpoint_close(mine);
  free(parent);
  CHECK(rp_spawn_size() == 0 && rp_channel_in_transit() == 0);
  CHECK(model_blocks() == 0);
}
static void
check_claimed(void) {
  CHECK(claimed[0] == id && claimed[1] == 0);
  rp_endpoint_lost(id);
  check_end();
}
SCENARIO(spawn_claim, "spawn-claim", setup,
         {claim_mine, commit, another_spawns, claim_stray}, check_claimed, NULL, 3);

/* ---- a claim does not wait for what begins after it came ---- */

static void
begin_for_ever(void) {
  CHECK(rp_spawn_begin(&theirs) == RP_OK);
}
static void
claim_in_between(void) {
  uint64_t horizon = 0;

  /* Without a wait: whatever the others do. */
  if (rp_spawn_claim(1, &horizon, 0, &claimed[0]) == RP_EMPTY) claimed[0] = id;
}
static void
claim_before(void) {
  uint64_t horizon = 1; /* came when only the first had begun */

  while (rp_spawn_claim(2, &horizon, 1, &claimed[1]) != RP_OK)
    ;
}
static void
check_horizon(void) {
  CHECK(claimed[0] == id && claimed[1] == 0);
  CHECK(rp_spawn_abort(&theirs) == RP_OK);
  rp_spawn_forget(1);
  rp_endpoint_lost(id);
  check_end();
}
SCENARIO(spawn_horizon, "spawn-horizon", setup,
         {claim_in_between, commit, begin_for_ever, claim_before}, check_horizon, NULL,
         -1);

/* ---- the thread ends, or the parent, while the child may still come ---- */

static void
claim_and_close(void) {
  loop *l = loop_new(CHILD_BELL);
  rp_endpoint *endpoint;

  claimed[0] = claim(1);
  CHECK(claimed[0] == 0 || claimed[0] == id);
  if (claimed[0] != 0 && rp_endpoint_attach(claimed[0], &l->thread, &endpoint) == RP_OK)
    rp_endpoint_close(endpoint);
  free(l);
}
static void
commit_and_forget(void) {
  commit();
  rp_spawn_forget_all(&mine);
}
static void
forget_child(void) {
  rp_spawn_forget(1);
}
static void
check_forgotten(void) {
  rp_spawn_forget(1); /* the first may have come before the commit */
  check_end();
}
SCENARIO(spawn_forget, "spawn-forget", setup,
         {claim_and_close, commit_and_forget, forget_child}, check_forgotten, NULL, -1);

/* ---- the parent ends between begin and commit: whoever waits for it goes on ---- */

static void
end_parent(void) {
  rp_spawn_forget_all(&mine);
}
static void
check_abandoned(void) {
  CHECK(claimed[0] == 0 && claimed[1] == 0);
  rp_endpoint_lost(id);
  check_end();
}
SCENARIO(spawn_abandoned, "spawn-abandoned", setup, {claim_mine, end_parent, claim_stray},
         check_abandoned, NULL, -1);
