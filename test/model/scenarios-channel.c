/*
 * scenarios-channel.c - close, detach, attach and loss, concurrent with publish and with
 * each other.
 */
#include "loop.h"

/* Loop i has bell i; HANDED is rung when an endpoint has been put into transit. */
enum { HANDED = 3, LOOPS = 3 };

static loop *loops[LOOPS];
static rp_endpoint *mine; /* the endpoint that is moved about; its owner is loop 0 */
static rp_endpoint *peer; /* the other one, of loop 2 */
static uint64_t id;
static uint64_t next;
static int left;
static bool sealed;

static void
setup(void) {
  for (int i = 0; i < LOOPS; i++) loops[i] = loop_new(i);
  CHECK(rp_channel_open(&loops[0]->thread, &mine, &peer) == RP_OK);
  peer = moved(peer, loops[2]);
  id = 0;
  next = 0;
  left = 0;
  sealed = false;
}

/* Check that everything of the channel has been freed. */
static void
check_gone(void) {
  CHECK(rp_channel_in_transit() == 0);
  for (int i = 0; i < LOOPS; i++) free(loops[i]);
  CHECK(model_blocks() == 0);
}

static void
drain(rp_endpoint *endpoint) {
  uint64_t number;
  int result;

  while ((result = receive(endpoint, &number)) == RP_OK) {
    CHECK(number == next++);
    left--;
  }
  if (result == RP_CLOSED) {
    sealed = true;
    left = 0;
    rp_endpoint_close(endpoint);
    return;
  }
  rp_endpoint_end(endpoint, false, false);
}

static void
close_peer(void) {
  rp_endpoint_close(peer);
}
static void
send_and_close_peer(void) {
  try_to_send(peer, 0);
  try_to_send(peer, 1);
  rp_endpoint_close(peer);
}

/* ---- both ends close, with messages and blocks on the way ---- */

static void
send_block(rp_endpoint *endpoint) {
  rp_block block = {malloc(8), 8};
  int result = rp_endpoint_write(endpoint, 0, NULL, 0, &block, 1);

  if (result != RP_OK) free(block.data);
  rp_endpoint_publish(endpoint);
}
static void
block_and_close_mine(void) {
  send_block(mine);
  rp_endpoint_close(mine);
}
static void
block_and_close_peer(void) {
  send_block(peer);
  send_block(peer);
  rp_endpoint_close(peer);
}
SCENARIO(close_close, "close-close", setup, {block_and_close_mine, block_and_close_peer},
         check_gone, NULL, -1);

/* ---- everything sent before close arrives, and then the close ---- */

static void
listen_0(void) {
  left = 3;
  loop_run(loops[0], drain, &left);
}
static void
check_heard(void) {
  CHECK(sealed && next == 2);
  check_gone();
}
SCENARIO(close_heard, "close-heard", setup, {listen_0, send_and_close_peer}, check_heard,
         NULL, -1);

/* ---- an endpoint moves to another thread while its peer sends ---- */

static void
hand_over(void) {
  id = rp_endpoint_detach(mine);
  model_ring(HANDED);
}
static void
take_over(void) {
  model_sleep(HANDED);
  CHECK(rp_endpoint_attach(id, &loops[1]->thread, &mine) == RP_OK);
  left = 3;
  loop_run(loops[1], drain, &left);
}
SCENARIO(detach_attach, "detach-attach", setup,
         {hand_over, take_over, send_and_close_peer}, check_heard, NULL, 3);

/* ---- and is attached there before the detaching thread has returned ---- */

static void
setup_announced(void) {
  setup();
  id = rp_endpoint_announce(mine);
}
static void
detach_mine(void) {
  CHECK(rp_endpoint_detach(mine) == id);
}
static void
attach_if_there(void) {
  rp_endpoint *endpoint;

  if (rp_endpoint_attach(id, &loops[1]->thread, &endpoint) != RP_OK) return;
  left = 3;
  loop_run(loops[1], drain, &left);
}
static void
check_heard_or_in_transit(void) {
  if (!sealed) {
    CHECK(next == 0);
    rp_endpoint_lost(id);
  } else {
    CHECK(next == 2);
  }
  check_gone();
}
SCENARIO(detach_early, "detach-early", setup_announced,
         {detach_mine, attach_if_there, send_and_close_peer}, check_heard_or_in_transit,
         NULL, 3);

/* ---- a second journey, after one on which a message came ---- */

