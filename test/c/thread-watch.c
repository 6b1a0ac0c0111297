/*
 * Two threads exchange a number, and each polls for a while before it sleeps. Nothing is
 * lost, and the doorbell never rings for a thread that polls, nor twice for one that
 * sleeps (bell_ring() asserts it).
 */
#include "support.h"

#include <sched.h>

/* Even: the first side sends it, the second one takes it. */
#define TOTAL ((uint64_t) ROUNDS(100000, 10000))
/* The last number, after TOTAL or when time is up. */
#define OVER UINT64_MAX

static double until;

typedef struct side {
  loop loop;
  rp_endpoint *endpoint;
  uint64_t next; /* the number to come */
  bool over;
  rng random;
  uint64_t watched; /* served without a ring */
} side;

static void
answer(rp_endpoint *endpoint, void *context) {
  side *s = context;
  uint64_t number;

  while (receive_number(endpoint, &number) == RP_OK) {
    s->over = number == OVER;
    if (s->over) break;
    assert(number == s->next);
    s->next += 2;
    s->over = number == TOTAL || seconds() > until;
    send_number(endpoint, s->over ? OVER : number + 1);
  }
  rp_endpoint_end(endpoint, false, false);
}

static void
serve(side *s) {
  rp_endpoint *endpoint;

  rp_ready_list_wake(&s->loop.thread);
  while ((endpoint = rp_ready_list_next(&s->loop.thread)) != NULL) {
    rp_endpoint_begin(endpoint);
    answer(endpoint, s);
  }
}

/* As src/node/loop_spin.c, but for as long as chance will have it. */
static void
watch(side *s) {
  uint32_t looks = random_below(&s->random, 300);

  if (!rp_ready_list_watch(&s->loop.thread)) return; /* the bell is on its way */
  while (looks-- > 0) {
    if (rp_ready_list_news(&s->loop.thread)) {
      serve(s);
      s->watched++;
    }
    if (random_below(&s->random, 50) == 0) sched_yield();
  }
  while (!rp_ready_list_rest(&s->loop.thread)) serve(s);
}

static void *
play(void *argument) {
  side *s = argument;

  while (!s->over) {
    watch(s);
    if (s->over) break;
    loop_wait(&s->loop, answer, s);
  }
  return NULL;
}

static void
side_init(side *s, rp_endpoint *endpoint, uint64_t first, uint64_t number) {
  rp_endpoint *mine;

  loop_init(&s->loop);
  assert(rp_endpoint_attach(rp_endpoint_detach(endpoint), &s->loop.thread, &mine) ==
         RP_OK);
  s->endpoint = mine;
  s->next = first;
  s->random.state = number;
}

int
main(void) {
  uint64_t number = seed();
  static side one, other;
  loop home;
  rp_endpoint *endpoint, *peer;

  loop_init(&home);
  assert(rp_channel_open(&home.thread, &endpoint, &peer) == RP_OK);
  side_init(&one, endpoint, 1, number);
  side_init(&other, peer, 0, number + 1);
  until = seconds() + 20;
  send_number(one.endpoint, 0);

  pthread_t threads[] = {start(play, &one), start(play, &other)};

  finish(threads[0]);
  finish(threads[1]);
  assert(one.next == other.next + 1 || other.next == one.next + 1);
  printf("%llu of %llu served by watching\n",
         (unsigned long long) (one.watched + other.watched),
         (unsigned long long) other.next);
  rp_endpoint_close(one.endpoint);
  rp_endpoint_close(other.endpoint);
  loop_destroy(&one.loop);
  loop_destroy(&other.loop);
  loop_destroy(&home);
  return 0;
}
