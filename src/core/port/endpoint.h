/*
 * endpoint.h - the two endpoints of a channel in memory: who may touch which field.
 *
 * channel.h says what they do. A field belongs to the thread that owns the endpoint, to
 * whoever holds the token of its inbox, or to the channel's lock.
 */
#ifndef RP_CORE_PORT_ENDPOINT_H_
#define RP_CORE_PORT_ENDPOINT_H_

#include "core/lock.h"
#include "core/port/chain.h"

struct rp_ready_list;

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
  struct rp_endpoint *ready_next;     /* of whoever holds the token */
  struct rp_endpoint *ready_previous; /* on the owner's list; the owner's */
  struct rp_endpoint *next; /* in the registry of detached endpoints, under its lock */
  uint64_t id;              /* 0: not announced; under the lock */
  uint32_t slot;            /* the owner's, to find its port */
  uint32_t round;           /* the owner's, see ready_list.h */
  rp_word views;    /* a hint of the owner's to the peer: see rp_endpoint_want_views() */
  rp_word declared; /* the owner's: see rp_endpoint_declare() */
  uint8_t state;    /* rp_endpoint_state, under the lock */
  bool token_held;  /* the token is here; under the lock */
  bool lost;        /* to be closed instead of detached; under the lock */
  bool awake;       /* the token is with the owner; the owner's */
  bool listed;      /* on the owner's list; the owner's */
} rp_endpoint;

struct rp_channel {
  rp_endpoint endpoint[2];
  rp_lock lock;
  bool offered; /* see rp_endpoint_claim_offer(); under the lock */
};

#endif
