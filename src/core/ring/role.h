/*
 * role.h - what a handle of a shared ring (handle.h) and the wait queue of its ring
 * (wait_queue.h) both name.
 */
#ifndef RP_CORE_RING_ROLE_H_
#define RP_CORE_RING_ROLE_H_

typedef enum rp_role { RP_PRODUCER = 0, RP_CONSUMER = 1 } rp_role;

typedef struct rp_ring_handle rp_ring_handle;

/* Called once for each rp_ring_park() that said RP_EMPTY or RP_FULL, by any thread, with
 * the wait queue's lock held: it must not block or call a handle. */
typedef void (*rp_ring_wake)(void *context);

#endif
