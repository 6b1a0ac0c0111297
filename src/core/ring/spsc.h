/*
 * spsc.h - single producer, single consumer, in the memory of shared_memory.h.
 *
 * The record format and the rules are those of segment_ring.h, except that nobody parks
 * in tail and head: publish and release store their position and look at the word that
 * sleepers set (rp_post()). What happens for every record is inline; the paths that look
 * at the other side's words are in spsc.c.
 *
 * Both sides keep a `limit`: up to there, all bytes are known to be free (published) and
 * contiguous. So a single comparison covers room, the end of the data area, and corrupt
 * positions.
 */
#ifndef RP_CORE_RING_SPSC_H_
#define RP_CORE_RING_SPSC_H_

#include "core/ring/shared_memory.h"

typedef struct rp_spsc_producer {
  rp_shared shared;
  uint32_t position; /* committed up to here; tail follows on publish */
  uint32_t limit;
  uint32_t published; /* what tail holds */
  uint32_t released;  /* copy of head */
} rp_spsc_producer;

typedef struct rp_spsc_consumer {
  rp_shared shared;
  uint32_t position; /* read up to here; head follows on release */
  uint32_t limit;
  uint32_t published; /* copy of tail */
  uint32_t released;  /* what head holds */
  uint32_t most;      /* largest fill seen */
} rp_spsc_consumer;

/* Initialise the producer or the consumer, which continues where its predecessor
 * stopped. */
void rp_spsc_producer_init(rp_spsc_producer *p, const rp_shared *shared);
void rp_spsc_consumer_init(rp_spsc_consumer *c, const rp_shared *shared);

/* Look for `size` contiguous bytes of room beyond `limit`. Producer only. Returns RP_OK,
 * RP_FULL or RP_ECORRUPT. */
int rp_spsc_make_room(rp_spsc_producer *p, uint32_t size);

/* Look for records beyond `limit`. Consumer only. Returns RP_OK, RP_EMPTY, RP_CLOSED or
 * RP_ECORRUPT. */
int rp_spsc_look(rp_spsc_consumer *c);

/* rp_spsc_writable(): return true if there is room for a record of `length` bytes behind
 * what is published, or if a claim would fail for another reason. Any thread.
 * rp_spsc_readable(): return true if there is a record or the ring is closed. Consumer
 * only. Both load head and tail sequentially consistent. */
bool rp_spsc_writable(const rp_shared *shared, uint32_t length);
bool rp_spsc_readable(const rp_spsc_consumer *c);

/* Claim room for a record, not visible to the consumer. Claiming again without a commit
 * returns the same room. Producer only, wait-free. Returns RP_FULL, RP_ETOOBIG,
 * RP_ECLOSED or RP_ECORRUPT; then nothing has changed. */
static inline int
rp_spsc_claim(rp_spsc_producer *p, uint32_t length, uint8_t **payload) {
  if (length > p->shared.capacity / 2 - RP_RECORD_HEADER) return RP_ETOOBIG;
  if (rp_load_relaxed(&p->shared.words->state) & RP_STATE_CLOSED) return RP_ECLOSED;

  uint32_t size = rp_record_size(length);

  if (size > p->limit - p->position) {
    int result = rp_spsc_make_room(p, size);

    if (result != RP_OK) return result;
  }
  *payload = (uint8_t *) rp_header_at(&p->shared, p->position) + RP_RECORD_HEADER;
  return RP_OK;
}

/* Complete the claim with `length` bytes, at most as many as were claimed. Producer only,
 * wait-free. */
static inline void
rp_spsc_commit(rp_spsc_producer *p, uint32_t type, uint32_t length) {
  rp_header *header = rp_header_at(&p->shared, p->position);

  /* Relaxed: tail makes them visible. */
  rp_store_relaxed(&header->length, length);
  rp_store_relaxed(&header->type, type);
  p->position += rp_record_size(length);
}

/* Make all committed records visible. Producer only, wait-free. Returns true if the
 * consumer sleeps. */
static inline bool
rp_spsc_publish(rp_spsc_producer *p) {
  rp_shared_words *words = p->shared.words;

  p->published = p->position;
  /* Release pairs with the acquire in rp_spsc_look(). */
  return rp_post(&words->tail.word, p->position, &words->data_wanted);
}

/* Read the next record, which stays in the ring and is valid until released. Consumer
 * only, wait-free. Returns RP_EMPTY, RP_CLOSED or RP_ECORRUPT. */
static inline int
rp_spsc_peek(rp_spsc_consumer *c, rp_record *record) {
  for (;;) {
    if (c->position == c->limit) {
      int result = rp_spsc_look(c);

      if (result != RP_OK) return result;
    }

    rp_header *header = rp_header_at(&c->shared, c->position);
    /* Relaxed: the acquire of tail came before. Each is read once. */
    uint32_t length = rp_load_relaxed(&header->length);
    uint32_t type = rp_load_relaxed(&header->type);

    if (rp_record_span(length) > c->limit - c->position) return RP_ECORRUPT;
    if (type != RP_PADDING) {
      *record = (rp_record){length, type, (uint8_t *) header + RP_RECORD_HEADER};
      return RP_OK;
    }

    uint32_t end = c->position + rp_record_size(length);

    /* Padding must end where the data area ends, or a forged one could lead into the
     * middle of a record. */
    if ((end & (c->shared.capacity - 1)) != 0) return RP_ECORRUPT;
    c->position = end;
  }
}

/* Step over the record that rp_spsc_peek() has read. Consumer only, wait-free. */
static inline void
rp_spsc_advance(rp_spsc_consumer *c, const rp_record *record) {
  c->position += rp_record_size(record->length);
}

/* Return the room of all records stepped over. Consumer only, wait-free. Returns true if
 * the producer sleeps. */
static inline bool
rp_spsc_release(rp_spsc_consumer *c) {
  rp_shared_words *words = c->shared.words;

  if (c->released == c->position) return false;
  c->released = c->position;
  /* Release pairs with the acquire in rp_spsc_make_room(): we have finished reading. */
  return rp_post(&words->head.word, c->position, &words->room_wanted);
}

#endif
