/*
 * A sender with a mark. What is queued is counted exactly up to half of RP_FLOW_LOTS
 * messages, and to 1/16 of the queue's largest size beyond. The sender is woken when half
 * of the mark is left, at most once for each wait, and no wake-up is lost, whoever closes
 * or moves meanwhile.
 */
#include "support.h"

#include <sched.h>

#include "core/port/flow.h"

enum { MARK = 1000, COUNTED = RP_FLOW_LOTS / 2 };

static rp_senders *
senders_of(loop *l) {
  rp_senders *made;

  assert(posix_memalign((void **) &made, _Alignof(rp_senders), sizeof(*made)) == 0);
  memset(made, 0, sizeof(*made));
  rp_store_release(&l->thread.senders, made);
  return made;
}

/* ---- counting ---- */

static void
counts(void) {
  rp_flow *flow = rp_flow_new(MARK, 7);

  assert(flow != NULL && flow->policy == 7);
  assert(rp_flow_length(flow) == 0 && !rp_flow_is_full(flow));
  for (uint32_t i = 1; i <= COUNTED; i++) {
    rp_flow_add(flow, 1, i);
    assert(rp_flow_length(flow) == (uint64_t) i * (i + 1) / 2);
  }
  rp_flow_add_weight(flow, 5);
  assert(rp_flow_length(flow) == COUNTED * (COUNTED + 1) / 2 + 5);
  for (uint32_t i = 1; i <= COUNTED; i++) {
    uint64_t left =
        (COUNTED * (COUNTED + 1) - (uint64_t) i * (i + 1)) / 2 + (i == COUNTED ? 0 : 5);

    assert(!rp_flow_consume(flow, 1)); /* nobody waits */
    assert(rp_flow_length(flow) == left);
  }
  rp_flow_add_weight(flow, 5); /* of a record that has been consumed: nothing */
  assert(rp_flow_length(flow) == 0);
  rp_flow_free(flow);
  rp_flow_free(NULL);
}

/* However many messages there are, the count is never too low, and hardly too high. */
static void
many(uint64_t s) {
  rp_flow *flow = rp_flow_new(MARK, 0);
  rng random = {s};
  static uint32_t weight[1 << 16];
  uint32_t sent = 0, consumed = 0;
  uint64_t exact = 0, largest = 0, peak = 0;

  flow->sent = UINT32_MAX - 1000; /* numbers wrap around */
  rp_store_relaxed(&flow->consumed, flow->sent);
  for (uint32_t round = 0; round < ROUNDS(2000000u, 200000u); round++) {
    if (random_below(&random, 20) < (round >> 14 & 1 ? 8u : 12u) &&
        sent - consumed < 1 << 16) {
      uint32_t w = random_below(&random, 50) == 0 ? random_below(&random, 5000) + 1 : 16;

      weight[sent++ % (1 << 16)] = w;
      if (w > largest) largest = w;
      exact += w;
      rp_flow_add(flow, 1, w);
    } else if (sent != consumed) {
      exact -= weight[consumed++ % (1 << 16)];
      (void) rp_flow_consume(flow, 1);
    }
    if (round % 64 != 0) continue;

    uint64_t length = rp_flow_length(flow);

    assert(length >= exact);
    if (exact > peak) peak = exact;
    assert(length <= exact + peak / 16 + 2 * largest);
    assert(sent != consumed || length == 0);
    if (length == 0) peak = 0;
  }
  rp_flow_free(flow);
}

static void
thresholds(void) {
  rp_flow *flow = rp_flow_new(MARK, 0);

  for (int i = 0; i < 9; i++) rp_flow_add(flow, 1, 100);
  assert(!rp_flow_is_full(flow));
  rp_flow_add(flow, 1, 100);
  assert(rp_flow_is_full(flow)); /* at the mark, not above it */
  for (int i = 0; i < 4; i++) assert(!rp_flow_consume(flow, 1));
  assert(rp_flow_length(flow) == 600 && rp_flow_look(flow));
  assert(rp_flow_consume(flow, 1));  /* half of the mark is left */
  assert(!rp_flow_consume(flow, 1)); /* one wake-up for one wait */
  assert(!rp_flow_look(flow) && !rp_flow_is_full(flow));

  rp_flow_add(flow, 1, 5000); /* one message, larger than the mark */
  assert(rp_flow_is_full(flow));
  assert(!rp_flow_consume(flow, 4));
  assert(rp_flow_consume(flow, 1) && !rp_flow_look(flow));
  assert(rp_flow_length(flow) == 0);

  rp_flow_add(flow, 20, 2000); /* a run */
  assert(rp_flow_is_full(flow) && !rp_flow_consume(flow, 19));
  assert(rp_flow_length(flow) == 2000 && rp_flow_consume(flow, 1));
  assert(!rp_flow_look(flow));
  rp_flow_free(flow);
}

