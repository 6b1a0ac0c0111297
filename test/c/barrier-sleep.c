/*
 * If the system's barrier fails, the caller sleeps for 10 ms instead, and signals do not
 * shorten that.
 *
 * link: -Wl,--wrap=syscall,--wrap=nanosleep
 */
#include "support.h"

#include "core/process/barrier.h"

static int sleeps;
static long slept; /* nanoseconds */

long __wrap_syscall(long number, ...);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

long
__wrap_syscall(long number, ...) {
  (void) number;
  errno = ENOMEM;
  return -1;
}

/* Signals come after 3 ms each. */
int
__wrap_nanosleep(const struct timespec *wanted, struct timespec *left) {
  long now = wanted->tv_nsec < 3000000 ? wanted->tv_nsec : 3000000;

  assert(wanted->tv_sec == 0 && ++sleeps < 100);
  slept += now;
  if (now == wanted->tv_nsec) return 0;
  if (left != NULL) *left = (struct timespec){0, wanted->tv_nsec - now};
  errno = EINTR;
  return -1;
}

int
main(void) {
#ifdef __linux__
  rp_barrier_all();
  assert(sleeps == 4 && slept == 10 * 1000 * 1000);
#endif
  return 0;
}
