/*
 * threads.h - the table of threads: who has ringport loaded, and what each thread has
 * sent and received.
 *
 * A thread is listed from the moment its parent has started it, or else from loading
 * ringport, until its parent has seen it exit, or else until it ends. A thread counts
 * with relaxed stores into a cache line of its own, so listing stops nobody.
 */
#ifndef RP_CORE_PROCESS_THREADS_H_
#define RP_CORE_PROCESS_THREADS_H_

#include <stddef.h>

#include "core/atomic.h"

#define RP_THREAD_NAME_MAX 64u

typedef enum rp_thread_state {
  RP_THREAD_STARTING, /* not online yet, and ringport not loaded */
  RP_THREAD_RUNNING,  /* online; without ringport all its counters are 0 */
  RP_THREAD_STOPPING, /* its environment is closing */
  RP_THREAD_EXITED,   /* ended, and the parent has not seen that yet */
} rp_thread_state;

/* Written by its thread only. Bytes include record headers and the blocks that travel
 * beside a record. */
typedef struct rp_counters {
  rp_atomic_u64 messages_in, messages_out;
  rp_atomic_u64 bytes_in, bytes_out;
  rp_atomic_u64 wakeups;
  rp_atomic_u64 ports;   /* open now */
  rp_atomic_u64 by_node; /* messages out that Node's channel has carried */
  rp_atomic_u64 stalls;  /* how often a queue has reached its mark */
  rp_word answers;       /* whether it answers `ringport top`; see lib/top/sampler.js */
} rp_counters;

/* Add to a counter. Its thread only, wait-free, no read-modify-write. */
static inline void
rp_count(rp_atomic_u64 *counter, uint64_t by) {
  rp_store_relaxed(counter, rp_load_relaxed(counter) + by);
}
static inline void
rp_count_word(rp_word *counter, uint32_t by) {
  rp_store_relaxed(counter, rp_load_relaxed(counter) + by);
}

typedef struct rp_thread_info {
  uint64_t id;
  char name[RP_THREAD_NAME_MAX]; /* UTF-8, truncated at a character */
  rp_thread_state state;
  uint64_t messages_in, messages_out, bytes_in, bytes_out, wakeups, ports, by_node,
      stalls;
} rp_thread_info;

/* `parent` has started thread `id`, which may be running already. Parent's thread.
 * Without memory the thread is not listed. */
void rp_threads_start(const void *parent, uint64_t id, const char *name);

/* The calling thread has loaded ringport and counts in `counters`, all 0, until
 * rp_threads_exit(). An empty name keeps the one from rp_threads_start(). Returns
 * RP_ENOMEM. */
int rp_threads_run(uint64_t id, const char *name, rp_counters *counters);

/* The parent has received 'online' from the thread. Parent's thread. */
void rp_threads_online(uint64_t id);

/* rp_threads_stop(): the calling thread begins to end. rp_threads_exit(): it has ended,
 * and `counters` is not read any more. No-ops unless rp_threads_run() has succeeded. */
void rp_threads_stop(const rp_counters *counters);
void rp_threads_exit(const rp_counters *counters);

/* The parent has received 'exit' from the thread. Parent's thread. */
void rp_threads_forget(uint64_t id);

/* The parent ends: nobody will see the exit of its threads. Its thread. */
void rp_threads_forget_all(const void *parent);

/* Copy up to `capacity` entries, ordered by thread id, and return how many there are. Any
 * thread, takes the lock of the table. */
size_t rp_threads_list(rp_thread_info *infos, size_t capacity);

/* Call `visit` for each thread that has ringport loaded, ordered by id. `counters` are
 * those that it passed to rp_threads_run(), and rp_threads_exit() waits until `visit` has
 * returned. `visit` must not call functions of this file. Any thread, takes the lock of
 * the table. */
void rp_threads_each(void (*visit)(uint64_t id, rp_counters *counters, void *data),
                     void *data);

#endif
