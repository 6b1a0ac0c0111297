/*
 * ring_wakeups.h - how an environment learns that its ring handles were woken.
 *
 * Any thread may wake a handle. The handle then joins a list of its environment, and the
 * list joins the thread's ready list as one endpoint that belongs to no channel. So rings
 * and ports share one doorbell and one token. The lock of the list is taken while the
 * wait queue's lock is held, never the other way round.
 */
#ifndef RP_NODE_RING_WAKEUPS_H_
#define RP_NODE_RING_WAKEUPS_H_

#include <node_api.h>

#include "core/lock.h"
#include "core/ring/handle.h"
#include "node/env.h"

/* Words shared with the wrapper: X(name, index). */
#define RP_RING_LIST(X)                                                                  \
  X(STATUS, 0)  /* 0 or RP_E... of the last call */                                      \
  X(OFFSET, 1)  /* in bytes from the start of the memory */                              \
  X(LENGTH, 2)  /* in bytes */                                                           \
  X(COUNT, 3)   /* of records */                                                         \
  X(RECORDS, 8) /* ringTake: offset and length of each record */                         \
  X(TAKE_MAX, 64)

#define RP_RING_ENTRY(name, index) RP_RING_##name = (index),
enum {
  RP_RING_LIST(RP_RING_ENTRY) RP_RING_WORDS = RP_RING_RECORDS + 2 * RP_RING_TAKE_MAX
};

/* One ring handle in this environment. */
typedef struct rp_ring_slot {
  rp_ring_handle *handle;
  struct rp_rings *rings;
  napi_ref memory, local_ref; /* keep both alive */
  uint8_t *bytes;             /* the memory */
  int32_t *local;             /* RP_LOCAL_WORDS */
  struct rp_ring_slot *next;  /* in the list of woken handles; under the lock */
  bool rung;                  /* in that list; under the lock */
  uint32_t slot;
  rp_role role;
  uint32_t taken; /* number of records from the last rp_ring_take() */
  rp_record records[RP_RING_TAKE_MAX];
} rp_ring_slot;

struct rp_rings {
  rp_endpoint endpoint; /* stands for the list on the thread's ready list */
  rp_env *env;
  rp_lock lock;
  rp_ring_slot *first, *last; /* list of woken handles; under the lock */
  bool pushed;                /* the endpoint is on the ready list; under the lock */
  rp_ring_slot **handles;     /* by slot; NULL: free */
  uint32_t length;
  napi_ref receiver, rung;
  rp_view words, inbox;
};

typedef struct rp_rings rp_rings;

/* The core's wake callback of a handle; `context` is its rp_ring_slot. Any thread, under
 * the wait queue's lock. */
void rp_rings_wake_up(void *context);

/* The handle ends: take it off the list of woken handles. Owner's thread. */
void rp_rings_forget(rp_rings *rings, rp_ring_slot *gone);

/* rp_rings_owns(): return true if this endpoint of the ready list stands for rings.
 * rp_rings_turn(): then tell the wrapper which handles were woken; returns false if
 * JavaScript cannot run any more. Owner's thread. */
bool rp_rings_owns(const rp_env *e, const rp_endpoint *endpoint);
bool rp_rings_turn(rp_env *e);

#endif
