/*
 * role.h - the types that handle.h and wait_queue.h share.
 */
#ifndef RP_CORE_RING_ROLE_H_
#define RP_CORE_RING_ROLE_H_

typedef enum rp_role { RP_PRODUCER = 0, RP_CONSUMER = 1 } rp_role;

typedef struct rp_ring_handle rp_ring_handle;

/* Called once for each rp_ring_park() that has returned RP_EMPTY or RP_FULL. Any thread,
 * under the wait queue's lock: it must not block, and must not call functions of a
 * handle. */
typedef void (*rp_ring_wake)(void *context);

#endif
