/*
 * flow.c - how many bytes of one direction of a channel are queued, against a mark.
 */
#include "core/port/flow.h"

#include <assert.h>
#include <string.h>

#include "core/failpoint.h"
#include "core/memory.h"
#include "core/port/ready_list.h"

/* With this many lots, a new record joins the last lot if the two weigh at most 1/SHARE
 * of the queue. */
#define SHARE (RP_FLOW_LOTS / 2)

static rp_flow_lot *
lot_at(rp_flow *flow, uint32_t index) {
  return &flow->lots[(flow->first + index) % RP_FLOW_LOTS];
}

/* Return whether record `number` has been consumed. */
static bool
is_consumed(uint32_t consumed, uint32_t number) {
  return (int32_t) (consumed - number) >= 0;
}

/* Drop the lots that have been consumed. */
static void
refresh(rp_flow *flow) {
  /* Relaxed: nothing but the number is read. After rp_flow_look() has exchanged `armed`,
   * coherence makes it at least as new as what the consumer stored before its own
   * read-modify-write. */
  uint32_t consumed = rp_load_relaxed(&flow->consumed);

  while (flow->count > 0 && is_consumed(consumed, lot_at(flow, 0)->last)) {
    flow->length -= lot_at(flow, 0)->weight;
    flow->first = (flow->first + 1) % RP_FLOW_LOTS;
    flow->count--;
  }
}

/* Join each pair of neighbouring lots. */
static void
join_lots(rp_flow *flow) {
  for (uint32_t i = 0; i < flow->count / 2; i++) {
    rp_flow_lot one = *lot_at(flow, 2 * i), other = *lot_at(flow, 2 * i + 1);

    *lot_at(flow, i) = (rp_flow_lot){one.weight + other.weight, other.last};
  }
  flow->count /= 2;
}

/* Return the number of the record that must be consumed so that at most half of the mark
 * is left. There is more than that. */
static uint32_t
threshold(rp_flow *flow) {
  uint64_t kept = 0;
  uint32_t index = flow->count - 1;

  while (kept + lot_at(flow, index)->weight <= flow->mark / 2)
    kept += lot_at(flow, index--)->weight;
  return lot_at(flow, index)->last;
}

rp_flow *
rp_flow_new(uint64_t mark, uint8_t policy) {
  rp_flow *flow = rp_memory_take(sizeof(*flow));

  if (flow == NULL) return NULL;
  assert(mark > 0);
  memset(flow, 0, sizeof(*flow));
  flow->mark = mark;
  flow->policy = policy;
  return flow;
}

void
rp_flow_free(rp_flow *flow) {
  if (flow != NULL) rp_memory_give(flow, sizeof(*flow));
}

void
rp_flow_add(rp_flow *flow, uint32_t records, uint64_t weight) {
  flow->sent += records;
  flow->length += weight;
  if (flow->count >= SHARE) {
    rp_flow_lot *last = lot_at(flow, flow->count - 1);

    if (last->weight + weight <= flow->length / SHARE) {
      last->weight += weight;
      last->last = flow->sent;
      return;
    }
  }
  if (flow->count == RP_FLOW_LOTS) join_lots(flow);
  *lot_at(flow, flow->count++) = (rp_flow_lot){weight, flow->sent};
}

void
rp_flow_add_weight(rp_flow *flow, uint64_t weight) {
  if (flow->count == 0) return; /* the record has been consumed */
  lot_at(flow, flow->count - 1)->weight += weight;
  flow->length += weight;
}

uint64_t
rp_flow_length(rp_flow *flow) {
  refresh(flow);
  return flow->length;
}

bool
rp_flow_is_full(rp_flow *flow) {
  if (flow->length < flow->mark) return false;
  refresh(flow);
  if (flow->length < flow->mark) return false;
  return flow->waits || rp_flow_look(flow);
}

bool
rp_flow_look(rp_flow *flow) {
  flow->waits = false;
  refresh(flow);
  if (flow->length <= flow->mark / 2) return false;

  /* Pairs with the read-modify-write in rp_flow_consume(): if that comes first, we see
   * what it has consumed; if it comes later, it finds the flow armed. */
  (void) rp_exchange(&flow->armed, threshold(flow) << 1 | 1);
  rp_failpoint("flow:armed");
  refresh(flow);
  flow->waits = flow->length > flow->mark / 2;
  /* If the consumer has disarmed it already, it wakes us for nothing. */
  if (!flow->waits) (void) rp_exchange(&flow->armed, 0);
  return flow->waits;
}

bool
rp_flow_consume(rp_flow *flow, uint32_t records) {
  uint32_t consumed = rp_load_relaxed(&flow->consumed) + records;

  rp_store_relaxed(&flow->consumed, consumed);
  rp_failpoint("flow:consumed");

  /* Pairs with the exchange in rp_flow_look(); a load could be older than our store. */
  uint32_t armed = rp_fetch_or(&flow->armed, 0);

  if (armed == 0 || (int32_t) ((consumed << 1 | 1) - armed) < 0) return false;
  /* If it fails, the sender has exchanged it since and looks again by itself. */
  return rp_cas(&flow->armed, &armed, 0);
}

void
rp_senders_wake(rp_ready_list *list) {
  /* Acquire pairs with the owner's release when it made them. The sender did that before
   * it armed the flow, so they are there. */
  rp_senders *senders = rp_load_acquire(&list->senders);

  if (senders == NULL) return;
  /* Release half pairs with the exchange in rp_senders_begin(). */
  if (rp_exchange(&senders->pushed, 1) == 0) rp_ready_list_push(list, &senders->endpoint);
}

void
rp_senders_begin(rp_senders *senders) {
  /* Acquire: see what was consumed before the wake-ups that found `pushed` set. */
  (void) rp_exchange(&senders->pushed, 0);
}
