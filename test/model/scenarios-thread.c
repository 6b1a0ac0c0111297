/*
 * scenarios-thread.c - the ready list: push, take, remove, rest.
 */
#include "loop.h"

enum { OWNER_BELL, SENDER_BELL };

static loop *owner, *senders;
static rp_endpoint *mine[2], *theirs[2];
static uint64_t next[2];
static int left;

static void
setup(void) {
  owner = loop_new(OWNER_BELL);
  senders = loop_new(SENDER_BELL);
  for (int i = 0; i < 2; i++) {
    CHECK(rp_channel_open(&owner->thread, &mine[i], &theirs[i]) == RP_OK);
    theirs[i] = moved(theirs[i], senders);
    mine[i]->slot = (uint32_t) i;
    next[i] = 0;
  }
}

static void
drain(rp_endpoint *endpoint) {
  uint64_t number;

  while (receive(endpoint, &number) == RP_OK) {
    CHECK(number == next[endpoint->slot]++);
    left--;
  }
  rp_endpoint_end(endpoint, false, false);
}

/* A ring without news may follow, by a producer that takes the token after its message
 * was read. */
static void
check(void) {
  CHECK(left == 0);
  for (int i = 0; i < 2; i++) {
    if (mine[i] != NULL) rp_endpoint_close(mine[i]);
    rp_endpoint_close(theirs[i]);
  }
  free(owner);
  free(senders);
  CHECK(model_blocks() == 0);
}

static void
send_two_on_0(void) {
  send(theirs[0], 0);
  send(theirs[0], 1);
}
static void
send_one_on_0(void) {
  send(theirs[0], 0);
}
static void
send_two_on_1(void) {
  send(theirs[1], 0);
  send(theirs[1], 1);
}
static void
send_one_on_1(void) {
  send(theirs[1], 0);
}

/* ---- two push, one takes and rests ---- */

static void
take_three(void) {
  left = 3;
  loop_run(owner, drain, &left);
}
SCENARIO(ready_two, "ready-two", setup, {take_three, send_two_on_0, send_one_on_1}, check,
         NULL, 3);

/* ---- one is removed while the other is pushed ---- */

static void
close_0_take_1(void) {
  left = 2;
  rp_endpoint_close(mine[0]);
  mine[0] = NULL;
  loop_run(owner, drain, &left);
}
static void
try_on_0(void) {
  try_to_send(theirs[0], 0);
  try_to_send(theirs[0], 1);
}
SCENARIO(ready_remove, "ready-remove", setup, {close_0_take_1, try_on_0, send_two_on_1},
         check, NULL, 2);

/* ---- scheduled by the owner itself while a message comes in ---- */

static void
schedule_and_take(void) {
  left = 2;
  rp_endpoint_schedule(mine[1]);
  rp_endpoint_schedule(mine[1]);
  loop_run(owner, drain, &left);
}
SCENARIO(ready_schedule, "ready-schedule", setup, {schedule_and_take, send_two_on_1},
         check, NULL, -1);

/* ---- a stopped endpoint keeps the token until it is drained from outside ---- */

static void
poll_between_sleeps(void) {
  rp_endpoint *endpoint;
  uint64_t number;

  left = 2;
  while (left > 0) {
    model_sleep(OWNER_BELL);
    do {
      rp_ready_list_wake(&owner->thread);
      while ((endpoint = rp_ready_list_next(&owner->thread)) != NULL) {
        rp_endpoint_begin(endpoint);
        rp_endpoint_end(endpoint, false, true);
      }
    } while (!rp_ready_list_rest(&owner->thread));
    while (receive(mine[1], &number) == RP_OK) {
      CHECK(number == next[1]++);
      left--;
    }
    rp_endpoint_drained(mine[1]);
  }
}
static void
check_polled(void) {
  CHECK(left ==
        0); /* a callback may still be due: draining has raced with the last message */
  rp_endpoint_close(mine[0]);
  rp_endpoint_close(mine[1]);
  rp_endpoint_close(theirs[0]);
  rp_endpoint_close(theirs[1]);
  free(owner);
  free(senders);
  CHECK(model_blocks() == 0);
}
SCENARIO(ready_stopped, "ready-stopped", setup, {poll_between_sleeps, send_two_on_1},
         check_polled, NULL, -1);

/* ---- the owner watches before it sleeps ---- */

static void
serve(void) {
  rp_endpoint *endpoint;

  rp_ready_list_wake(&owner->thread);
  while ((endpoint = rp_ready_list_next(&owner->thread)) != NULL) {
    rp_endpoint_begin(endpoint);
    drain(endpoint);
  }
}
static void
watch_then_sleep(void) {
  left = 2;
  while (left > 0) {
    /* As src/node/loop_spin.c does it, but it looks twice only. */
    if (rp_ready_list_watch(&owner->thread)) {
      for (int look = 0; look < 2; look++)
        if (rp_ready_list_news(&owner->thread)) serve();
      while (!rp_ready_list_rest(&owner->thread)) serve();
    }
    if (left == 0) return;
    model_sleep(OWNER_BELL);
    do serve();
    while (!rp_ready_list_rest(&owner->thread));
  }
}
static void
check_watched(void) {
  /* Of what was served by watching nothing is left but, perhaps, the ring that it has
   * overtaken. */
  CHECK(left == 0);
  for (int i = 0; i < 2; i++) {
    rp_endpoint_close(mine[i]);
    rp_endpoint_close(theirs[i]);
  }
  free(owner);
  free(senders);
  CHECK(model_blocks() == 0);
}
SCENARIO(ready_watched, "ready-watched", setup,
         {watch_then_sleep, send_one_on_0, send_one_on_1}, check_watched, NULL, -1);
SCENARIO(ready_watched_again, "ready-watched-again", setup,
         {watch_then_sleep, send_two_on_1}, check_watched, NULL, -1);
