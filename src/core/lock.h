/*
 * lock.h - a mutex for the rare paths (wake-up, detach, attach, close, registries).
 *
 * The message path never takes one. <threads.h> is missing on macOS, so this is pthread or SRW.
 * Time is counted in nanoseconds by rp_now(), from no particular moment, and never goes back.
 */
#ifndef RP_LOCK_H_
#define RP_LOCK_H_

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
/* Wait to be woken, or until `deadline`. False: it is later. May return too early. */
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

typedef pthread_mutex_t rp_lock;
typedef pthread_cond_t rp_cond;

#define RP_LOCK_INIT PTHREAD_MUTEX_INITIALIZER

/* A default mutex needs no memory on any libc we build for; a failure here is a programmer's
 * error (double init, not the owner), and going on would corrupt. */
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
static inline void
rp_cond_init(rp_cond *cond) {
  rp_lock_check(pthread_cond_init(cond, NULL));
}
static inline void
rp_cond_destroy(rp_cond *cond) {
  rp_lock_check(pthread_cond_destroy(cond));
}
/* Wait to be woken, or until `deadline`. False: it is later. May return too early, or, if the clock on the
 * wall is set back meanwhile, too late: a condition that waits by the monotonic clock
 * (pthread_condattr_setclock) would need glibc 2.34. */
static inline bool
rp_cond_wait_until(rp_cond *cond, rp_lock *lock, uint64_t deadline) {
  uint64_t now = rp_now();

  if (now >= deadline) return false;

  uint64_t left = deadline - now;
#ifdef __APPLE__
  struct timespec at = {(time_t) (left / 1000000000u), (long) (left % 1000000000u)};
  int result = pthread_cond_timedwait_relative_np(cond, lock, &at);
#else
  struct timespec at;

  rp_lock_check(clock_gettime(CLOCK_REALTIME, &at));
  left += (uint64_t) at.tv_nsec;
  at.tv_sec += (time_t) (left / 1000000000u);
  at.tv_nsec = (long) (left % 1000000000u);

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
