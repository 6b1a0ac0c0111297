/*
 * handle.c - a side of a shared ring: how it begins, ends and closes, where it is.
 */
#include "core/ring/wait_queue.h"
#include "core/failpoint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void
init(rp_side *side) {
  const rp_shared *shared = &side->shared;
  bool producer = side->role == RP_PRODUCER;

  switch (shared->mode) {
    case RP_SPSC:
      if (producer)
        rp_spsc_producer_init(&side->as.spsc_producer, shared);
      else
        rp_spsc_consumer_init(&side->as.spsc_consumer, shared);
      break;
    case RP_MPSC:
      if (producer)
        rp_mpsc_producer_init(&side->as.mpsc_producer, shared);
      else
        rp_mpsc_consumer_init(&side->as.mpsc_consumer, shared);
      break;
    default:
      if (producer)
        rp_mpmc_producer_init(&side->as.mpmc_producer, shared);
      else
        rp_mpmc_consumer_init(&side->as.mpmc_consumer, shared);
  }
}

/* The hub's lock is held. */
static void
tell_count(rp_hub *hub) {
  rp_store_relaxed(&hub->shared.words->producers, hub->sides[RP_PRODUCER]);
  rp_store_relaxed(&hub->shared.words->consumers, hub->sides[RP_CONSUMER]);
}

/* Join the hub. False: the role is taken. */
static bool
join(rp_side *side) {
  rp_hub *hub = side->hub;
  rp_mode mode = side->shared.mode;
  bool one = mode == RP_SPSC || (mode == RP_MPSC && side->role == RP_CONSUMER);
  uint32_t block = 0;

  rp_lock_take(&hub->lock);
  if (one && hub->sides[side->role] > 0) {
    rp_lock_drop(&hub->lock);
    return false;
  }
  hub->sides[side->role]++;
  tell_count(hub);
  while (block < RP_SHARED_BLOCKS - 1 && (hub->blocks[side->role] & 1u << block) != 0)
    block++;
  hub->blocks[side->role] |= 1u << block;
  side->counters = &side->shared.words->counters[side->role][block];
  side->counts_together = block == RP_SHARED_BLOCKS - 1;
  init(side);
  rp_lock_drop(&hub->lock);
  return true;
}

int
rp_side_open(rp_side **opened, void *memory, size_t size, rp_role role, rp_side_wake wake,
             void *context) {
  rp_shared shared;
  int result = rp_shared_map(&shared, memory, size);
  rp_side *side;

  if (result != RP_OK) return result;
  if ((side = malloc(sizeof(*side))) == NULL) return RP_ENOMEM;
  memset(side, 0, sizeof(*side));
  side->shared = shared;
  side->role = role;
  side->wake = wake;
  side->context = context;
  if ((side->hub = rp__hub_enter(&shared)) == NULL) {
    free(side);
    return RP_ENOMEM;
  }
  rp_failpoint("side:entered");
  if (!join(side)) {
    rp__hub_leave(side->hub);
    free(side);
    return RP_EBUSY;
  }
  rp_cond_init(&side->cond);
  *opened = side;
  return RP_OK;
}

void
rp_side_end(rp_side *side) {
  rp_hub *hub = side->hub;

  if (side->role == RP_PRODUCER) {
    rp_side_abort(side);
    rp_side_publish(side);
  } else if (side->shared.mode == RP_MPMC) {
    /* No one else can get what is left of its range. */
    side->as.mpmc_consumer.next = side->as.mpmc_consumer.to;
    rp_side_release(side);
  }
  rp_failpoint("side:ending");
  rp_lock_take(&hub->lock);
  rp__hub_unlist(side);
  hub->sides[side->role]--;
  tell_count(hub);
  if (!side->counts_together)
    hub->blocks[side->role] &=
        ~(1u << (side->counters - side->shared.words->counters[side->role]));
  rp__hub_wake_all(hub);
  rp_lock_drop(&hub->lock);
  rp_failpoint("side:ended");
  rp__hub_leave(hub);
  rp_cond_destroy(&side->cond);
  free(side);
}

const rp_shared *
rp_side_shared(const rp_side *side) {
  return &side->shared;
}

rp_shared_counters *
rp_side_counters(rp_side *side) {
  return side->counts_together ? NULL : side->counters;
}

static void
close_ring(rp_hub *hub) {
  rp_shared_words *words = hub->shared.words;

  rp_failpoint("side:closing");
  rp_lock_take(&hub->lock);
  /* Release pairs with the acquire in rp_spsc_look(). */
  (void) rp_fetch_or(&words->state, RP_STATE_CLOSED);
  /* What has been claimed is before the bit CLOSED, what is claimed from now on sees it. */
  if (hub->shared.mode != RP_SPSC)
    (void) rp_fetch_or(&words->tail.wide, (uint64_t) RP_TAIL_CLOSED);
  rp__hub_wake_all(hub);
  rp_lock_drop(&hub->lock);
}

void
rp_side_close(rp_side *side) {
  if (side->role == RP_PRODUCER) rp_side_publish(side);
  close_ring(side->hub);
}

int
rp_shared_close(void *memory, size_t size) {
  rp_shared shared;
  int result = rp_shared_map(&shared, memory, size);

  if (result != RP_OK) return result;

  rp_hub *hub = rp__hub_enter(&shared);

  if (hub == NULL) return RP_ENOMEM;
  close_ring(hub);
  rp__hub_leave(hub);
  return RP_OK;
}

bool
rp_side_closed(const rp_side *side) {
  return (rp_load_relaxed(&side->shared.words->state) & RP_STATE_CLOSED) != 0;
}

uint32_t
rp_side_count(const rp_side *side, rp_role role) {
  rp_lock_take(&side->hub->lock);

  uint32_t now = side->hub->sides[role];

  rp_lock_drop(&side->hub->lock);
  return now;
}

void
rp_side_set_position(rp_side *side, uint32_t position) {
  assert(side->shared.mode == RP_SPSC);
  position &= ~RP_FLAGS;
  if (side->role == RP_PRODUCER) {
    rp_spsc_producer *p = &side->as.spsc_producer;

    p->position = p->limit = p->published = position;
    p->released = position - side->shared.capacity;
  } else {
    rp_spsc_consumer *c = &side->as.spsc_consumer;

    c->position = c->limit = c->published = position;
    c->released = rp_load_relaxed(&side->shared.words->head.word) & ~RP_FLAGS;
  }
}

uint32_t
rp_side_position(const rp_side *side) {
  assert(side->shared.mode == RP_SPSC);
  return side->role == RP_PRODUCER ? side->as.spsc_producer.position
                                   : side->as.spsc_consumer.position;
}
