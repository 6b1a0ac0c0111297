/*
 * ring_wakeups.h - how an environment hears that its ring handles were woken.
 *
 * A handle that is woken, by any thread, goes on a list of its environment; the list goes
 * on the thread's ready list as one endpoint that belongs to no channel, so that rings
 * and ports share one doorbell and one token. The lock of the list is taken under the
 * wait queue's and never the other way.
 */
#ifndef RP_NODE_RING_WAKEUPS_H_
#define RP_NODE_RING_WAKEUPS_H_

#include <node_api.h>

#include "core/lock.h"
#include "core/ring/handle.h"
#include "node/env.h"

/* Words shared with the wrapper: X(name, index). Its copy is compared with this list by
 * test/js/constants.test.js. */
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
  struct rp_ring_slot *next;  /* on the list of those woken; under the lock */
  bool rung;                  /* on that list; under the lock */
  uint32_t slot;
  rp_role role;
  uint32_t taken; /* records of the last rp_ring_take() */
  rp_record records[RP_RING_TAKE_MAX];
} rp_ring_slot;

struct rp_rings {
  rp_endpoint
      endpoint; /* never attached: stands for all handles on the thread's ready list */
  rp_env *env;
  rp_lock lock;
  rp_ring_slot *first, *last; /* woken, under the lock */
  bool pushed;                /* the endpoint is on the ready list, under the lock */
  rp_ring_slot **handles;     /* by slot; NULL: free */
  uint32_t length;
  napi_ref receiver, rung;
  rp_view words, inbox;
};

typedef struct rp_rings rp_rings;

/* The core's wake callback for a handle; `context` is its rp_ring_slot. Any thread, under
 * the wait queue's lock. */
void rp_rings_wake_up(void *context);

/* The handle ends: take it off the list of those that were woken. Owner's thread. */
void rp_rings_forget(rp_rings *rings, rp_ring_slot *gone);

/* Whether this is what rings put on the thread's ready list, and its turn: tell the
 * wrapper which handles were woken. False if JS cannot run any more. */
bool rp_rings_owns(const rp_env *e, const rp_endpoint *endpoint);
bool rp_rings_turn(rp_env *e);

#endif
