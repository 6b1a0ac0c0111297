/*
 * chain.c - the inbox of a port: a chain of rings that grows and shrinks.
 *
 * Linking: the producer stores `next` (plain), then sets the seal in tail (release). The
 * consumer loads tail (acquire), finds the seal, and only then reads `next`. So one word
 * orders everything, and parking races with linking exactly as it does with publishing.
 *
 * Freeing: the consumer frees a segment once it has found the seal and drained it. The
 * producer's last access to the segment was the store that set the seal.
 */
#include "core/port/chain.h"

#include <assert.h>
#include <string.h>

#include "core/memory.h"
#include "core/failpoint.h"

struct rp_segment {
  _Alignas(128) rp_word tail;
  _Alignas(128) rp_word head;
  _Alignas(128) rp_segment *next;
  uint32_t capacity;
  _Alignas(128) uint8_t data[];
};

_Static_assert(offsetof(rp_segment, head) - offsetof(rp_segment, tail) == 128,
               "tail and head are two lines apart");

/* A chain shrinks after the producer has met so many parked consumers in a row and has
 * written less than an eighth of the segment in between. High enough that bursts to and
 * fro do not malloc each time. */
#define CALM_ENOUGH 16u

/* A consumer that has read so many records without parking can afford a barrier when it
 * parks: 0.5 us, and 12 us in a virtual machine while another core is busy. */
#define BUSY 4096u

static void
segment_free(rp_segment *segment) {
  if (segment != NULL) rp_memory_give(segment, sizeof(rp_segment) + segment->capacity);
}

static rp_segment *
segment_new(uint32_t capacity) {
  rp_segment *segment = rp_memory_take(sizeof(rp_segment) + capacity);

  if (segment == NULL) return NULL;
  segment->capacity = capacity;
  return segment;
}

/* Make a segment, new or used, an empty ring. */
static void
segment_reset(rp_segment *segment) {
  rp_store_relaxed(&segment->tail, 0);
  rp_store_relaxed(&segment->head, 0);
  segment->next = NULL;
}

/* Get a segment of at least `capacity`: the spare, unless it is far too large. */
static rp_segment *
segment_take(rp_chain *chain, uint32_t capacity) {
  /* Acquire pairs with the release in segment_give(): the consumer is done with it. */
  rp_segment *spare = atomic_exchange_explicit(&chain->spare, NULL, memory_order_acquire);

  if (spare != NULL && (spare->capacity < capacity || spare->capacity / 4 > capacity)) {
    segment_free(spare);
    spare = NULL;
  }
  if (spare == NULL) spare = segment_new(capacity);
  if (spare != NULL) segment_reset(spare);
  return spare;
}

/* Keep a drained segment as the spare and free the one it replaces. After shrinking the
 * segment is far larger than the next one: free it instead. */
static void
segment_give(rp_chain *chain, rp_segment *segment) {
  if (segment->capacity / 4 > segment->next->capacity) {
    segment_free(segment);
    return;
  }

  rp_segment *displaced =
      atomic_exchange_explicit(&chain->spare, segment, memory_order_acq_rel);

  segment_free(displaced);
}

/* Continue in `segment`. All records claimed in the old one become visible. */
static void
link_segment(rp_chain *chain, rp_segment *segment) {
  rp_segment **next = chain->newest ? &chain->newest->next : &chain->first_next;

  *next = segment;
  rp_failpoint("chain:linking");
  rp_store_relaxed(&chain->sent, chain->claimed);
  if (rp_segment_seal(&chain->producer, &chain->parking)) chain->wakeup_pending = true;
  rp_failpoint("chain:linked");
  chain->newest = segment;
  chain->calm_from = 0;
  chain->calm = 0;
  rp_segment_producer_init(&chain->producer, &segment->tail, &segment->head,
                           segment->data, segment->capacity);
}

static int
grow(rp_chain *chain, uint32_t length) {
  uint32_t capacity = chain->producer.capacity;

  capacity = capacity == 0 ? RP_SEGMENT_MIN : capacity * 2;
  while (rp_record_size(length) > capacity / 2) capacity *= 2;
  if (capacity > RP_SEGMENT_MAX) capacity = RP_SEGMENT_MAX;

  rp_segment *segment = segment_take(chain, capacity);

  if (segment == NULL) return RP_ENOMEM;
  link_segment(chain, segment);
  return RP_OK;
}

/* The consumer is parked, so it has drained everything: a good moment to switch to a
 * small segment. Without memory nothing changes. */
static void
shrink_when_calm(rp_chain *chain) {
  uint32_t written = chain->producer.position - chain->calm_from;

  if (chain->producer.capacity <= RP_SEGMENT_MIN) return;
  chain->calm_from = chain->producer.position;
  chain->calm = written < chain->producer.capacity / 8 ? chain->calm + 1 : 0;
  if (chain->calm < CALM_ENOUGH) return;

  /* This uses the spare or frees it, so what the burst has left there goes, too. */
  rp_segment *segment = segment_take(chain, RP_SEGMENT_MIN);

  if (segment != NULL) link_segment(chain, segment);
}

void
rp_chain_init(rp_chain *chain) {
  assert((uintptr_t) chain % _Alignof(rp_chain) == 0);
  memset(chain, 0, sizeof(*chain));
  rp_segment_producer_init(&chain->producer, &chain->first_tail, &chain->first_head, NULL,
                           0);
  rp_segment_consumer_init(&chain->consumer, &chain->first_tail, &chain->first_head, NULL,
                           0);
}

