/*
 * support.h - for the C tests: random numbers with a seed, threads, a doorbell, and a
 * loop that serves the ready endpoints of a thread.
 *
 * A program that uses random numbers prints its seed; RP_SEED=n repeats a run.
 */
#ifndef SUPPORT_H_
#define SUPPORT_H_

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/port/channel.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SLOW 1
#endif
#endif
#ifndef SLOW
#define SLOW 0
#endif

/* Rounds of a test; fewer under a sanitizer, which makes everything slower. */
#define ROUNDS(fast, slow) (SLOW ? (slow) : (fast))

/* ---- random numbers: splitmix64 ---- */

typedef struct rng {
  uint64_t state;
} rng;

static inline uint64_t
random_u64(rng *r) {
  uint64_t z = (r->state += 0x9E3779B97F4A7C15u);

  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static inline uint32_t
random_below(rng *r, uint32_t limit) {
  return (uint32_t) (random_u64(r) % limit);
}

/* The seed of this run: RP_SEED, or the clock. Printed, so that a failure can be
 * repeated. */
static inline uint64_t
seed(void) {
  const char *given = getenv("RP_SEED");
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t s = given ? strtoull(given, NULL, 0)
                     : (uint64_t) now.tv_nsec ^ (uint64_t) now.tv_sec << 20;

  printf("RP_SEED=%llu\n", (unsigned long long) s);
  fflush(stdout);
  return s;
}

/* Seconds of the clock that never goes back. What hands over to another thread thousands
 * of times takes as long as others let it wait each time: it plays for a while, and less
 * on a busy machine. */
static inline double
seconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* ---- threads ---- */

static inline pthread_t
start(void *(*body)(void *), void *argument) {
  pthread_t thread;

  assert(pthread_create(&thread, NULL, body, argument) == 0);
  return thread;
}

static inline void
finish(pthread_t thread) {
  assert(pthread_join(thread, NULL) == 0);
}

/* ---- a doorbell ---- */

/* A sleep ends only by a ring: there is no other way for news to be seen, so a lost
 * wake-up shows as a test that never goes on. A ring before the last one was heard means
 * that two have the token. */
typedef struct bell {
  pthread_mutex_t lock;
  pthread_cond_t cond;
  bool rung;
  uint64_t count; /* rings so far */
} bell;

static inline void
bell_init(bell *b) {
  assert(pthread_mutex_init(&b->lock, NULL) == 0);
  assert(pthread_cond_init(&b->cond, NULL) == 0);
  b->rung = false;
  b->count = 0;
}

static inline void
bell_destroy(bell *b) {
  assert(pthread_cond_destroy(&b->cond) == 0);
  assert(pthread_mutex_destroy(&b->lock) == 0);
}

static inline void
bell_ring(bell *b) {
  pthread_mutex_lock(&b->lock);
  assert(!b->rung);
  b->rung = true;
  b->count++;
  pthread_cond_signal(&b->cond);
  pthread_mutex_unlock(&b->lock);
}

/* Sleep until the bell has rung, and hear it. */
static inline void
bell_wait(bell *b) {
  struct timespec limit;

  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 60;
  pthread_mutex_lock(&b->lock);
  while (!b->rung) {
    if (pthread_cond_timedwait(&b->cond, &b->lock, &limit) != ETIMEDOUT) continue;
    fprintf(stderr, "lost wake-up: no ring for 60 s\n");
    abort();
  }
  b->rung = false;
  pthread_mutex_unlock(&b->lock);
}

/* Hear the bell if it has rung. */
static inline bool
bell_heard(bell *b) {
  pthread_mutex_lock(&b->lock);
  bool rung = b->rung;
  b->rung = false;
  pthread_mutex_unlock(&b->lock);
  return rung;
}

/* ---- a thread with ports, as src/node/env.c has one ---- */

typedef struct loop {
  rp_ready_list thread; /* first: a doorbell finds its loop by it */
  bell bell;
} loop;

static inline void
loop_ring(rp_ready_list *thread) {
  bell_ring(&((loop *) thread)->bell);
}

static inline void
loop_init(loop *l) {
  bell_init(&l->bell);
  rp_ready_list_init(&l->thread, loop_ring);
}

static inline void
loop_destroy(loop *l) {
  bell_destroy(&l->bell);
}

/* Call `callback` for every endpoint with news until there is no more, then rest. The
 * callback has the token (it has begun) and ends or closes its endpoint itself. */
static inline void
loop_run(loop *l, void (*callback)(rp_endpoint *endpoint, void *context), void *context) {
  rp_endpoint *endpoint;

  do {
    rp_ready_list_wake(&l->thread);
    while ((endpoint = rp_ready_list_next(&l->thread)) != NULL) {
      rp_endpoint_begin(endpoint);
      callback(endpoint, context);
    }
  } while (!rp_ready_list_rest(&l->thread));
}

/* Sleep until the doorbell rings, then run. */
static inline void
loop_wait(loop *l, void (*callback)(rp_endpoint *endpoint, void *context),
          void *context) {
  bell_wait(&l->bell);
  loop_run(l, callback, context);
}

/* ---- messages of one number ---- */

static inline int
write_number(rp_endpoint *endpoint, uint64_t number) {
  return rp_endpoint_write(endpoint, 0, &number, sizeof(number), NULL, 0);
}

static inline void
send_number(rp_endpoint *endpoint, uint64_t number) {
  assert(write_number(endpoint, number) == RP_OK);
  rp_endpoint_publish(endpoint);
}

/* The next message, stepped over. Results as rp_chain_peek(). */
static inline int
receive_number(rp_endpoint *endpoint, uint64_t *number) {
  rp_record record;
  int result = rp_chain_peek(&endpoint->inbox, &record);

  if (result != RP_OK) return result;
  assert(record.length == sizeof(*number));
  memcpy(number, record.payload, sizeof(*number));
  rp_chain_release(&endpoint->inbox, rp_record_size(record.length), 1);
  return RP_OK;
}

#endif
