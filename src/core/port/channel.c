/*
 * channel.c - channels: two endpoints that send to each other, and how they are opened,
 * transferred and closed.
 *
 * The inbox of an endpoint is consumed by the owner of that endpoint and produced by the
 * owner of the other. Whoever takes an endpoint out of the transfer registry owns it. The
 * lock orders the hand-over between owners, and wakers against it.
 */
#include "core/port/channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/port/sleeper.h"
#include "core/port/flow.h"
#include "core/port/transfer_registry.h"
#include "core/failpoint.h"

_Static_assert(sizeof(rp_channel) <= 1024, "an idle channel costs at most 1 KiB");

static void
endpoint_init(rp_endpoint *endpoint, rp_channel *channel, rp_endpoint *peer,
              rp_ready_list *owner) {
  memset(endpoint, 0, sizeof(*endpoint));
  rp_chain_init(&endpoint->inbox);
  endpoint->channel = channel;
  endpoint->peer = peer;
  endpoint->owner = owner;
  endpoint->state = RP_ENDPOINT_ATTACHED;
  (void) rp_chain_park(&endpoint->inbox);
}

/* Wake the owner of an endpoint whose token the caller has taken. Any thread. */
static void
wake(rp_endpoint *endpoint) {
  rp_channel *channel = endpoint->channel;

  rp_failpoint("endpoint:waking");
  rp_lock_take(&channel->lock);
  if (endpoint->owner != NULL)
    rp_ready_list_push(endpoint->owner, endpoint);
  else
    endpoint->token_held = true;
  rp_sleeper_wake(endpoint);
  rp_lock_drop(&channel->lock);
}

/* Drop messages that nobody will read. The endpoints in them are lost: add them to the
 * list `lost`. */
static void
drop_queued(rp_chain *inbox, rp_endpoint **lost) {
  rp_record record;

  while (rp_chain_peek(inbox, &record) == RP_OK) {
    for (uint32_t i = 0; i < rp_message_blocks(&record); i++) {
      uint64_t id = rp_block_endpoint(rp_message_peek_block(&record, i));
      rp_endpoint *endpoint = id == 0 ? NULL : rp_transfer_take(id);

      if (endpoint == NULL) continue;
      endpoint->next = *lost;
      *lost = endpoint;
    }
    rp_message_drop(&record);
    rp_chain_release(inbox, rp_record_size(record.length), 1);
  }
}

static void
disentangle_one(rp_endpoint *endpoint, rp_endpoint **lost) {
  rp_channel *channel = endpoint->channel;
  rp_endpoint *peer = endpoint->peer;

  rp_chain_abandon(&endpoint->inbox);
  rp_failpoint("endpoint:abandoned");
  if (endpoint->inflow != NULL) rp_endpoint_wake_sender(endpoint);
  drop_queued(&endpoint->inbox, lost);
  rp_failpoint("endpoint:dropped");
  if (rp_chain_close(&peer->inbox)) wake(peer);
  rp_failpoint("endpoint:sealed");

  rp_lock_take(&channel->lock);
  endpoint->state = RP_ENDPOINT_CLOSED;
  bool last = peer->state == RP_ENDPOINT_CLOSED;
  rp_lock_drop(&channel->lock);

  rp_failpoint("endpoint:closed");
  if (!last) return;
  for (int i = 0; i < 2; i++) {
    drop_queued(&channel->endpoint[i].inbox, lost); /* what was written since */
    rp_chain_destroy(&channel->endpoint[i].inbox, NULL);
    rp_flow_free(channel->endpoint[i].inflow);
  }
  rp_lock_destroy(&channel->lock);
  rp_memory_give(channel, sizeof(*channel));
}

/* Close an endpoint that has no owner and that nobody can find: seal the other inbox, and
 * free the channel if the other endpoint is closed, too. Also close all endpoints in the
 * messages that are dropped with it. */
static void
disentangle(rp_endpoint *endpoint) {
  rp_endpoint *lost = NULL;

  do {
    disentangle_one(endpoint, &lost);
    endpoint = lost;
    if (endpoint != NULL) lost = endpoint->next;
  } while (endpoint != NULL);
}

/* Take the endpoint off its thread, together with the token if the thread has it. */
static void
leave(rp_endpoint *endpoint) {
  rp_ready_list *owner = endpoint->owner;

  rp_lock_take(&endpoint->channel->lock);
  endpoint->owner = NULL;
  rp_lock_drop(&endpoint->channel->lock);

  rp_failpoint("endpoint:ownerless");
  /* Wakers no longer push it; an earlier push is on the list by now. */
  if (!rp_ready_list_remove(owner, endpoint) && !endpoint->awake) return;
  endpoint->awake = false;
  rp_lock_take(&endpoint->channel->lock);
  endpoint->token_held = true;
  rp_lock_drop(&endpoint->channel->lock);
}

