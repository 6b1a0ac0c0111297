/*
 * scenarios-spawn.c - a child finds the half made for it, early or late; nobody else gets it.
 */
#include "loop.h"
#include "spawn.h"

enum { PARENT_BELL, CHILD_BELL };

static loop *parent;
static rp_half *mine, *theirs;
static uint64_t id, claimed[2];

static void
setup(void) {
  parent = loop_new(PARENT_BELL);
  CHECK(rp_channel_open(&parent->thread, &mine, &theirs) == RP_OK);
  id = rp_half_detach(theirs);
  claimed[0] = claimed[1] = 0;
  rp_spawn_begin(); /* the child starts after this */
}

static void
commit(void) {
  CHECK(rp_spawn_commit(1, id, parent) == RP_OK);
}
static void
another_spawns(void) {
  rp_spawn_begin();
  rp_spawn_abort();
}
static void
claim_mine(void) {
  claimed[0] = rp_spawn_claim(1);
}
static void
claim_stray(void) {
  claimed[1] = rp_spawn_claim(2); /* nobody made one: it must not wait for ever */
}

static void
check_end(void) {
  rp_half_close(mine);
  free(parent);
  CHECK(rp_spawn_size() == 0 && rp_channel_in_transit() == 0);
  CHECK(model_blocks() == 0);
}
static void
check_claimed(void) {
  CHECK(claimed[0] == id && claimed[1] == 0);
  rp_half_lost(id);
  check_end();
}
SCENARIO(spawn_claim, "spawn-claim", setup,
         {claim_mine, commit, another_spawns, claim_stray}, check_claimed, NULL, 3);

/* ---- the thread ends, or the parent, while the child may still come ---- */

static void
claim_and_close(void) {
  loop *l = loop_new(CHILD_BELL);
  rp_half *half;

  claimed[0] = rp_spawn_claim(1);
  CHECK(claimed[0] == 0 || claimed[0] == id);
  if (claimed[0] != 0 && rp_half_attach(claimed[0], &l->thread, &half) == RP_OK)
    rp_half_close(half);
  free(l);
}
static void
commit_and_forget(void) {
  commit();
  rp_spawn_forget_all(parent);
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
