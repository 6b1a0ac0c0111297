/*
 * rp_barrier_ready() asks for the barrier to be prepared, whichever thread calls it
 * first, and returns true once that is done.
 */
#include "support.h"

#include <sched.h>

#include "core/process/barrier.h"

enum { THREADS = 4 };

static rp_word hopeless; /* this system has none */
static rp_word told;

static void *
ask(void *unused) {
  while (!rp_barrier_ready() && !rp_load_relaxed(&hopeless)) {
    if (rp_barrier_wanted()) {
      (void) atomic_fetch_add(&told, 1);
      if (!rp_barrier_available()) rp_store_relaxed(&hopeless, 1);
    }
    sched_yield();
  }
  return unused;
}

int
main(void) {
  pthread_t threads[THREADS];

  assert(!rp_barrier_wanted());
  for (int i = 0; i < THREADS; i++) threads[i] = start(ask, NULL);
  for (int i = 0; i < THREADS; i++) finish(threads[i]);
#ifdef __linux__
  assert(rp_load_relaxed(&told) == 1);
#endif
  assert(!rp_barrier_wanted());
  assert(rp_barrier_ready() == rp_barrier_available());
  if (rp_barrier_ready()) rp_barrier_all();
  return 0;
}
