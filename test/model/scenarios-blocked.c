/*
 * scenarios-blocked.c - a thread that blocks on an endpoint is woken by each message, by
 * a close and by a nudge; of a circle of threads that wait, one gives up.
 *
 * Time stands still in the model, so a wake-up that is lost shows as a thread that sleeps
 * for good: the check finds that its `done` is not set.
 */
#include "core/port/blocked.h"
#include "loop.h"

enum { ONE, OTHER, SIDES };

static loop *loops[SIDES];
static rp_endpoint *endpoint[SIDES];
static int found[SIDES]; /* the result of the wait of a thread without end */
static bool done[SIDES];
static uint64_t next;
static rp_lock way = RP_LOCK_INIT;
static uint32_t posted; /* by another way, which has a lock of its own */

static void
setup(void) {
  for (int i = 0; i < SIDES; i++) {
    loops[i] = loop_new(i);
    found[i] = RP_OK;
    done[i] = false;
  }
  CHECK(rp_channel_open(&loops[ONE]->thread, &endpoint[ONE], &endpoint[OTHER]) == RP_OK);
  endpoint[OTHER] = moved(endpoint[OTHER], loops[OTHER]);
  next = 0;
  posted = 0;
}

static void
check_gone(void) {
  for (int i = 0; i < SIDES; i++)
    if (endpoint[i] != NULL) rp_endpoint_close(endpoint[i]);
  for (int i = 0; i < SIDES; i++) free(loops[i]);
  CHECK(model_blocks() == 0);
}

/* Block until there is something to read. Returns what rp_chain_peek() does, or
 * RP_EDEADLOCK. */
static int
await(int side, uint32_t ticket) {
  uint64_t number;
  int result, status = RP_OK;

  rp_endpoint_wake_up(endpoint[side]);
  while (status == RP_OK && (result = receive(endpoint[side], &number)) == RP_EMPTY)
    status = rp_endpoint_block(endpoint[side], 0, ticket);
  if (status != RP_OK) return status;
  if (result == RP_OK) CHECK(number == next++);
  return result;
}

/* ---- each message wakes ---- */

static void
block_for_two(void) {
  CHECK(await(ONE, 0) == RP_OK);
  CHECK(await(ONE, 0) == RP_OK);
  rp_endpoint_end(endpoint[ONE], false, false);
  done[ONE] = true;
}
static void
send_two(void) {
  send(endpoint[OTHER], 0);
  send(endpoint[OTHER], 1);
}
static void
check_two(void) {
  CHECK(done[ONE] && next == 2);
  check_gone();
}
SCENARIO(block_message, "block-message", setup, {block_for_two, send_two}, check_two,
         NULL, -1);

/* ---- after the wait, the loop goes on to be woken ---- */

static int left;

static void
drain(rp_endpoint *at) {
  uint64_t number;

  while (receive(at, &number) == RP_OK) {
    CHECK(number == next++);
    left--;
  }
  rp_endpoint_end(at, false, false);
}
static void
watch_then_block(void) {
  bool watches = rp_ready_list_watch(&loops[ONE]->thread);

  CHECK(await(ONE, 0) == RP_OK);
  rp_endpoint_end(endpoint[ONE], false, false);
  left = 1;
  if (watches && !rp_ready_list_rest(&loops[ONE]->thread)) model_ring(ONE);
  loop_run(loops[ONE], drain, &left);
  done[ONE] = true;
}
SCENARIO(block_loop, "block-loop", setup, {watch_then_block, send_two}, check_two, NULL,
         3);

/* ---- the peer closes ---- */

static void
block_for_close(void) {
  CHECK(await(ONE, 0) == RP_OK);
  CHECK(await(ONE, 0) == RP_CLOSED);
  done[ONE] = true;
}
static void
send_and_close(void) {
  send(endpoint[OTHER], 0);
  rp_endpoint_close(endpoint[OTHER]);
  endpoint[OTHER] = NULL;
}
static void
check_closed(void) {
  CHECK(done[ONE] && next == 1);
  check_gone();
}
SCENARIO(block_close, "block-close", setup, {block_for_close, send_and_close},
         check_closed, NULL, -1);

/* ---- messages by another way, and a nudge ---- */

static void
watch_and_block(void) {
  uint32_t seen = 0;

  rp_endpoint_wake_up(endpoint[ONE]);
  rp_endpoint_watch(endpoint[ONE], true);
  while (seen < 2) {
    rp_lock_take(&way);
    bool is_new = posted > seen;
    seen = posted;
    rp_lock_drop(&way);
    if (!is_new) CHECK(rp_endpoint_block(endpoint[ONE], 0, 0) == RP_OK);
  }
  rp_endpoint_watch(endpoint[ONE], false);
  rp_endpoint_end(endpoint[ONE], false, false);
  done[ONE] = true;
}
static void
post_and_nudge(void) {
  for (int i = 0; i < 2; i++) {
    rp_lock_take(&way);
    posted++;
    rp_lock_drop(&way);
    rp_endpoint_nudge_peer(endpoint[OTHER]);
  }
}
static void
check_nudged(void) {
  CHECK(done[ONE]);
  check_gone();
}
SCENARIO(block_nudge, "block-nudge", setup, {watch_and_block, post_and_nudge},
         check_nudged, NULL, 3);

/* ---- both wait for each other: exactly one learns of it, and answers ---- */

static void
meet(int side) {
  found[side] = await(side, rp_endpoint_ticket());
  if (found[side] == RP_EDEADLOCK) {
    send(endpoint[side], 0);
  } else {
    CHECK(found[side] == RP_OK);
  }
  rp_endpoint_end(endpoint[side], false, false);
  done[side] = true;
}
static void
meet_one(void) {
  meet(ONE);
}
static void
meet_other(void) {
  meet(OTHER);
}
static void
check_met(void) {
  CHECK(done[ONE] && done[OTHER]);
  CHECK((found[ONE] == RP_EDEADLOCK) != (found[OTHER] == RP_EDEADLOCK));
  check_gone();
}
SCENARIO(block_circle, "block-circle", setup, {meet_one, meet_other}, check_met, NULL, 3);

/* ---- a call: whoever is called waits for nothing, so nobody gives up ---- */

static void
call(void) {
  uint32_t ticket = rp_endpoint_ticket();

  send(endpoint[ONE], 0);
  CHECK(await(ONE, ticket) == RP_OK);
  rp_endpoint_end(endpoint[ONE], false, false);
  done[ONE] = true;
}
/* The one that is called waits without end for its next call, too: it has begun earlier
 * or later than the call, but the call is there. */
static void
answer(void) {
  uint64_t number;

  rp_endpoint_wake_up(endpoint[OTHER]);
  uint32_t ticket = rp_endpoint_ticket();
  int status = RP_OK;

  while (receive(endpoint[OTHER], &number) == RP_EMPTY && status == RP_OK)
    status = rp_endpoint_block(endpoint[OTHER], 0, ticket);
  CHECK(status == RP_OK);
  rp_endpoint_end(endpoint[OTHER], false, false);
  send(endpoint[OTHER], 0);
  done[OTHER] = true;
}
static void
check_answered(void) {
  CHECK(done[ONE] && done[OTHER] && next == 1);
  check_gone();
}
SCENARIO(block_call, "block-call", setup, {call, answer}, check_answered, NULL, 3);
