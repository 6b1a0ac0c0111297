/*
 * Many threads push endpoints on one thread's ready list. Each push serves its endpoint
 * once, the doorbell rings once between two rests, a round serves each endpoint at most
 * once, and an endpoint can be removed while others are pushed.
 */
#include "support.h"

#include <sched.h>

enum { PUSHERS = 3, ENDPOINTS = 6 };

static void
no_turn(rp_endpoint *endpoint, void *context) {
  (void) endpoint;
  (void) context;
  assert(false);
}

/* Endpoints whose list is all that matters: pushed by hand, by who holds the token in the
 * test. */
static void
one_by_one(void) {
  loop l;
  rp_endpoint *endpoint[4];

  loop_init(&l);
  assert(rp_channel_open(&l.thread, &endpoint[0], &endpoint[1]) == RP_OK);
  assert(rp_channel_open(&l.thread, &endpoint[2], &endpoint[3]) == RP_OK);
  assert(!bell_heard(&l.bell)); /* nothing in them: nobody is called */

  for (int i = 0; i < 4; i++) rp_ready_list_push(&l.thread, endpoint[i]);
  assert(l.bell.count == 1 && bell_heard(&l.bell));
  assert(!rp_ready_list_rest(&l.thread));

  rp_ready_list_wake(&l.thread);
  assert(rp_ready_list_remove(&l.thread, endpoint[1]) &&
         !rp_ready_list_remove(&l.thread, endpoint[1]));
  assert(rp_ready_list_next(&l.thread) == endpoint[0]);
  rp_ready_list_push(&l.thread, endpoint[0]); /* again: has to wait for the next round */
  assert(rp_ready_list_remove(&l.thread, endpoint[3]) &&
         !rp_ready_list_remove(&l.thread, endpoint[3]));
  assert(rp_ready_list_next(&l.thread) == endpoint[2]);
  assert(rp_ready_list_next(&l.thread) == NULL);
  assert(!rp_ready_list_rest(&l.thread) && l.bell.count == 1);

  rp_ready_list_wake(&l.thread);
  assert(rp_ready_list_next(&l.thread) == endpoint[0] &&
         rp_ready_list_next(&l.thread) == NULL);
  assert(rp_ready_list_rest(&l.thread) && rp_ready_list_rest(&l.thread));

  /* Removing everything leaves a list that works. */
  rp_ready_list_push(&l.thread, endpoint[3]);
  assert(l.bell.count == 2 && bell_heard(&l.bell));
  rp_ready_list_push(&l.thread, endpoint[1]);
  assert(rp_ready_list_remove(&l.thread, endpoint[1]) &&
         rp_ready_list_remove(&l.thread, endpoint[3]));
  rp_ready_list_wake(&l.thread);
  assert(rp_ready_list_next(&l.thread) == NULL && rp_ready_list_rest(&l.thread));
  rp_ready_list_push(&l.thread, endpoint[2]);
  assert(l.bell.count == 3 && bell_heard(&l.bell));
  rp_ready_list_wake(&l.thread);
  assert(rp_ready_list_next(&l.thread) == endpoint[2] && rp_ready_list_rest(&l.thread));

  rp_endpoint_close(endpoint[0]);
  rp_endpoint_close(endpoint[2]);
  rp_endpoint_close(endpoint[1]);
  rp_endpoint_close(endpoint[3]);
  loop_destroy(&l);
}

/* Scheduling: the callback runs once, whoever has the token. */
static void
count_turn(rp_endpoint *endpoint, void *context) {
  ++*(int *) context;
  rp_endpoint_end(endpoint, false, false);
}

static void
schedule(void) {
  loop l;
  rp_endpoint *endpoint, *peer;
  int turns = 0;

  loop_init(&l);
  assert(rp_channel_open(&l.thread, &endpoint, &peer) == RP_OK);
  rp_endpoint_schedule(endpoint);
  rp_endpoint_schedule(endpoint); /* it will run anyway */
  loop_wait(&l, count_turn, &turns);
  assert(turns == 1 && l.bell.count == 1);
  send_number(peer, 1);
  rp_endpoint_schedule(endpoint); /* the same */

  uint64_t number;

  assert(receive_number(endpoint, &number) == RP_OK && number == 1);
  loop_wait(&l, count_turn, &turns);
  assert(turns == 2 && l.bell.count == 2);
  loop_run(&l, no_turn, NULL);
  rp_endpoint_close(endpoint);
  rp_endpoint_close(peer);
  loop_destroy(&l);
}

