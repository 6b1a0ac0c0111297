/*
 * endpoint.h - the memory of a channel's two endpoints, and who may access each field.
 *
 * channel.h has the functions. A field belongs to the thread that owns the endpoint, to
 * the holder of the token of its inbox, or to the channel's lock.
 */
#ifndef RP_CORE_PORT_ENDPOINT_H_
#define RP_CORE_PORT_ENDPOINT_H_

#include "core/lock.h"
#include "core/port/chain.h"

struct rp_ready_list;
struct rp_flow;
struct rp_sleeper;

typedef enum rp_endpoint_state {
  RP_ENDPOINT_ATTACHED,
  RP_ENDPOINT_DETACHED,
  RP_ENDPOINT_CLOSED,
} rp_endpoint_state;

typedef struct rp_channel rp_channel;

typedef struct rp_endpoint {
  rp_chain inbox;
  rp_channel *channel;
  struct rp_endpoint *peer;
  struct rp_ready_list *owner;        /* under the lock */
  struct rp_endpoint *ready_next;     /* the token holder's */
  struct rp_endpoint *ready_previous; /* the owner's, while `listed` */
  struct rp_endpoint *next;           /* in the transfer registry, under its lock */
  /* The flows of what comes in and of what goes out; NULL without a mark. Set before the
   * channel's first message, and never again. */
  struct rp_flow *inflow, *outflow;
  struct rp_sleeper *sleeper; /* the owner blocks, see sleeper.h; under the lock */
  uint64_t id;                /* 0: not announced; under the lock */
  uint32_t slot;              /* finds the owner's port; the owner's */
  uint32_t round;             /* see ready_list.h; the owner's */
  rp_word views;              /* see rp_endpoint_want_views(); the owner writes */
  rp_word declared;           /* see rp_endpoint_declare(); the owner writes */
  rp_word watched;            /* see rp_endpoint_watch(); the owner writes */
  uint8_t state;              /* rp_endpoint_state, under the lock */
  bool token_held;            /* the endpoint itself holds the token; under the lock */
  bool lost;                  /* close instead of detaching; under the lock */
  bool nudged;                /* see rp_endpoint_nudge_peer(); under the lock */
  bool awake;                 /* the owner holds the token; the owner's */
  bool listed;                /* on the local part of the ready list; the owner's */
} rp_endpoint;

struct rp_channel {
  rp_endpoint endpoint[2];
  rp_lock lock;
  bool offered; /* see rp_endpoint_claim_offer(); under the lock */
};

#endif