static void
setup_travelled(void) {
  setup();
  id = rp_endpoint_detach(mine);
  send(peer, 0);
  CHECK(rp_endpoint_attach(id, &loops[1]->thread, &mine) == RP_OK);
  left = 1;
  loop_run(loops[1], drain, &left);
}
static void
move_again(void) {
  mine = moved(mine, loops[0]);
  left = 2;
  loop_run(loops[0], drain, &left);
}
static void
send_one_more(void) {
  send(peer, 1);
  rp_endpoint_close(peer);
}
SCENARIO(detach_again, "detach-again", setup_travelled, {move_again, send_one_more},
         check_heard, NULL, -1);

/* ---- the same, with its token on the list of the thread it leaves, or with its callback
 * ---- */

static void
setup_with_news(void) {
  setup();
  send(peer, 0);
  next = 0;
}
SCENARIO(detach_listed, "detach-listed", setup_with_news,
         {hand_over, take_over, send_one_more}, check_heard, NULL, 3);

static void
hand_over_in_callback(void) {
  rp_endpoint *endpoint;

  model_sleep(0);
  rp_ready_list_wake(&loops[0]->thread);
  endpoint = rp_ready_list_next(&loops[0]->thread);
  CHECK(endpoint == mine);
  rp_endpoint_begin(endpoint);
  hand_over();
  CHECK(rp_ready_list_next(&loops[0]->thread) == NULL &&
        rp_ready_list_rest(&loops[0]->thread));
}
SCENARIO(detach_in_callback, "detach-in-callback", setup_with_news,
         {hand_over_in_callback, take_over, send_one_more}, check_heard, NULL, 3);

/* ---- attached by one, lost for another: exactly one of them gets it ---- */

static void
setup_in_transit(void) {
  setup();
  id = rp_endpoint_detach(mine);
  mine = NULL;
}
static void
attach_and_close(void) {
  rp_endpoint *endpoint;

  if (rp_endpoint_attach(id, &loops[1]->thread, &endpoint) == RP_OK)
    rp_endpoint_close(endpoint);
}
static void
lose_it(void) {
  rp_endpoint_lost(id);
}
SCENARIO(attach_lost, "attach-lost", setup_in_transit,
         {attach_and_close, lose_it, send_and_close_peer}, check_gone, NULL, 3);

/* ---- lost in transit: the peer hears of the close ---- */

static void
listen_2(void) {
  left = 1;
  loop_run(loops[2], drain, &left);
}
static void
check_sealed(void) {
  CHECK(sealed);
  check_gone();
}
SCENARIO(lost_heard, "lost-heard", setup_in_transit, {lose_it, listen_2}, check_sealed,
         NULL, -1);

/* ---- the peer learns of the loss at any moment from announce to the end of detach
 * ---- */

static void
tell_lost_and_listen(void) {
  rp_endpoint_peer_lost(peer);
  left = 1;
  loop_run(loops[2], drain, &left);
}
SCENARIO(announce_lost, "announce-lost", setup_announced,
         {detach_mine, tell_lost_and_listen}, check_sealed, NULL, -1);

/* ---- both endpoints in flight at once ---- */

static void
move_mine(void) {
  uint64_t there = rp_endpoint_detach(mine);
  rp_endpoint *endpoint;

  CHECK(rp_endpoint_attach(there, &loops[0]->thread, &endpoint) == RP_OK);
  send(endpoint, 0);
  rp_endpoint_close(endpoint);
}
static void
move_peer(void) {
  uint64_t there = rp_endpoint_detach(peer);
  rp_endpoint *endpoint;

  CHECK(rp_endpoint_attach(there, &loops[2]->thread, &endpoint) == RP_OK);
  left = 2;
  loop_run(loops[2], drain, &left);
}
static void
check_one_heard(void) {
  CHECK(sealed && next == 1);
  check_gone();
}
SCENARIO(both_move, "both-move", setup, {move_mine, move_peer}, check_one_heard, NULL, 2);

/* ---- a third thread closes the pair's other end while one end is handed over ---- */

static void
take_over_and_close(void) {
  model_sleep(HANDED);
  CHECK(rp_endpoint_attach(id, &loops[1]->thread, &mine) == RP_OK);
  rp_endpoint_close(mine);
}
SCENARIO(detach_close, "detach-close", setup,
         {hand_over, take_over_and_close, close_peer}, check_gone, NULL, -1);
