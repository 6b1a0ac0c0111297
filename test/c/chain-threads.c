/*
 * A chain between two threads: bursts make it grow, pauses make it shrink, and the
 * consumer really sleeps. Every record arrives once, in order and intact, and all memory
 * is freed.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=free
 */
#include "support.h"

#include <sched.h>

#include "core/port/chain.h"
#include "count-malloc.h"

typedef struct stream {
  rp_chain chain;
  bell bell;
  uint32_t bursts;
  double until; /* at the latest */
  uint64_t seed;
  uint64_t sent;
  _Atomic uint64_t received;
} stream;

/* Lengths up to `largest`, small ones far more often. */
static uint32_t
length_of(rng *r) {
  uint32_t kind = random_below(r, 100);

  return kind == 0   ? random_below(r, 20000)
         : kind < 10 ? random_below(r, 600)
                     : random_below(r, 40);
}

static void *
produce(void *argument) {
  stream *q = argument;
  rng lengths = {q->seed}, bursts = {q->seed + 1};
  uint64_t number = 0;

  for (uint32_t burst = 0; burst < q->bursts && seconds() < q->until; burst++) {
    /* Long bursts grow it; the many of one or two records after it shrink it. */
    uint32_t left =
        burst % 50 == 0 ? random_below(&bursts, 5000) : 1 + random_below(&bursts, 2);

    while (left-- > 0) {
      uint32_t length = length_of(&lengths);
      uint8_t *payload;

      assert(rp_chain_claim(&q->chain, (uint32_t) number, length, &payload) == RP_OK);
      memset(payload, (int) (number & 0xFF), length);
      number++;
      if (random_below(&bursts, 4) == 0 && rp_chain_publish(&q->chain))
        bell_ring(&q->bell);
    }
    if (rp_chain_publish(&q->chain)) bell_ring(&q->bell);
    /* Let the consumer catch up and fall asleep now and then. */
    if (random_below(&bursts, 4) != 0) continue;
    while (atomic_load(&q->received) != number) sched_yield();
    nanosleep(&(struct timespec){0, 1000}, NULL);
  }
  q->sent = number;
  if (rp_chain_close(&q->chain)) bell_ring(&q->bell);
  return NULL;
}

static uint64_t
consume(stream *q) {
  rng lengths = {q->seed};
  rp_record record;
  uint64_t number = 0;
  uint64_t sleeps = 0;
  int result;

  while ((result = rp_chain_peek(&q->chain, &record)) != RP_CLOSED) {
    if (result == RP_EMPTY) {
      if (!rp_chain_park(&q->chain)) continue;
      sleeps++;
      bell_wait(&q->bell);
      continue;
    }
    assert(result == RP_OK && record.type == (uint32_t) number);
    assert(record.length == length_of(&lengths));
    for (uint32_t i = 0; i < record.length; i++)
      assert(record.payload[i] == (uint8_t) number);
    assert(rp_chain_queued(&q->chain) >= 1);
    rp_chain_release(&q->chain, rp_record_size(record.length), 1);
    atomic_store(&q->received, ++number);
  }
  assert(sleeps == q->bell.count);
  return number;
}

int
main(void) {
  uint64_t s = seed();

  for (uint64_t i = 0; i < 4; i++) {
    stream q = {
        .bursts = ROUNDS(8000, 2000), .until = seconds() + 8, .seed = s + i * 100};

    rp_chain_init(&q.chain);
    bell_init(&q.bell);

    pthread_t producer = start(produce, &q);
    uint64_t received = consume(&q);

    finish(producer);
    assert(received == q.sent);
    printf("%llu records, %llu sleeps\n", (unsigned long long) received,
           (unsigned long long) q.bell.count);
    bell_destroy(&q.bell);
    rp_chain_destroy(&q.chain, NULL);
    assert(blocks_live() == 0);
  }
  return 0;
}
