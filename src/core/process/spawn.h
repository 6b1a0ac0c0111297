/*
 * spawn.h - how a new thread finds the endpoint that its parent has made for it.
 *
 * The parent begins a spawn, starts the thread, learns the id of the thread, and commits
 * the endpoint under that id. The child may be faster: it claims by its own id and waits
 * for all spawns that were begun but not committed when it first asked, because one of
 * them could be its own. Later spawns cannot be.
 *
 * User code may run between begin and commit (a getter in workerData), and the parent may
 * end there. So a claim waits for a limited time, and the child decides whether to try
 * again.
 */
#ifndef RP_CORE_PROCESS_SPAWN_H_
#define RP_CORE_PROCESS_SPAWN_H_

#include <stddef.h>
#include <stdint.h>

/* Begin a spawn. `parent` identifies the parent environment, which may begin another
 * spawn before it commits this one. Any thread. Returns RP_ENOMEM without memory. */
int rp_spawn_begin(const void *parent);

/* The spawn that `parent` began last has started thread `thread_id`: leave the endpoint
 * `endpoint_id` for it. Same thread as rp_spawn_begin(). Returns RP_ENOENT if no spawn is
 * open. */
int rp_spawn_commit(const void *parent, uint64_t thread_id, uint64_t endpoint_id);

/* The spawn that `parent` began last has failed. Same thread as rp_spawn_begin(). Returns
 * RP_ENOENT if no spawn is open. */
int rp_spawn_abort(const void *parent);

/* Claim the endpoint for this thread, which can be claimed once. Any thread; blocks for
 * at most `milliseconds`. `*horizon` is 0 in the first call, and the caller passes it
 * back unchanged in later ones. On RP_OK `*endpoint_id` is the endpoint's id, or 0 if the
 * parent has made none. Returns RP_EMPTY if a spawn that may be this thread's is still
 * open. */
int rp_spawn_claim(uint64_t thread_id, uint64_t *horizon, uint32_t milliseconds,
                   uint64_t *endpoint_id);

/* An endpoint travels to the thread over a channel that does not report a loss. If the
 * thread ends first, rp_spawn_forget() closes the endpoint. Any thread. Returns RP_ENOMEM
 * without memory. */
int rp_spawn_entrust(const void *parent, uint64_t thread_id, uint64_t endpoint_id);

/* The thread has ended: close its endpoint if it was never claimed, and the endpoints
 * that were entrusted to it and have not arrived. Any thread. */
void rp_spawn_forget(uint64_t thread_id);

/* The parent ends: the same for all its threads, and abort the spawns it has open. Its
 * thread. */
void rp_spawn_forget_all(const void *parent);

/* Return the number of open spawns and unclaimed endpoints. Any thread. For tests and
 * leak checks. */
size_t rp_spawn_size(void);

#endif
