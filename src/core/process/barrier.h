/*
 * barrier.h - a memory barrier that all threads of this process pass at once.
 *
 * One thread stores a word and then looks whether another sleeps; the other says that it
 * sleeps and then looks at the word. If either pair is reordered, both miss each other.
 * Here only the thread that goes to sleep pays: it issues this barrier between its store
 * and its load. The other uses a plain store and a plain load, kept in order by the
 * compiler. When the barrier returns, the other thread has either made its store visible,
 * so the sleeper sees it, or will load after the barrier and see that somebody sleeps.
 */
#ifndef RP_CORE_PROCESS_BARRIER_H_
#define RP_CORE_PROCESS_BARRIER_H_

#include <stdbool.h>
#include <stdint.h>

#include "core/atomic.h"

/* Prepare the barrier for this process. True if the system has one. Any thread, any
 * number of times. The first call takes about 10 ms on Linux. */
bool rp_barrier_available(void);

/* True if the barrier is prepared. If nobody has prepared it yet, ask for that. Any
 * thread, wait-free. */
bool rp_barrier_ready(void);

/* True once after rp_barrier_ready() has asked: the caller then has
 * rp_barrier_available() called on a thread that can spare 10 ms. Any thread, wait-free.
 */
bool rp_barrier_wanted(void);

/* Make every thread of this process pass a full memory barrier. Only after
 * rp_barrier_available() or rp_barrier_ready() has returned true. Any thread, may enter
 * the kernel. */
void rp_barrier_all(void);

#endif
