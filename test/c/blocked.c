/*
 * A thread that blocks on an endpoint is woken by each message, by a close and by a
 * nudge. If threads wait for each other in a circle, one of them gives up.
 */
#include "support.h"

#include <sched.h>

#include "core/port/blocked.h"

enum { MESSAGES = 50000, CIRCLES = 3000, NUDGES = 20000, CLOSES = 500 };

#define SECOND UINT64_C(1000000000)

typedef struct side {
  rp_ready_list thread;
  rp_endpoint *endpoint;
  pthread_t runs;
  uint32_t rounds;
  uint32_t found; /* deadlocks */
} side;

static void
no_doorbell(rp_ready_list *thread) {
  (void) thread;
}

/* Two sides, each in its own thread. */
static void
open_sides(side *one, side *other) {
  rp_endpoint *theirs;

  memset(one, 0, sizeof(*one));
  memset(other, 0, sizeof(*other));
  rp_ready_list_init(&one->thread, no_doorbell);
  rp_ready_list_init(&other->thread, no_doorbell);
  assert(rp_channel_open(&one->thread, &one->endpoint, &theirs) == RP_OK);
  assert(rp_endpoint_attach(rp_endpoint_detach(theirs), &other->thread,
                            &other->endpoint) == RP_OK);
}

static void
close_sides(side *one, side *other) {
  rp_endpoint_close(one->endpoint);
  rp_endpoint_close(other->endpoint);
}

/* Block until there is a number. A minute is never reached. */
static uint64_t
await_number(side *s, bool endless) {
  uint32_t ticket = endless ? rp_endpoint_ticket() : 0;
  uint64_t number = 0;
  int status;

  rp_endpoint_wake_up(s->endpoint);
  while ((status = receive_number(s->endpoint, &number)) == RP_EMPTY)
    assert(rp_endpoint_block(s->endpoint, rp_now() + 60 * SECOND, ticket) == RP_OK);
  assert(status == RP_OK);
  rp_endpoint_end(s->endpoint, false, false);
  return number;
}

/* ---- each answers what it gets ---- */

static void *
answer_all(void *argument) {
  side *s = argument;

  for (uint64_t n = 0; n < s->rounds; n++) {
    assert(await_number(s, false) == n);
    send_number(s->endpoint, n);
  }
  return NULL;
}

static void
calls(void) {
  side one, other;

  open_sides(&one, &other);
  other.rounds = ROUNDS(MESSAGES, MESSAGES / 10);
  other.runs = start(answer_all, &other);
  for (uint64_t n = 0; n < other.rounds; n++) {
    send_number(one.endpoint, n);
    assert(await_number(&one, true) == n);
  }
  finish(other.runs);
  close_sides(&one, &other);
}

/* ---- bursts and pauses, and a receiver that gives up now and then ---- */

static void *
send_bursts(void *argument) {
  side *s = argument;
  rng r = {7};

  for (uint64_t n = 0; n < s->rounds; n++) {
    send_number(s->endpoint, n);
    if (random_below(&r, 8) == 0) sched_yield();
  }
  return NULL;
}

static void
bursts(void) {
  side one, other;
  double limit = seconds() + 60;

  open_sides(&one, &other);
  other.rounds = ROUNDS(MESSAGES, MESSAGES / 10);
  other.runs = start(send_bursts, &other);
  for (uint64_t n = 0; n < other.rounds;) {
    uint64_t number;

    rp_endpoint_wake_up(one.endpoint);
    if (n % 3 != 0 || receive_number(one.endpoint, &number) == RP_EMPTY)
      (void) rp_endpoint_block(one.endpoint, rp_now() + 1000, 0);
    else
      assert(number == n++);
    while (receive_number(one.endpoint, &number) == RP_OK) assert(number == n++);
    rp_endpoint_end(one.endpoint, false, false);
    assert(seconds() < limit);
  }
  finish(other.runs);
  close_sides(&one, &other);
}

/* ---- both wait for each other: one of them learns of it, and says so ---- */

static void *
meet(void *argument) {
  side *s = argument;

  for (uint32_t n = 0; n < s->rounds; n++) {
    uint32_t ticket = rp_endpoint_ticket();
    uint64_t number = 0;
    int status;

    rp_endpoint_wake_up(s->endpoint);
    while ((status = receive_number(s->endpoint, &number)) == RP_EMPTY) {
      status = rp_endpoint_block(s->endpoint, rp_now() + 60 * SECOND, ticket);
      if (status != RP_OK) break;
    }
    rp_endpoint_end(s->endpoint, false, false);
    if (status == RP_EDEADLOCK) {
      s->found++;
      send_number(s->endpoint, n);
      assert(await_number(s, false) == n);
    } else {
      assert(status == RP_OK && number == n);
      send_number(s->endpoint, n);
    }
  }
  return NULL;
}

