/*
 * barrier.c - one memory barrier for all threads of the process.
 */
#include "core/process/barrier.h"

#ifdef __linux__
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* linux/membarrier.h, which older distributions do not have. */
#define PRIVATE_EXPEDITED (1 << 3)
#define REGISTER_PRIVATE_EXPEDITED (1 << 4)

/* State of the barrier. It only moves forward. */
enum { UNKNOWN, WANTED, TAKEN, MISSING, READY };

static rp_word known = UNKNOWN;

bool
rp_barrier_available(void) {
#ifdef SYS_membarrier
  bool is = syscall(SYS_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
#else
  bool is = false;
#endif

  /* A sandbox may deny this thread what it allows others. Release pairs with the acquire
   * in rp_barrier_ready(). */
  if (is || rp_load_relaxed(&known) != READY)
    rp_store_release(&known, is ? READY : MISSING);
  return is;
}

bool
rp_barrier_ready(void) {
  uint32_t now = rp_load_acquire(&known);

  if (now == UNKNOWN) (void) rp_cas(&known, &now, WANTED);
  return now == READY;
}

bool
rp_barrier_wanted(void) {
  uint32_t now = rp_load_relaxed(&known);

  return now == WANTED && rp_cas(&known, &now, TAKEN);
}

void
rp_barrier_all(void) {
#ifdef SYS_membarrier
  struct timespec left = {0, 10 * 1000 * 1000};

  /* The call can fail without memory, or after a sandbox has taken away the permission.
   * Then wait: store buffers drain by themselves in far less time. */
  if (syscall(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0) == 0) return;
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {} /* a signal does not end it */
#endif
}

#else

/* Nothing to prepare: Windows has a barrier, the other systems have none. */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#define IS_THERE true
#else
#define IS_THERE false
#define FlushProcessWriteBuffers() ((void) 0)
#endif

bool
rp_barrier_available(void) {
  return IS_THERE;
}

bool
rp_barrier_ready(void) {
  return IS_THERE;
}

bool
rp_barrier_wanted(void) {
  return false;
}

void
rp_barrier_all(void) {
  FlushProcessWriteBuffers();
}

#endif
