/*
 * The barrier gets ready without anybody waiting for it, whoever asks first, and is then what
 * rp_barrier_available() says.
 */
#include "support.h"

#include <sched.h>

#include "barrier.h"

enum { THREADS = 4 };

static rp_word hopeless; /* this system has none */

static void *
ask(void *unused) {
  while (!rp_barrier_ready() && !rp_load_relaxed(&hopeless)) sched_yield();
  return unused;
}

int
main(void) {
  bool at_once = rp_barrier_ready();
  pthread_t threads[THREADS];

#ifdef __linux__
  assert(!at_once); /* it takes a while */
#endif
  for (int i = 0; i < THREADS; i++) threads[i] = start(ask, NULL);
  if (!rp_barrier_available()) {
    assert(!at_once);
    hopeless = 1;
  }
  for (int i = 0; i < THREADS; i++) finish(threads[i]);
  assert(rp_barrier_ready() == !hopeless && rp_barrier_available() == !hopeless);
  if (!hopeless) rp_barrier_all();
  return 0;
}
