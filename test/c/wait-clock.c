/*
 * A wait takes the time that was asked for, whatever happens to the wall clock meanwhile.
 * Here that clock is always an hour ahead of the one that the system waits by, as after
 * it was set back.
 *
 * link: -Wl,--wrap=clock_gettime
 */
#include "support.h"

#include "core/process/spawn.h"

#include "shared-support.h"

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now) {
  int result = __real_clock_gettime(clock, now);

  if (clock == CLOCK_REALTIME) now->tv_sec += 3600;
  return result;
}

static double
now_in_seconds(void) {
  return (double) rp_now() / 1e9;
}

/* A ring that stays empty. */
static void
a_side_that_waits(void) {
  static _Alignas(128) uint8_t memory[4096];
  rp_ring_handle *consumer;

  assert(rp_shared_format(memory, sizeof(memory), RP_SPSC, 1024, 0) == RP_OK);
  assert(rp_ring_open(&consumer, memory, sizeof(memory), RP_CONSUMER, NULL, NULL) ==
         RP_OK);

  double before = now_in_seconds();

  assert(rp_ring_wait(consumer, 0, 50 * 1000 * 1000) == RP_EMPTY);

  double took = now_in_seconds() - before;

  assert(took >= 0.05 && took < 30);
  rp_ring_end(consumer);
}

/* A spawn that does not settle. */
static void
a_thread_that_looks_for_its_endpoint(void) {
  uint64_t horizon = 0, endpoint;
  double before = now_in_seconds();

  assert(rp_spawn_begin(&horizon) == RP_OK);
  assert(rp_spawn_claim(1, &horizon, 50, &endpoint) == RP_EMPTY);

  double took = now_in_seconds() - before;

  assert(took >= 0.05 && took < 30);
  assert(rp_spawn_abort(&horizon) == RP_OK);
}

/* For ever is no overflow: whoever wakes it ends the wait. */
static rp_ring_handle *producer;

static void *
write_soon(void *argument) {
  const struct timespec moment = {0, 20 * 1000 * 1000};

  (void) argument;
  (void) nanosleep(&moment, NULL);
  assert(rp_ring_write(producer, 1, "x", 1) == RP_OK);
  return NULL;
}

static void
a_wait_for_ever(void) {
  static _Alignas(128) uint8_t memory[4096];
  rp_ring_handle *consumer;

  assert(rp_shared_format(memory, sizeof(memory), RP_SPSC, 1024, 0) == RP_OK);
  assert(rp_ring_open(&consumer, memory, sizeof(memory), RP_CONSUMER, NULL, NULL) ==
         RP_OK);
  assert(rp_ring_open(&producer, memory, sizeof(memory), RP_PRODUCER, NULL, NULL) ==
         RP_OK);

  pthread_t thread = start(write_soon, NULL);

  assert(rp_ring_wait(consumer, 0, UINT64_MAX) == RP_OK);
  finish(thread);
  rp_ring_end(producer);
  rp_ring_end(consumer);
}

int
main(void) {
  a_side_that_waits();
  a_thread_that_looks_for_its_endpoint();
  a_wait_for_ever();
  return 0;
}
