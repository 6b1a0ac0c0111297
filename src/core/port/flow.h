/*
 * flow.h - how many bytes of one direction of a channel are queued, against a mark.
 *
 * Only channels that were opened with a mark have one, for each direction. The sender
 * counts what it sends, the consumer publishes how many records it has consumed; the
 * weights of the records never leave the sender. A sender that has filled its queue to
 * the mark arms the flow with the number of a record. The consumer that consumes that
 * record disarms it and owes the sender one wake-up.
 *
 *   WORD       WRITTEN BY          DESCRIPTION
 *   consumed   consumer            records consumed, free running
 *   armed      sender, consumer    0, or 2n + 1: wake the sender once `consumed` is n
 *
 * The consumer stores `consumed`, then reads `armed` by a read-modify-write; the sender
 * exchanges `armed`, then loads `consumed`. Both modify the same word, so one of them
 * comes first there: either the consumer finds the flow armed, or the sender sees what
 * was consumed.
 *
 * Lots: the sender keeps the weights of the queued records in a fixed number of lots of
 * consecutive records. Up to RP_FLOW_LOTS / 2 records have a lot each. Of more, a lot
 * takes up to 1/32 of the queue's weight at that time, or twice as much once lots were
 * joined. A lot counts until its last record is consumed.
 */
#ifndef RP_CORE_PORT_FLOW_H_
#define RP_CORE_PORT_FLOW_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/port/endpoint.h"

#define RP_FLOW_LOTS 64u

typedef struct rp_flow_lot {
  uint64_t weight;
  uint32_t last; /* number of its last record */
} rp_flow_lot;

/* The sender's fields move with its endpoint from thread to thread. */
typedef struct rp_flow {
  _Alignas(64) rp_word consumed;
  rp_word armed;
  _Alignas(64) uint64_t mark;
  uint64_t length; /* weight of all lots */
  uint32_t sent;   /* records sent, free running */
  uint32_t first;  /* index of the oldest lot */
  uint32_t count;  /* of lots */
  uint8_t policy;  /* opaque here */
  bool waits;      /* armed, and not looked at since */
  rp_flow_lot lots[RP_FLOW_LOTS];
} rp_flow;

/* Stands on a thread's ready list for its senders that have been woken. */
typedef struct rp_senders {
  rp_endpoint endpoint; /* of no channel */
  rp_word pushed;       /* 1: the endpoint is on the ready list */
} rp_senders;

/* Make a flow; `mark` is at least 1. Returns NULL without memory. */
rp_flow *rp_flow_new(uint64_t mark, uint8_t policy);
void rp_flow_free(rp_flow *flow);

/* Count records of `weight` bytes in total, before they are published. Sender only,
 * wait-free. */
void rp_flow_add(rp_flow *flow, uint32_t records, uint64_t weight);

/* The last record weighs more. Sender only, wait-free. */
void rp_flow_add_weight(rp_flow *flow, uint64_t weight);

/* Return the weight of what is queued. Sender only, wait-free. */
uint64_t rp_flow_length(rp_flow *flow);

/* Return whether the queue has reached the mark. Then the flow is armed. Sender only,
 * wait-free. */
bool rp_flow_is_full(rp_flow *flow);

/* Look at a flow that was full, whether woken or not. Returns false if at most half of
 * the mark is left: the sender goes on. Otherwise the flow is armed. Sender only,
 * wait-free. */
bool rp_flow_look(rp_flow *flow);

/* Count records as consumed. Consumer only, wait-free. Returns true if the sender waited
 * for them: the caller owes it one wake-up. */
bool rp_flow_consume(rp_flow *flow, uint32_t records);

/* Put the thread's senders on its ready list, unless they are there. The caller keeps the
 * thread from ending, as for rp_ready_list_push(). Lock-free. */
void rp_senders_wake(struct rp_ready_list *list);

/* Begin the turn of a thread's senders: what is woken from now on gets another turn.
 * Owner only, wait-free. */
void rp_senders_begin(rp_senders *senders);

#endif
