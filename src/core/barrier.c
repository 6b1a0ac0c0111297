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

void
rp_barrier_all(void) {
  FlushProcessWriteBuffers();
}

#elif defined(__linux__)
#include <assert.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/membarrier.h, which older distributions do not have. */
#define PRIVATE_EXPEDITED (1 << 3)
#define REGISTER_PRIVATE_EXPEDITED (1 << 4)

bool
rp_barrier_available(void) {
#ifdef SYS_membarrier
  return syscall(SYS_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
#else
  return false;
#endif
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

void
rp_barrier_all(void) {
}

#endif
