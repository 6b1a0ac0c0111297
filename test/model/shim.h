/*
 * shim.h - included before everything else when the core is built for the model.
 *
 * The core is compiled by -fsanitize=thread, but linked with compiler.c instead of
 * ThreadSanitizer's runtime. So every atomic operation, with its order, and every plain
 * access to memory calls compiler.c, without a change of the sources. This file replaces
 * what is left: locks, allocation, and calls that would make two runs differ.
 */
#ifndef MODEL_SHIM_H_
#define MODEL_SHIM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Replaces lock.h. */
#define RP_CORE_LOCK_H_

typedef struct rp_lock {
  char unused;
} rp_lock;
typedef rp_lock rp_cond;

#define RP_LOCK_INIT                                                                     \
  { 0 }

void model_lock(rp_lock *lock);
void model_unlock(rp_lock *lock);
void model_cond_wait(rp_cond *cond, rp_lock *lock);
void model_cond_wake_all(rp_cond *cond);

#define rp_lock_init(lock) ((void) (lock))
#define rp_lock_destroy(lock) ((void) (lock))
#define rp_lock_take(lock) model_lock(lock)
#define rp_lock_drop(lock) model_unlock(lock)
/* Time stands still: a wait that no thread ends shows as a run that cannot continue. */
#define rp_now() ((uint64_t) 0)
#define rp_cond_init(cond) ((void) (cond))
#define rp_cond_destroy(cond) ((void) (cond))
#define rp_cond_wait_until(cond, lock, deadline)                                         \
  ((void) (deadline), model_cond_wait(cond, lock), true)
#define rp_cond_wake_all(cond) model_cond_wake_all(cond)

void *model_alloc(size_t size);
void model_free(void *block);
void *model_copy(void *to, const void *from, size_t size);
void *model_set(void *to, int value, size_t size);

#define malloc(size) model_alloc(size)
#define aligned_alloc(alignment, size) model_alloc(size)
#define free(block) model_free(block)
#define memcpy(to, from, size) model_copy(to, from, size)
#define memset(to, value, size) model_set(to, value, size)

/* Static variables go where memory.c can put them back before each run (see run.js). */
#define MODEL_STATIC __attribute__((section("model_statics")))

#endif