static void
circles(void) {
  side one, other;

  open_sides(&one, &other);
  one.rounds = other.rounds = ROUNDS(CIRCLES, CIRCLES / 10);
  other.runs = start(meet, &other);
  meet(&one);
  finish(other.runs);
  assert(one.found + other.found == one.rounds);
  close_sides(&one, &other);
}

/* ---- something comes by another way, which has a lock of its own ---- */

static pthread_mutex_t way = PTHREAD_MUTEX_INITIALIZER;
static uint32_t posted;

static void *
post_and_nudge(void *argument) {
  side *s = argument;

  for (uint32_t n = 0; n < s->rounds; n++) {
    pthread_mutex_lock(&way);
    posted++;
    pthread_mutex_unlock(&way);
    /* As the wrapper does. */
    if (rp_load_relaxed(&rp_nudges_wanted) != 0) rp_endpoint_nudge_peer(s->endpoint);
    if (n % 16 == 0) sched_yield();
  }
  return NULL;
}

static void
nudges(void) {
  side one, other;
  uint32_t taken = 0;

  open_sides(&one, &other);
  posted = 0;
  other.rounds = ROUNDS(NUDGES, NUDGES / 10);
  rp_endpoint_watch(one.endpoint, true);
  assert(rp_load_relaxed(&rp_nudges_wanted) != 0);
  other.runs = start(post_and_nudge, &other);
  while (taken < other.rounds) {
    pthread_mutex_lock(&way);

    bool is_new = posted > taken;

    taken = posted;
    pthread_mutex_unlock(&way);
    if (is_new) continue;
    assert(rp_endpoint_block(one.endpoint, rp_now() + 60 * SECOND, 0) == RP_OK);
    rp_endpoint_end(one.endpoint, false, false);
  }
  rp_endpoint_watch(one.endpoint, false);
  finish(other.runs);
  rp_endpoint_nudge_peer(other.endpoint); /* nobody watches */
  assert(rp_endpoint_block(one.endpoint, rp_now() + 1000, 0) == RP_EMPTY);
  close_sides(&one, &other);
}

/* ---- the other side closes ---- */

static void *
close_it(void *argument) {
  side *s = argument;

  send_number(s->endpoint, 1);
  rp_endpoint_close(s->endpoint);
  return NULL;
}

static void
closes(void) {
  for (int i = 0; i < ROUNDS(CLOSES, CLOSES / 10); i++) {
    side one, other;
    uint64_t number;
    int status;

    open_sides(&one, &other);
    other.runs = start(close_it, &other);
    assert(await_number(&one, true) == 1);
    rp_endpoint_wake_up(one.endpoint);
    while ((status = receive_number(one.endpoint, &number)) == RP_EMPTY)
      assert(rp_endpoint_block(one.endpoint, rp_now() + 60 * SECOND, 1) == RP_OK);
    assert(status == RP_CLOSED);
    finish(other.runs);
    rp_endpoint_close(one.endpoint);
  }
}

/* ---- a port of the same thread ---- */

static void
alone(void) {
  rp_ready_list thread;
  rp_endpoint *one, *other;

  rp_ready_list_init(&thread, no_doorbell);
  assert(rp_channel_open(&thread, &one, &other) == RP_OK);
  assert(rp_endpoint_block(one, rp_now() + 60 * SECOND, 1) == RP_EDEADLOCK);
  assert(rp_endpoint_block(one, rp_now() + 1000, 0) == RP_EMPTY);
  send_number(other, 5);
  assert(rp_endpoint_block(one, rp_now() + 60 * SECOND, 1) == RP_OK);

  /* The peer is in transit: it may yet be attached elsewhere. */
  uint64_t number, id = rp_endpoint_detach(other);

  assert(receive_number(one, &number) == RP_OK && number == 5);
  assert(rp_endpoint_block(one, rp_now() + 1000, 1) == RP_EMPTY);
  rp_endpoint_lost(id);
  assert(rp_endpoint_block(one, rp_now() + 60 * SECOND, 1) == RP_OK);
  assert(receive_number(one, &number) == RP_CLOSED);
  rp_endpoint_close(one);
}

/* ---- a thread that another one waits for ---- */

static void *
wait_for_it(void *argument) {
  side *s = argument;

  assert(await_number(s, true) == 1);
  return NULL;
}

static void
awaited(void) {
  side one, other;

  open_sides(&one, &other);
  assert(!rp_endpoint_is_awaited(one.endpoint));
  other.runs = start(wait_for_it, &other);
  while (!rp_endpoint_is_awaited(one.endpoint)) (void) sched_yield();
  send_number(one.endpoint, 1);
  finish(other.runs);
  assert(!rp_endpoint_is_awaited(one.endpoint));
  close_sides(&one, &other);
}

int
main(void) {
  alone();
  awaited();
  calls();
  bursts();
  circles();
  nudges();
  closes();
  assert(rp_channel_in_transit() == 0);
  return 0;
}
