/*
 * spawn.h - how a new thread finds the endpoint that its parent has made for it.
 *
 * The parent begins, starts the thread, learns the thread's id, and commits the endpoint
 * under it. The child may be faster: it claims by its own id, and waits for the spawns
 * that were between begin and commit when it first asked, because one of them could be
 * its own; what begins later is not.
 *
 * Code of the user may run between begin and commit (a getter in workerData), and a
 * parent may end there: so a claim waits only so long at a time, and the child decides
 * whether to go on.
 */
#ifndef RP_CORE_PROCESS_SPAWN_H_
#define RP_CORE_PROCESS_SPAWN_H_

#include <stddef.h>
#include <stdint.h>

/* `parent` begins a spawn; it may begin another before it commits this one. Any thread.
 * RP_ENOMEM. */
int rp_spawn_begin(const void *parent);

/* The spawn that the parent began last has made thread `thread_id`; the endpoint
 * `endpoint_id` is for it. The same thread as begin. RP_ENOENT: it has begun none. */
int rp_spawn_commit(const void *parent, uint64_t thread_id, uint64_t endpoint_id);

/* The spawn that the parent began last has failed. The same thread as begin. RP_ENOENT:
 * as above. */
int rp_spawn_abort(const void *parent);

/* The endpoint for this thread: given out once. Any thread; blocks for at most
 * `milliseconds`. `*horizon` is 0 at the first call and the thread's to keep for further
 * ones. RP_OK: `*endpoint_id` is the endpoint's id, or 0 if nobody has made one.
 * RP_EMPTY: not settled yet. */
int rp_spawn_claim(uint64_t thread_id, uint64_t *horizon, uint32_t milliseconds,
                   uint64_t *endpoint_id);

/* An endpoint is on its way to the thread over a lane that cannot tell if it gets lost:
 * it is closed with what is forgotten, if it has not arrived. RP_ENOMEM. */
int rp_spawn_entrust(const void *parent, uint64_t thread_id, uint64_t endpoint_id);

/* The thread has ended: close its endpoint if it never came for it, and what was
 * entrusted to it. */
void rp_spawn_forget(uint64_t thread_id);

/* The parent ends: the same for all its threads; what it has begun is aborted. */
void rp_spawn_forget_all(const void *parent);

/* Spawns begun, and their endpoints waiting to be claimed: for tests and leak checks. */
size_t rp_spawn_size(void);

#endif
