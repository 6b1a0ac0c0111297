/*
 * channel.c - port pairs: entangle, detach, attach, disentangle.
 *
 * Who may touch what: the inbox of a half is consumed by the owner of that half and produced by
 * the owner of the other; whoever takes a half out of the registry owns it. The lock orders the
 * hand-over between owners, and the wake path against it.
 */
#include "core/port/channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/port/transfer_registry.h"
#include "core/failpoint.h"

_Static_assert(sizeof(rp_channel) <= 1024, "an idle channel costs at most 1 KiB");

static void
half_init(rp_half *half, rp_channel *channel, rp_half *peer, rp_thread *thread) {
  memset(half, 0, sizeof(*half));
  rp_chain_init(&half->inbox);
  half->channel = channel;
  half->peer = peer;
  half->owner = thread;
  half->state = RP_HALF_ATTACHED;
  (void) rp_chain_park(&half->inbox);
}

/* The caller has taken the token out of the inbox. Any thread. */
static void
wake(rp_half *half) {
  rp_channel *channel = half->channel;

  rp_yield("half:waking");
  rp_lock_take(&channel->lock);
  if (half->owner != NULL)
    rp_thread_push(half->owner, half);
  else
    half->held = true;
  rp_lock_drop(&channel->lock);
}

/* Drop what nobody will read. Halves that travelled with it are lost, too: they go on the list. */
static void
drop_queued(rp_chain *inbox, rp_half **lost) {
  rp_record record;

  while (rp_chain_peek(inbox, &record) == RP_OK) {
    for (uint32_t i = 0; i < rp_message_blocks(&record); i++) {
      uint64_t id = rp_block_half(rp_message_peek_block(&record, i));
      rp_half *half = id == 0 ? NULL : rp_registry_take(id);

      if (half == NULL) continue;
      half->next = *lost;
      *lost = half;
    }
    rp_message_drop(&record);
    rp_chain_release(inbox, rp_record_size(record.length), 1);
  }
}

static void
disentangle_one(rp_half *half, rp_half **lost) {
  rp_channel *channel = half->channel;
  rp_half *peer = half->peer;

  rp_chain_abandon(&half->inbox);
  rp_yield("half:abandoned");
  drop_queued(&half->inbox, lost);
  rp_yield("half:dropped");
  if (rp_chain_close(&peer->inbox)) wake(peer);
  rp_yield("half:sealed");

  rp_lock_take(&channel->lock);
  half->state = RP_HALF_CLOSED;
  bool last = peer->state == RP_HALF_CLOSED;
  rp_lock_drop(&channel->lock);

  rp_yield("half:closed");
  if (!last) return;
  for (int i = 0; i < 2; i++) {
    drop_queued(&channel->half[i].inbox, lost); /* written before its end was seen */
    rp_chain_destroy(&channel->half[i].inbox, NULL);
  }
  rp_lock_destroy(&channel->lock);
  rp_memory_give(channel, sizeof(*channel));
}

/* The half has no owner any more and nobody can find it: seal the other inbox, and free the channel
 * if the other half is gone too. The same for every half in the messages that go with it. `half`
 * must not be used afterwards. */
static void
disentangle(rp_half *half) {
  rp_half *lost = NULL;

  do {
    disentangle_one(half, &lost);
    half = lost;
    if (half != NULL) lost = half->next;
  } while (half != NULL);
}

/* Take the half off its thread, with its token if the thread has it. */
static void
leave(rp_half *half) {
  rp_thread *thread = half->owner;

  rp_lock_take(&half->channel->lock);
  half->owner = NULL;
  rp_lock_drop(&half->channel->lock);

  rp_yield("half:ownerless");
  /* From here on no waker pushes it; one that did before is found on the list. */
  if (!rp_thread_remove(thread, half) && !half->awake) return;
  half->awake = false;
  rp_lock_take(&half->channel->lock);
  half->held = true;
  rp_lock_drop(&half->channel->lock);
}

int
rp_channel_open(rp_thread *thread, rp_half **one, rp_half **other) {
  rp_channel *channel = rp_memory_take(sizeof(rp_channel));

  if (channel == NULL) return RP_ENOMEM;
  half_init(&channel->half[0], channel, &channel->half[1], thread);
  half_init(&channel->half[1], channel, &channel->half[0], thread);
  rp_lock_init(&channel->lock);
  channel->offered = false;
  *one = &channel->half[0];
  *other = &channel->half[1];
  return RP_OK;
}

int
rp_half_write(rp_half *half, uint32_t flags, const void *bytes, size_t length,
              const rp_block *blocks, uint32_t count) {
  rp_chain *inbox = &half->peer->inbox;

  if (rp_chain_abandoned(inbox)) return RP_SEALED;
  return rp_message_write(inbox, flags, bytes, length, blocks, count);
}

int
rp_half_write_run(rp_half *half, const uint8_t *run, uint32_t bytes, uint32_t *count) {
  rp_chain *inbox = &half->peer->inbox;

  if (rp_chain_abandoned(inbox)) return RP_SEALED;
  return rp_message_write_run(inbox, run, bytes, count);
}

