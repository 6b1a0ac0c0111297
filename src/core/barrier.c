/*
 * barrier.c - one memory barrier for all threads of the process.
 */
#include "barrier.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

bool
rp_barrier_available(void) {
  return true;
}

bool
rp_barrier_ready(void) {
  return true;
}

void
rp_barrier_all(void) {
  FlushProcessWriteBuffers();
}

#elif defined(__linux__)
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/membarrier.h, which older distributions do not have. */
#define PRIVATE_EXPEDITED (1 << 3)
#define REGISTER_PRIVATE_EXPEDITED (1 << 4)

/* What is known of the barrier; only ever goes on. */
enum { UNKNOWN, ASKED, MISSING, READY };

static rp_word known = UNKNOWN;

bool
rp_barrier_available(void) {
#ifdef SYS_membarrier
  bool is = syscall(SYS_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
#else
  bool is = false;
#endif

  /* Release pairs with the acquire in rp_barrier_ready(). */
  rp_store_release(&known, is ? READY : MISSING);
  return is;
}

static void *
ask(void *unused) {
  (void) rp_barrier_available();
  return unused;
}

/* Without a signal of the process's. False if there can be no more threads. */
static bool
ask_in_thread(void) {
  sigset_t all, before;
  pthread_t thread;

  (void) sigfillset(&all);
  (void) pthread_sigmask(SIG_SETMASK, &all, &before);

  bool begun = pthread_create(&thread, NULL, ask, NULL) == 0;

  (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (begun) (void) pthread_detach(thread);
  return begun;
}

bool
rp_barrier_ready(void) {
  uint32_t now = rp_load_acquire(&known);

  if (now == UNKNOWN && rp_cas(&known, &now, ASKED) && !ask_in_thread())
    rp_store_release(&known, MISSING);
  return now == READY;
}

void
rp_barrier_all(void) {
#ifdef SYS_membarrier
  long result = syscall(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0);

  /* Registered, it cannot fail. */
  assert(result == 0);
  (void) result;
#endif
}

#else

bool
rp_barrier_available(void) {
  return false;
}

bool
rp_barrier_ready(void) {
  return false;
}

void
rp_barrier_all(void) {
}

#endif