int
rp_channel_open(rp_ready_list *owner, rp_endpoint **one, rp_endpoint **other) {
  rp_channel *channel = rp_memory_take(sizeof(rp_channel));

  if (channel == NULL) return RP_ENOMEM;
  endpoint_init(&channel->endpoint[0], channel, &channel->endpoint[1], owner);
  endpoint_init(&channel->endpoint[1], channel, &channel->endpoint[0], owner);
  rp_lock_init(&channel->lock);
  channel->offered = false;
  *one = &channel->endpoint[0];
  *other = &channel->endpoint[1];
  return RP_OK;
}

int
rp_endpoint_write(rp_endpoint *endpoint, uint32_t flags, const void *bytes, size_t length,
                  const rp_block *blocks, uint32_t count) {
  rp_chain *inbox = &endpoint->peer->inbox;

  if (rp_chain_abandoned(inbox)) return RP_CLOSED;
  return rp_message_write(inbox, flags, bytes, length, blocks, count);
}

int
rp_endpoint_write_run(rp_endpoint *endpoint, const uint8_t *run, uint32_t bytes,
                      uint32_t *count) {
  rp_chain *inbox = &endpoint->peer->inbox;

  if (rp_chain_abandoned(inbox)) return RP_CLOSED;
  return rp_message_write_run(inbox, run, bytes, count);
}

void
rp_endpoint_publish(rp_endpoint *endpoint) {
  if (rp_chain_publish(&endpoint->peer->inbox)) wake(endpoint->peer);
}

int
rp_endpoint_set_mark(rp_endpoint *endpoint, uint64_t mark, uint8_t policy) {
  rp_flow *in = rp_flow_new(mark, policy);
  rp_flow *out = rp_flow_new(mark, policy);

  if (in == NULL || out == NULL) {
    rp_flow_free(in);
    rp_flow_free(out);
    return RP_ENOMEM;
  }
  endpoint->inflow = endpoint->peer->outflow = in;
  endpoint->outflow = endpoint->peer->inflow = out;
  return RP_OK;
}

void
rp_endpoint_consumed(rp_endpoint *endpoint, uint32_t count) {
  if (endpoint->inflow != NULL && rp_flow_consume(endpoint->inflow, count))
    rp_endpoint_wake_sender(endpoint);
}

void
rp_endpoint_wake_sender(rp_endpoint *endpoint) {
  rp_channel *channel = endpoint->channel;

  rp_failpoint("endpoint:waking-sender");
  rp_lock_take(&channel->lock);
  /* In transit it is nobody's: whoever attaches it looks. */
  if (endpoint->peer->owner != NULL) rp_senders_wake(endpoint->peer->owner);
  rp_lock_drop(&channel->lock);
}

bool
rp_endpoint_peer_gone(rp_endpoint *endpoint) {
  return rp_chain_abandoned(&endpoint->peer->inbox);
}

void
rp_endpoint_schedule(rp_endpoint *endpoint) {
  /* We have the token, or it is parked and we take it, or it is on its way to us. */
  if (!endpoint->awake && !rp_chain_unpark(&endpoint->inbox)) return;
  endpoint->awake = false;
  rp_ready_list_push(endpoint->owner, endpoint);
}

void
rp_endpoint_begin(rp_endpoint *endpoint) {
  endpoint->awake = true;
}

void
rp_endpoint_end(rp_endpoint *endpoint, bool more, bool stopped) {
  if (!endpoint->awake) return; /* scheduled again while it ran */

  rp_record record;
  int next = rp_chain_peek(&endpoint->inbox, &record);

  if (next == RP_OK && stopped) return;
  endpoint->awake = false;
  rp_failpoint("endpoint:parking");
  if (next == RP_EMPTY && !more && rp_chain_park(&endpoint->inbox)) return;
  rp_ready_list_push(endpoint->owner, endpoint);
}

void
rp_endpoint_drained(rp_endpoint *endpoint) {
  if (!endpoint->awake) return;
  endpoint->awake = false;
  if (!rp_chain_park(&endpoint->inbox)) rp_ready_list_push(endpoint->owner, endpoint);
}

void
rp_endpoint_want_views(rp_endpoint *endpoint, bool wanted) {
  rp_store_relaxed(&endpoint->views, wanted);
}

bool
rp_endpoint_peer_views(const rp_endpoint *endpoint) {
  return rp_load_relaxed(&endpoint->peer->views) != 0;
}

