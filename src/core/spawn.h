/*
 * spawn.h - how a new thread finds the half that its parent has made for it.
 *
 * The parent begins, starts the thread, learns the thread's id, and commits the half under it. The
 * child may be faster: it claims by its own id, and waits while any spawn is between begin and
 * commit, because that one could be its own. That time is short and has no user code in it.
 */
#ifndef RP_SPAWN_H_
#define RP_SPAWN_H_

#include <stddef.h>
#include <stdint.h>

/* A spawn begins. Any thread. Exactly one commit or abort by the same thread follows. */
void rp_spawn_begin(void);

/* The spawn has made thread `thread_id`; the half `half_id` is for it. `parent` names who commits,
 * for rp_spawn_forget_all(). On RP_ENOMEM the spawn is aborted. */
int rp_spawn_commit(uint64_t thread_id, uint64_t half_id, const void *parent);

/* The spawn has failed. */
void rp_spawn_abort(void);

/* The id of the half for this thread, 0 if nobody has made one. Any thread; gives it out once.
 * Blocks while other threads are between begin and commit. */
uint64_t rp_spawn_claim(uint64_t thread_id);

/* The thread has ended: close its half if it never came for it. */
void rp_spawn_forget(uint64_t thread_id);

/* The parent ends: the same for all its threads. */
void rp_spawn_forget_all(const void *parent);

/* Halves waiting to be claimed: for tests and leak checks. */
size_t rp_spawn_size(void);

#endif
