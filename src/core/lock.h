/*
 * lock.h - a mutex for the rare paths (wake-up, detach, attach, close, registries).
 *
 * The message path never takes one. <threads.h> is missing on macOS, so this is pthread or SRW.
 */
#ifndef RP_LOCK_H_
#define RP_LOCK_H_

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

typedef SRWLOCK rp_lock;
typedef CONDITION_VARIABLE rp_cond;

#define RP_LOCK_INIT SRWLOCK_INIT
#define RP_COND_INIT CONDITION_VARIABLE_INIT

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
static inline void
rp_cond_wait(rp_cond *cond, rp_lock *lock) {
  SleepConditionVariableSRW(cond, lock, INFINITE, 0);
}
static inline void
rp_cond_wake_all(rp_cond *cond) {
  WakeAllConditionVariable(cond);
}
#else
#include <pthread.h>
#include <stdlib.h>

typedef pthread_mutex_t rp_lock;
typedef pthread_cond_t rp_cond;

#define RP_LOCK_INIT PTHREAD_MUTEX_INITIALIZER
#define RP_COND_INIT PTHREAD_COND_INITIALIZER

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
static inline void
rp_cond_wait(rp_cond *cond, rp_lock *lock) {
  rp_lock_check(pthread_cond_wait(cond, lock));
}
static inline void
rp_cond_wake_all(rp_cond *cond) {
  rp_lock_check(pthread_cond_broadcast(cond));
}
#endif

#endif
