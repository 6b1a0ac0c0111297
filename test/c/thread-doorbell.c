/*
 * A doorbell need not order memory: here it is a relaxed flag, as libuv's may be. The
 * woken thread still sees what a push has written, and the flag is never raised twice
 * before the thread has seen it.
 */
#include "support.h"

#include <sched.h>

enum { SENDERS = 2, MESSAGES = 20000 };

typedef struct relaxed_loop {
  rp_ready_list thread; /* first: a doorbell finds its loop by it */
  rp_word rung;
} relaxed_loop;

static relaxed_loop owner;
static rp_endpoint *theirs[SENDERS];
static uint64_t next[SENDERS];
static uint32_t left;

static void
raise_flag(rp_ready_list *thread) {
  rp_word *rung = &((relaxed_loop *) thread)->rung;

  /* Lowered before the owner went to rest, which who rings has seen. */
  assert(rp_load_relaxed(rung) == 0);
  rp_store_relaxed(rung, 1);
}

static void
never(rp_ready_list *thread) {
  (void) thread;
}

static void *
send_all(void *argument) {
  rp_endpoint **endpoint = argument;

  for (uint64_t n = 0; n < ROUNDS(MESSAGES, MESSAGES / 10); n++) {
    send_number(*endpoint, n);
    /* Now and then the owner gets to rest. */
    if (n % 16 == 0) sched_yield();
  }
  return NULL;
}

static void
drain(rp_endpoint *endpoint) {
  uint64_t number;

  while (receive_number(endpoint, &number) == RP_OK) {
    assert(number == next[endpoint->slot]++);
    left--;
  }
  rp_endpoint_end(endpoint, false, false);
}

static void
run(void) {
  rp_endpoint *endpoint;

  do {
    rp_ready_list_wake(&owner.thread);
    while ((endpoint = rp_ready_list_next(&owner.thread)) != NULL) {
      rp_endpoint_begin(endpoint);
      drain(endpoint);
    }
  } while (!rp_ready_list_rest(&owner.thread));
}

int
main(void) {
  static rp_ready_list senders[SENDERS];
  rp_endpoint *mine[SENDERS];
  pthread_t threads[SENDERS];

  rp_ready_list_init(&owner.thread, raise_flag);
  left = SENDERS * ROUNDS(MESSAGES, MESSAGES / 10);
  for (uint32_t i = 0; i < SENDERS; i++) {
    rp_endpoint *other;

    rp_ready_list_init(&senders[i], never);
    assert(rp_channel_open(&owner.thread, &mine[i], &other) == RP_OK);
    mine[i]->slot = i;
    assert(rp_endpoint_attach(rp_endpoint_detach(other), &senders[i], &theirs[i]) ==
           RP_OK);
  }
  for (int i = 0; i < SENDERS; i++) threads[i] = start(send_all, &theirs[i]);

  double limit = seconds() + 60;

  while (left > 0) {
    while (rp_load_relaxed(&owner.rung) == 0) {
      assert(seconds() < limit);
      sched_yield();
    }
    rp_store_relaxed(&owner.rung, 0);
    run();
  }
  for (int i = 0; i < SENDERS; i++) {
    finish(threads[i]);
    rp_endpoint_close(mine[i]);
    rp_endpoint_close(theirs[i]);
  }
  return 0;
}
