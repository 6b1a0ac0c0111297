/*
 * threads.h - the threads that have ringport loaded, and what each has done, for anyone
 * to read.
 *
 * A thread is in the table from the moment that its parent has started it, or else that
 * it has loaded ringport, until its parent has seen the end of it, or else that it has
 * ended. What it counts it writes itself, with relaxed stores into a line of its own;
 * readers stop nobody.
 */
#ifndef RP_CORE_PROCESS_THREADS_H_
#define RP_CORE_PROCESS_THREADS_H_

#include <stddef.h>

#include "core/atomic.h"

#define RP_THREAD_NAME_MAX 64u

typedef enum rp_thread_state {
  RP_THREAD_STARTING, /* its parent has not heard from it, and it has not loaded ringport */
  RP_THREAD_RUNNING,  /* with ringport, or without: then it counts nothing */
  RP_THREAD_STOPPING, /* runs no JavaScript any more */
  RP_THREAD_EXITED,   /* its parent has not seen it yet */
} rp_thread_state;

/* Written by the thread alone. Bytes are those of the records, headers and all, and of
 * the blocks that travel beside them. */
typedef struct rp_counters {
  rp_atomic_u64 messages_in, messages_out;
  rp_atomic_u64 bytes_in, bytes_out;
  rp_atomic_u64 wakeups;
  rp_atomic_u64 ports; /* open now */
} rp_counters;

/* Owner only, wait-free, no read-modify-write. */
static inline void
rp_count(rp_atomic_u64 *counter, uint64_t by) {
  rp_store_relaxed(counter, rp_load_relaxed(counter) + by);
}

typedef struct rp_thread_info {
  uint64_t id;
  char name[RP_THREAD_NAME_MAX]; /* UTF-8, cut if it is longer */
  rp_thread_state state;
  uint64_t messages_in, messages_out, bytes_in, bytes_out, wakeups, ports;
} rp_thread_info;

/* `parent` has started a thread, which may be running by now. Without memory it is not
 * listed. */
void rp_threads_start(const void *parent, uint64_t id, const char *name);

/* The thread itself: it has loaded ringport; `counters` is its, all 0, until
 * rp_threads_exit(). An empty name leaves what its parent said. RP_ENOMEM. */
int rp_threads_run(uint64_t id, const char *name, const rp_counters *counters);

/* The parent has heard that the thread runs. */
void rp_threads_online(uint64_t id);

/* The thread itself: it is about to end, and then it has ended. Without rp_threads_run()
 * no-ops. */
void rp_threads_stop(const rp_counters *counters);
void rp_threads_exit(const rp_counters *counters);

/* The parent has seen the end of the thread. */
void rp_threads_forget(uint64_t id);

/* The parent ends: nobody will see the end of its threads. */
void rp_threads_forget_all(const void *parent);

/* Copy at most `capacity` of the threads, by id, and return how many there are. Any
 * thread; waits only for others that start, end or list threads. */
size_t rp_threads_list(rp_thread_info *infos, size_t capacity);

#endif