void
rp_chain_destroy(rp_chain *chain, void (*drop)(const rp_record *record)) {
  rp_record record;

  while (rp_chain_peek(chain, &record) == RP_OK) {
    if (drop != NULL) drop(&record);
    rp_chain_release(chain, rp_record_size(record.length), 1);
  }
  segment_free(chain->oldest);
  segment_free(atomic_load_explicit(&chain->spare, memory_order_acquire));
}

int
rp_chain_claim(rp_chain *chain, uint32_t type, uint32_t length, uint8_t **payload) {
  if (length > RP_CHAIN_PAYLOAD_MAX) return RP_ETOOBIG;
  if (chain->closed) return RP_CLOSED;

  int result = rp_segment_claim(&chain->producer, type, length, payload);

  if (result != RP_OK) {
    result = grow(chain, length);
    if (result != RP_OK) return result;
    result = rp_segment_claim(&chain->producer, type, length, payload);
  }
  rp_failpoint("chain:claimed");
  if (result == RP_OK) chain->claimed++;
  return result;
}

int
rp_chain_claim_run(rp_chain *chain, uint32_t bytes, uint32_t count, uint8_t **run) {
  uint8_t *payload;
  /* Claim one record of that size; the first record's header overwrites its header. */
  int result = rp_chain_claim(chain, 0, bytes - RP_RECORD_HEADER, &payload);

  if (result != RP_OK) return result;
  *run = payload - RP_RECORD_HEADER;
  chain->claimed += count - 1;
  return RP_OK;
}

bool
rp_chain_publish(rp_chain *chain) {
  bool wakeup_pending;

  if (chain->closed) return false; /* the seal stays */
  rp_store_relaxed(&chain->sent, chain->claimed);
  rp_failpoint("chain:publishing");
  wakeup_pending = rp_segment_publish(&chain->producer, &chain->parking);
  rp_failpoint("chain:published");
  if (wakeup_pending) shrink_when_calm(chain);
  wakeup_pending |= chain->wakeup_pending;
  chain->wakeup_pending = false;
  return wakeup_pending;
}

bool
rp_chain_close(rp_chain *chain) {
  bool wakeup_pending = chain->wakeup_pending;

  if (chain->closed) return false;
  chain->closed = true;
  chain->wakeup_pending = false;
  rp_store_relaxed(&chain->sent, chain->claimed);
  return rp_segment_seal(&chain->producer, &chain->parking) || wakeup_pending;
}

int
rp_chain_peek(rp_chain *chain, rp_record *record) {
  for (;;) {
    int result = rp_segment_peek(&chain->consumer, record);

    if (result != RP_CLOSED) return result;

    /* Plain read: the acquire that found the seal ordered it. */
    rp_segment *next = chain->oldest ? chain->oldest->next : chain->first_next;

    if (next == NULL) return RP_CLOSED;
    rp_failpoint("chain:drained");
    if (chain->oldest != NULL) segment_give(chain, chain->oldest);
    chain->oldest = next;
    rp_segment_consumer_init(&chain->consumer, &next->tail, &next->head, next->data,
                             next->capacity);
  }
}

int
rp_chain_peek_run(rp_chain *chain, uint32_t max_bytes, uint32_t max_count, uint32_t apart,
                  uint8_t **run, uint32_t *bytes, uint32_t *count) {
  rp_record record;
  int result = rp_chain_peek(chain, &record);

  assert(max_count > 0);
  *bytes = 0;
  *count = 0;
  if (result != RP_OK) return result;
  if (rp_record_size(record.length) > max_bytes) {
    *bytes = rp_record_size(record.length);
    return RP_ETOOBIG;
  }
  *run = record.payload - RP_RECORD_HEADER;

  /* Look ahead with a copy of the consumer. */
  rp_segment_consumer ahead = chain->consumer;
  uint8_t *end = *run;

  do {
    uint32_t size = rp_record_size(record.length);

    if (record.payload - RP_RECORD_HEADER != end || size > max_bytes - *bytes) break;
    end += size;
    *bytes += size;
    *count += 1;
    rp_segment_advance(&ahead, &record);
  } while (*count < max_count && ahead.position != ahead.published &&
           rp_segment_peek(&ahead, &record) == RP_OK && (record.type & apart) == 0);
  assert(*count > 0 && *bytes <= max_bytes);
  return RP_OK;
}

void
rp_chain_release(rp_chain *chain, uint32_t bytes, uint32_t count) {
  chain->consumer.position += bytes;
  chain->received += count;
  rp_segment_release(&chain->consumer);
  rp_failpoint("chain:released");
  if (chain->received - chain->rested < BUSY) return;
  chain->rested = chain->received;
  rp_parking_go_asymmetric(&chain->parking);
}

uint32_t
rp_chain_queued(rp_chain *chain) {
  /* Relaxed: the acquire of tail in peek orders this load, so every record that peek has
   * seen is counted. */
  return rp_load_relaxed(&chain->sent) - chain->received;
}

bool
rp_chain_park(rp_chain *chain) {
  chain->rested = chain->received;
  return rp_segment_park(&chain->consumer, &chain->parking);
}

bool
rp_chain_unpark(rp_chain *chain) {
  return rp_parking_take(&chain->parking);
}

void
rp_chain_abandon(rp_chain *chain) {
  rp_store_release(&chain->abandoned, 1);
}

bool
rp_chain_abandoned(rp_chain *chain) {
  return rp_load_acquire(&chain->abandoned) != 0;
}