void
rp_endpoint_declare(rp_endpoint *endpoint) {
  /* Release pairs with the acquire in rp_endpoint_peer_declared(). */
  rp_store_release(&endpoint->declared, 1);
}

bool
rp_endpoint_peer_declared(const rp_endpoint *endpoint) {
  return rp_load_acquire(&endpoint->peer->declared) != 0;
}

bool
rp_endpoint_claim_offer(rp_endpoint *endpoint) {
  rp_lock_take(&endpoint->channel->lock);
  bool first = !endpoint->channel->offered;
  endpoint->channel->offered = true;
  rp_lock_drop(&endpoint->channel->lock);
  return first;
}

bool
rp_endpoint_peer_closed(rp_endpoint *endpoint) {
  rp_lock_take(&endpoint->channel->lock);
  bool closed = endpoint->peer->state == RP_ENDPOINT_CLOSED;
  rp_lock_drop(&endpoint->channel->lock);
  return closed;
}

rp_endpoint *
rp_endpoint_local_peer(rp_endpoint *endpoint) {
  rp_lock_take(&endpoint->channel->lock);
  bool local = endpoint->peer->owner == endpoint->owner;
  rp_lock_drop(&endpoint->channel->lock);
  return local ? endpoint->peer : NULL;
}

uint64_t
rp_endpoint_announce(rp_endpoint *endpoint) {
  uint64_t fresh = rp_transfer_new_id();

  rp_lock_take(&endpoint->channel->lock);
  if (endpoint->id == 0) endpoint->id = fresh;
  uint64_t id = endpoint->id;
  rp_lock_drop(&endpoint->channel->lock);
  return id;
}

uint64_t
rp_endpoint_detach(rp_endpoint *endpoint) {
  uint64_t id = rp_endpoint_announce(endpoint);

  rp_failpoint("endpoint:announced");
  leave(endpoint);
  rp_failpoint("endpoint:left");
  /* DETACHED and in the registry at the same time: whoever learns of the loss has either
   * set `lost` before, or finds the endpoint. */
  rp_lock_take(&endpoint->channel->lock);
  bool lost = endpoint->lost;
  endpoint->state = RP_ENDPOINT_DETACHED;
  if (!lost) rp_transfer_add(endpoint);
  rp_lock_drop(&endpoint->channel->lock);

  rp_failpoint("endpoint:detached");
  if (lost) disentangle(endpoint);
  return id;
}

int
rp_endpoint_attach(uint64_t id, rp_ready_list *owner, rp_endpoint **attached) {
  rp_endpoint *endpoint = rp_transfer_take(id);

  if (endpoint == NULL) return RP_ENOENT;
  rp_failpoint("endpoint:taken");
  endpoint->round = 0;
  rp_endpoint_want_views(endpoint, false);

  rp_lock_take(&endpoint->channel->lock);
  endpoint->id = 0; /* an id is good for one transfer */
  endpoint->owner = owner;
  endpoint->state = RP_ENDPOINT_ATTACHED;
  endpoint->awake = endpoint->token_held;
  endpoint->token_held = false;
  rp_lock_drop(&endpoint->channel->lock);

  rp_failpoint("endpoint:attached");
  rp_endpoint_schedule(endpoint);
  *attached = endpoint;
  return RP_OK;
}

uint64_t
rp_endpoint_close(rp_endpoint *endpoint) {
  rp_endpoint *peer = endpoint->peer;

  leave(endpoint); /* before CLOSED: nobody reads its fields any more */
  rp_lock_take(&endpoint->channel->lock);
  uint64_t in_transit = peer->state == RP_ENDPOINT_DETACHED ? peer->id : 0;
  rp_lock_drop(&endpoint->channel->lock);
  disentangle(endpoint);
  return in_transit;
}

void
rp_endpoint_peer_lost(rp_endpoint *endpoint) {
  rp_endpoint *peer = endpoint->peer;

  rp_lock_take(&endpoint->channel->lock);
  uint64_t id = peer->state == RP_ENDPOINT_DETACHED ? peer->id : 0;
  if (peer->state == RP_ENDPOINT_ATTACHED && peer->id != 0) peer->lost = true;
  rp_lock_drop(&endpoint->channel->lock);
  rp_endpoint_lost(id);
}

void
rp_endpoint_lost(uint64_t id) {
  rp_endpoint *endpoint = id == 0 ? NULL : rp_transfer_take(id);

  /* Taken out of the registry it is ours alone. */
  rp_failpoint("endpoint:lost");
  if (endpoint != NULL) disentangle(endpoint);
}

size_t
rp_channel_in_transit(void) {
  return rp_transfer_count();
}
