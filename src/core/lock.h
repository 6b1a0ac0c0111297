/*
 * lock.h - mutex, condition and monotonic clock, for the rare paths (wake-up, detach,
 * attach, close, registries).
 *
 * The message path never takes a lock. macOS has no <threads.h>, so this is pthread or
 * SRW. rp_now() is a monotonic clock in nanoseconds.
 */
#ifndef RP_CORE_LOCK_H_
#define RP_CORE_LOCK_H_

#include <stdbool.h>
#include <stdint.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

typedef SRWLOCK rp_lock;
typedef CONDITION_VARIABLE rp_cond;

#define RP_LOCK_INIT SRWLOCK_INIT

static inline void
rp_lock_init(rp_lock *lock) {
  InitializeSRWLock(lock);
}
static inline void
rp_lock_destroy(rp_lock *lock) {
  (void) lock;
}
static inline void
rp_lock_take(rp_lock *lock) {
  AcquireSRWLockExclusive(lock);
}
static inline void
rp_lock_drop(rp_lock *lock) {
  ReleaseSRWLockExclusive(lock);
}
static inline uint64_t
rp_now(void) {
  return (uint64_t) GetTickCount64() * 1000000u;
}
static inline void
rp_cond_init(rp_cond *cond) {
  InitializeConditionVariable(cond);
}
static inline void
rp_cond_destroy(rp_cond *cond) {
  (void) cond;
}
/* Wait until rp_cond_wake_all() or until rp_now() reaches `deadline`. Returns false on
 * timeout; true may be spurious. Both functions are called with the lock held. */
static inline bool
rp_cond_wait_until(rp_cond *cond, rp_lock *lock, uint64_t deadline) {
  uint64_t now = rp_now();

  if (now >= deadline) return false;
  SleepConditionVariableSRW(cond, lock, (DWORD) ((deadline - now + 999999u) / 1000000u),
                            0);
  return true;
}
static inline void
rp_cond_wake_all(rp_cond *cond) {
  WakeAllConditionVariable(cond);
}
#else
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#ifdef __linux__
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/atomic.h"
#endif

typedef pthread_mutex_t rp_lock;
#ifdef SYS_futex
/* Counts the wake-ups. A pthread condition that waits by the monotonic clock needs glibc
 * 2.34 (pthread_condattr_setclock); one that waits by the wall clock is late when that is
 * set back. */
typedef rp_word rp_cond;
#else
typedef pthread_cond_t rp_cond;
#endif

#define RP_LOCK_INIT PTHREAD_MUTEX_INITIALIZER

/* A default mutex allocates nothing on any libc we build for. So a failure is a
 * programmer's error (double init, not the owner), and to continue would corrupt
 * memory. */
static inline void
rp_lock_check(int error) {
  if (error != 0) abort();
}
static inline void
rp_lock_init(rp_lock *lock) {
  rp_lock_check(pthread_mutex_init(lock, NULL));
}
static inline void
rp_lock_destroy(rp_lock *lock) {
  rp_lock_check(pthread_mutex_destroy(lock));
}
static inline void
rp_lock_take(rp_lock *lock) {
  rp_lock_check(pthread_mutex_lock(lock));
}
static inline void
rp_lock_drop(rp_lock *lock) {
  rp_lock_check(pthread_mutex_unlock(lock));
}
static inline uint64_t
rp_now(void) {
  struct timespec now;

  rp_lock_check(clock_gettime(CLOCK_MONOTONIC, &now));
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}
#ifdef SYS_futex
#define RP_FUTEX_WAIT (0 | 128) /* within this process */
#define RP_FUTEX_WAKE (1 | 128)
/* Longest wait of one call: fits a 32-bit long. */
#define RP_FUTEX_SECONDS UINT64_C(1000000)

static inline void
rp_cond_init(rp_cond *cond) {
  atomic_init(cond, 0);
}
static inline void
rp_cond_destroy(rp_cond *cond) {
  (void) cond;
}
/* Wait until rp_cond_wake_all() or until rp_now() reaches `deadline`. Returns false on
 * timeout; true may be spurious. Both functions are called with the lock held. */
static inline bool
rp_cond_wait_until(rp_cond *cond, rp_lock *lock, uint64_t deadline) {
  uint64_t now = rp_now();

  if (now >= deadline) return false;

  uint64_t seconds = (deadline - now) / 1000000000u;
  /* The kernel's timespec, whatever time_t is: relative, by the monotonic clock. */
  struct {
    long seconds, nanoseconds;
  } left = {(long) seconds, (long) ((deadline - now) % 1000000000u)};

  if (seconds > RP_FUTEX_SECONDS) left.seconds = (long) RP_FUTEX_SECONDS;

  /* Relaxed: ordered by the lock. A wake-up between here and the system call changes the
   * word, so the call returns at once. */
  uint32_t seen = rp_load_relaxed(cond);

  rp_lock_drop(lock);

  bool late = syscall(SYS_futex, cond, RP_FUTEX_WAIT, seen, &left, NULL, 0) != 0 &&
              errno == ETIMEDOUT;

  rp_lock_take(lock);
  return !(late && seconds <= RP_FUTEX_SECONDS);
}
static inline void
rp_cond_wake_all(rp_cond *cond) {
  rp_store_relaxed(cond, rp_load_relaxed(cond) + 1);
  (void) syscall(SYS_futex, cond, RP_FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
#else
static inline void
rp_cond_init(rp_cond *cond) {
#ifdef __APPLE__
  rp_lock_check(pthread_cond_init(cond, NULL));
#else
  pthread_condattr_t monotonic;

  rp_lock_check(pthread_condattr_init(&monotonic));
  rp_lock_check(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC));
  rp_lock_check(pthread_cond_init(cond, &monotonic));
  rp_lock_check(pthread_condattr_destroy(&monotonic));
#endif
}
static inline void
rp_cond_destroy(rp_cond *cond) {
  rp_lock_check(pthread_cond_destroy(cond));
}
/* Wait until rp_cond_wake_all() or until rp_now() reaches `deadline`. Returns false on
 * timeout; true may be spurious. Both functions are called with the lock held. */
static inline bool
rp_cond_wait_until(rp_cond *cond, rp_lock *lock, uint64_t deadline) {
  uint64_t now = rp_now();

  if (now >= deadline) return false;
#ifdef __APPLE__
  uint64_t left = deadline - now;
  struct timespec at = {(time_t) (left / 1000000000u), (long) (left % 1000000000u)};
  int result = pthread_cond_timedwait_relative_np(cond, lock, &at);
#else
  struct timespec at = {(time_t) (deadline / 1000000000u),
                        (long) (deadline % 1000000000u)};
  int result = pthread_cond_timedwait(cond, lock, &at);
#endif

  if (result == ETIMEDOUT) return false;
  rp_lock_check(result);
  return true;
}
static inline void
rp_cond_wake_all(rp_cond *cond) {
  rp_lock_check(pthread_cond_broadcast(cond));
}
#endif
#endif

#endif