/* ---- two threads ---- */

typedef struct side {
  loop loop;
  rp_senders *senders;
  rp_endpoint *endpoint;
  uint64_t numbers; /* to send, or to consume before it closes */
  uint64_t next;
  uint64_t waits;
  uint64_t seed;
  bool woken, gone;
} side;

static void
look(rp_endpoint *endpoint, void *context) {
  side *s = context;
  rp_record record;

  if (endpoint == &s->senders->endpoint) {
    rp_senders_begin(s->senders);
    s->woken = true;
    return;
  }
  if (rp_chain_peek(&endpoint->inbox, &record) == RP_CLOSED) {
    s->woken = s->gone = true;
    return;
  }
  rp_endpoint_end(endpoint, false, true);
}

/* Sleep until less is queued. A lost wake-up shows as a sleep that does not end. */
static void
wait_drained(side *s) {
  s->waits++;
  do {
    s->woken = false;
    while (!s->woken) loop_wait(&s->loop, look, s);
    if (s->gone || rp_endpoint_peer_gone(s->endpoint)) return;
  } while (rp_flow_look(s->endpoint->outflow));
}

static void *
send_all(void *argument) {
  side *s = argument;
  rp_flow *flow = s->endpoint->outflow;

  for (uint64_t i = 0; i < s->numbers && !s->gone; i++) {
    int result = write_number(s->endpoint, i);

    assert(result == RP_OK || result == RP_CLOSED);
    if (result == RP_CLOSED) break;
    rp_flow_add(flow, 1, 16);
    rp_endpoint_publish(s->endpoint);
    if (rp_flow_is_full(flow)) wait_drained(s);
    assert(s->gone || rp_flow_length(flow) <= 64 + 16);
  }
  rp_endpoint_close(s->endpoint);
  return NULL;
}

static void
consume(rp_endpoint *endpoint, void *context) {
  side *s = context;
  rng random = {s->seed++};
  uint64_t number;
  int result = RP_EMPTY;

  if (endpoint == &s->senders->endpoint) {
    rp_senders_begin(s->senders);
    return;
  }
  while (s->next < s->numbers && (result = receive_number(endpoint, &number)) == RP_OK) {
    assert(number == s->next++);
    rp_endpoint_consumed(endpoint, 1);
    if (random_below(&random, 30) == 0) sched_yield();
  }
  if (s->next == s->numbers || result == RP_CLOSED) {
    rp_endpoint_close(endpoint);
    s->gone = true;
    return;
  }
  rp_endpoint_end(endpoint, false, false);
}

static void *
consume_all(void *argument) {
  side *s = argument;

  while (!s->gone) loop_wait(&s->loop, consume, s);
  return NULL;
}

static void
end_side(side *s) {
  while (bell_heard(&s->loop.bell)) { /* of the other side's end */
  }
  loop_destroy(&s->loop);
  free(s->senders);
}

/* The consumer closes after `numbers`, perhaps while the sender waits. */
static uint64_t
two_threads(uint64_t send, uint64_t numbers, uint64_t s) {
  side sender = {.numbers = send}, consumer = {.numbers = numbers, .seed = s};
  rp_endpoint *here, *there;

  loop_init(&sender.loop);
  loop_init(&consumer.loop);
  sender.senders = senders_of(&sender.loop);
  consumer.senders = senders_of(&consumer.loop);
  assert(rp_channel_open(&sender.loop.thread, &here, &there) == RP_OK);
  assert(rp_endpoint_set_mark(here, 64, 0) == RP_OK);
  assert(rp_endpoint_attach(rp_endpoint_detach(there), &consumer.loop.thread, &there) ==
         RP_OK);
  sender.endpoint = here;
  consumer.endpoint = there;

  pthread_t one = start(send_all, &sender), other = start(consume_all, &consumer);

  finish(one);
  finish(other);
  assert(consumer.next == (send < numbers ? send : numbers));
  end_side(&sender);
  end_side(&consumer);
  return sender.waits;
}

int
main(void) {
  uint64_t s = seed();
  rng random = {s};
  uint64_t waits = 0;

  counts();
  many(s);
  thresholds();
  waits += two_threads(ROUNDS(100000, 20000), UINT64_MAX, s);
  for (int i = 0; i < ROUNDS(500, 200); i++)
    waits += two_threads(50, random_below(&random, 60) + 1, s + (uint64_t) i);
  printf("%llu waits\n", (unsigned long long) waits);
  return 0;
}
