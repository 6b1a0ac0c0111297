/*
 * scenarios-flow.c - a sender that has reached its mark against a consumer that consumes,
 * closes, or does so while the sender moves to another thread.
 */
#include "core/port/flow.h"
#include "loop.h"

/* Loop i has bell i; HANDED is rung when the endpoint has been put into transit. */
enum { HANDED = 3, LOOPS = 3, MESSAGES = 2 };

static loop *loops[LOOPS];
static rp_senders *senders[LOOPS];
static rp_endpoint *mine; /* sends; its owner is loop 0, then 1 */
static rp_endpoint *peer; /* consumes; of loop 2 */
static uint64_t id;
static uint64_t next;
static bool sent_all, gone;

static void
setup(void) {
  for (int i = 0; i < LOOPS; i++) {
    loops[i] = loop_new(i);
    senders[i] = malloc(sizeof(rp_senders));
    memset(senders[i], 0, sizeof(rp_senders));
    rp_store_release(&loops[i]->thread.senders, senders[i]);
  }
  CHECK(rp_channel_open(&loops[0]->thread, &mine, &peer) == RP_OK);
  CHECK(rp_endpoint_set_mark(mine, 1, 0) == RP_OK);
  peer = moved(peer, loops[2]);
  next = 0;
  sent_all = gone = false;
}

static void
check_freed(void) {
  CHECK(rp_channel_in_transit() == 0);
  for (int i = 0; i < LOOPS; i++) {
    free(loops[i]);
    free(senders[i]);
  }
  CHECK(model_blocks() == 0);
}

/* One turn of the thread, which never reads what is sent to it. Returns true if its
 * senders were woken, or if the peer has closed and nothing is unread. */
static bool
turn(int i) {
  rp_endpoint *endpoint;
  rp_record record;
  bool woken = false;

  model_sleep(i);
  do {
    rp_ready_list_wake(&loops[i]->thread);
    while ((endpoint = rp_ready_list_next(&loops[i]->thread)) != NULL) {
      if (endpoint == &senders[i]->endpoint) {
        rp_senders_begin(senders[i]);
        woken = true;
        continue;
      }
      rp_endpoint_begin(endpoint);
      if (rp_chain_peek(&endpoint->inbox, &record) == RP_CLOSED) {
        woken = true;
        continue; /* it will be closed */
      }
      rp_endpoint_end(endpoint, false, true);
    }
  } while (!rp_ready_list_rest(&loops[i]->thread));
  return woken;
}

/* Wait until the queue is below the mark. */
static void
wait_drained(int i) {
  for (;;) {
    if (!turn(i)) continue;
    if (rp_endpoint_peer_gone(mine)) {
      gone = true;
      return;
    }
    if (!rp_flow_look(mine->outflow)) return;
  }
}

static void
send_weighed(uint64_t number) {
  int result = rp_endpoint_write(mine, 0, &number, sizeof(number), NULL, 0);

  CHECK(result == RP_OK || result == RP_CLOSED);
  if (result == RP_OK) rp_flow_add(mine->outflow, 1, 1);
  rp_endpoint_publish(mine);
}

static void
send_and_wait(void) {
  for (uint64_t i = 0; i < MESSAGES && !gone; i++) {
    send_weighed(i);
    CHECK(rp_flow_length(mine->outflow) <= 1);
    if (rp_flow_is_full(mine->outflow)) wait_drained(0);
  }
  sent_all = true;
  rp_endpoint_close(mine);
}

/* Consume so many, then close. */
static void
consume_until(uint64_t count) {
  rp_endpoint *endpoint;
  uint64_t number;

  for (;;) {
    model_sleep(2);
    do {
      rp_ready_list_wake(&loops[2]->thread);
      while ((endpoint = rp_ready_list_next(&loops[2]->thread)) != NULL) {
        if (endpoint == &senders[2]->endpoint) { /* `mine` has closed */
          rp_senders_begin(senders[2]);
          continue;
        }
        rp_endpoint_begin(endpoint);
        while (next < count && receive(endpoint, &number) == RP_OK) {
          CHECK(number == next++);
          rp_endpoint_consumed(endpoint, 1);
        }
        if (next == count) {
          rp_endpoint_close(endpoint);
          return;
        }
        rp_endpoint_end(endpoint, false, false);
      }
    } while (!rp_ready_list_rest(&loops[2]->thread));
  }
}

/* ---- no wake-up is lost ---- */

static void
consume_all(void) {
  consume_until(MESSAGES);
}
static void
check_drained(void) {
  CHECK(sent_all && next == MESSAGES);
  check_freed();
}
SCENARIO(flow_drain, "flow-drain", setup, {send_and_wait, consume_all}, check_drained,
         NULL, 2);

/* ---- a consumer that closes wakes the sender, also behind another wake-up; the sender
 * does not see the close itself, because something is unread ---- */

static void
setup_unread(void) {
  setup();
  send(peer, 0);
}

static void
consume_one(void) {
  consume_until(1);
}
static void
check_gone(void) {
  CHECK(sent_all);
  check_freed();
}
SCENARIO(flow_gone, "flow-gone", setup_unread, {send_and_wait, consume_one}, check_gone,
         NULL, 3);

/* ---- the sender moves to another thread with its queue full ---- */

static void
setup_full(void) {
  setup();
  send_weighed(0);
  send_weighed(1);
  CHECK(rp_flow_is_full(mine->outflow));
}
static void
hand_over(void) {
  id = rp_endpoint_detach(mine);
  model_ring(HANDED);
}
static void
take_over(void) {
  model_sleep(HANDED);
  CHECK(rp_endpoint_attach(id, &loops[1]->thread, &mine) == RP_OK);
  if (rp_flow_is_full(mine->outflow) && rp_flow_look(mine->outflow)) wait_drained(1);
  sent_all = true;
  rp_endpoint_close(mine);
}
static void
consume_two(void) {
  consume_until(2);
}
static void
check_two(void) {
  CHECK(sent_all && next == 2);
  check_freed();
}
SCENARIO(flow_moved, "flow-moved", setup_full, {hand_over, take_over, consume_two},
         check_two, NULL, 2);