void
rp_half_publish(rp_half *half) {
  if (rp_chain_publish(&half->peer->inbox)) wake(half->peer);
}

void
rp_half_schedule(rp_half *half) {
  /* Either we have the token, or it is parked and we take it, or it is on its way to us. */
  if (!half->awake && !rp_chain_unpark(&half->inbox)) return;
  half->awake = false;
  rp_thread_push(half->owner, half);
}

void
rp_half_begin(rp_half *half) {
  half->awake = true;
}

void
rp_half_end(rp_half *half, bool more, bool stopped) {
  if (!half->awake) return; /* scheduled again while it ran */

  rp_record record;
  int next = rp_chain_peek(&half->inbox, &record);

  if (next == RP_OK && stopped) return;
  half->awake = false;
  rp_yield("half:parking");
  if (next == RP_EMPTY && !more && rp_chain_park(&half->inbox)) return;
  rp_thread_push(half->owner, half);
}

void
rp_half_drained(rp_half *half) {
  if (!half->awake) return;
  half->awake = false;
  if (!rp_chain_park(&half->inbox)) rp_thread_push(half->owner, half);
}

void
rp_half_want_views(rp_half *half, bool wanted) {
  rp_store_relaxed(&half->views, wanted);
}

bool
rp_half_peer_views(const rp_half *half) {
  return rp_load_relaxed(&half->peer->views) != 0;
}

void
rp_half_declare(rp_half *half) {
  /* Release pairs with the acquire in rp_half_peer_declared(). */
  rp_store_release(&half->declared, 1);
}

bool
rp_half_peer_declared(const rp_half *half) {
  return rp_load_acquire(&half->peer->declared) != 0;
}

bool
rp_half_claim_offer(rp_half *half) {
  rp_lock_take(&half->channel->lock);
  bool first = !half->channel->offered;
  half->channel->offered = true;
  rp_lock_drop(&half->channel->lock);
  return first;
}

bool
rp_half_peer_closed(rp_half *half) {
  rp_lock_take(&half->channel->lock);
  bool closed = half->peer->state == RP_HALF_CLOSED;
  rp_lock_drop(&half->channel->lock);
  return closed;
}

rp_half *
rp_half_local_peer(rp_half *half) {
  rp_lock_take(&half->channel->lock);
  bool local = half->peer->owner == half->owner;
  rp_lock_drop(&half->channel->lock);
  return local ? half->peer : NULL;
}

uint64_t
rp_half_announce(rp_half *half) {
  uint64_t fresh = rp_registry_new_id();

  rp_lock_take(&half->channel->lock);
  if (half->id == 0) half->id = fresh;
  uint64_t id = half->id;
  rp_lock_drop(&half->channel->lock);
  return id;
}

uint64_t
rp_half_detach(rp_half *half) {
  uint64_t id = rp_half_announce(half);

  rp_yield("half:announced");
  leave(half);
  rp_yield("half:left");
  /* In transit and in the registry at once: who learns of the loss either says so before, or finds
   * the half. */
  rp_lock_take(&half->channel->lock);
  bool lost = half->lost;
  half->state = RP_HALF_DETACHED;
  if (!lost) rp_registry_add(half);
  rp_lock_drop(&half->channel->lock);

  rp_yield("half:detached");
  if (lost) disentangle(half);
  return id;
}

int
rp_half_attach(uint64_t id, rp_thread *thread, rp_half **attached) {
  rp_half *half = rp_registry_take(id);

  if (half == NULL) return RP_ENOENT;
  rp_yield("half:taken");
  half->round = 0;
  rp_half_want_views(half, false);

  rp_lock_take(&half->channel->lock);
  half->id = 0; /* a passport is good for one journey */
  half->owner = thread;
  half->state = RP_HALF_ATTACHED;
  half->awake = half->held;
  half->held = false;
  rp_lock_drop(&half->channel->lock);

  rp_yield("half:attached");
  rp_half_schedule(half);
  *attached = half;
  return RP_OK;
}

uint64_t
rp_half_close(rp_half *half) {
  rp_half *peer = half->peer;

  leave(half); /* CLOSED only once nobody reads its fields any more */
  rp_lock_take(&half->channel->lock);
  uint64_t in_transit = peer->state == RP_HALF_DETACHED ? peer->id : 0;
  rp_lock_drop(&half->channel->lock);
  disentangle(half);
  return in_transit;
}

void
rp_half_peer_lost(rp_half *half) {
  rp_half *peer = half->peer;

  rp_lock_take(&half->channel->lock);
  uint64_t id = peer->state == RP_HALF_DETACHED ? peer->id : 0;
  if (peer->state == RP_HALF_ATTACHED && peer->id != 0) peer->lost = true;
  rp_lock_drop(&half->channel->lock);
  rp_half_lost(id);
}

void
rp_half_lost(uint64_t id) {
  rp_half *half = id == 0 ? NULL : rp_registry_take(id);

  /* Out of the registry it is ours alone, as if we were its owner. */
  rp_yield("half:lost");
  if (half != NULL) disentangle(half);
}

size_t
rp_channel_in_transit(void) {
  return rp_registry_size();
}