/* ---- many pushers ---- */

typedef struct pusher {
  loop loop; /* of its endpoints: nothing is sent to them */
  rp_endpoint *endpoint[ENDPOINTS];
  uint32_t numbers;
  uint64_t seed;
} pusher;

typedef struct owner {
  loop loop;
  uint64_t next[PUSHERS * ENDPOINTS]; /* the number each endpoint waits for, by slot */
  uint32_t open;
  uint32_t last_round[PUSHERS * ENDPOINTS];
  uint64_t turns;
  rng random;
} owner;

static void *
push(void *argument) {
  pusher *p = argument;
  rng random = {p->seed};
  uint64_t next[ENDPOINTS] = {0};

  for (uint32_t i = 0; i < p->numbers; i++) {
    uint32_t h = random_below(&random, ENDPOINTS);
    int result = write_number(p->endpoint[h], next[h]);

    /* The owner closes some while we push. */
    assert(result == RP_OK || result == RP_CLOSED);
    next[h]++;
    rp_endpoint_publish(p->endpoint[h]);
    if (random_below(&random, 50) == 0) nanosleep(&(struct timespec){0, 1000}, NULL);
  }
  for (uint32_t h = 0; h < ENDPOINTS; h++) rp_endpoint_close(p->endpoint[h]);
  return NULL;
}

static void
turn(rp_endpoint *endpoint, void *context) {
  owner *o = context;
  uint32_t slot = endpoint->slot;
  uint64_t number;
  int result;

  assert(endpoint->round == o->loop.thread.round &&
         o->last_round[slot] != endpoint->round);
  o->last_round[slot] = endpoint->round;
  o->turns++;
  for (int i = 0; i < 10; i++) {
    result = receive_number(endpoint, &number);
    if (result != RP_OK) break;
    assert(number == o->next[slot]++);
  }
  if (result == RP_CLOSED || random_below(&o->random, 5000) == 0) {
    /* Closed here, perhaps with others before and behind it on the list. */
    rp_endpoint_close(endpoint);
    o->open--;
    return;
  }
  rp_endpoint_end(endpoint, false, false);
}

static void
many_pushers(uint64_t s) {
  owner o = {.open = PUSHERS * ENDPOINTS, .random = {s}};
  pusher pushers[PUSHERS];
  pthread_t threads[PUSHERS];
  uint64_t waits = 0;

  loop_init(&o.loop);
  for (uint32_t p = 0; p < PUSHERS; p++) {
    loop_init(&pushers[p].loop);
    pushers[p].numbers = ROUNDS(200000, 30000);
    pushers[p].seed = s + p + 1;
    for (uint32_t h = 0; h < ENDPOINTS; h++) {
      rp_endpoint *mine, *other;

      assert(rp_channel_open(&o.loop.thread, &mine, &other) == RP_OK);
      mine->slot = p * ENDPOINTS + h;
      assert(rp_endpoint_attach(rp_endpoint_detach(other), &pushers[p].loop.thread,
                                &other) == RP_OK);
      pushers[p].endpoint[h] = other;
    }
  }
  for (uint32_t p = 0; p < PUSHERS; p++) threads[p] = start(push, &pushers[p]);
  for (; o.open > 0; waits++) loop_wait(&o.loop, turn, &o);
  for (uint32_t p = 0; p < PUSHERS; p++) {
    finish(threads[p]);
    loop_destroy(&pushers[p].loop);
  }
  /* bell_ring() has checked that no ring came before the last was heard. */
  assert(o.loop.bell.count == waits && !bell_heard(&o.loop.bell));
  printf("%llu turns, %llu rings\n", (unsigned long long) o.turns,
         (unsigned long long) waits);
  loop_destroy(&o.loop);
}

int
main(void) {
  one_by_one();
  schedule();
  many_pushers(seed());
  return 0;
}
