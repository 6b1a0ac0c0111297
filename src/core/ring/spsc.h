/*
 * spsc.h - single producer, single consumer, in the memory of shared_memory.h.
 *
 * The record format and the rules of segment_ring.h. Different from there: nobody parks
 * in tail and head; publish and release store their position and look at a word of the
 * sleepers (barrier.h). What happens for every record is inline; the paths that look at
 * the other side's words are in spsc.c.
 *
 * Both sides keep a `limit`: up to there, everything is known to be free (or published)
 * and in one piece. So there is one comparison for room, end of the data area and what
 * makes no sense.
 */
#ifndef RP_CORE_RING_SPSC_H_
#define RP_CORE_RING_SPSC_H_

#include "core/ring/shared_memory.h"

typedef struct rp_spsc_producer {
  rp_shared shared;
  uint32_t position; /* committed up to here; tail follows on publish */
  uint32_t limit;
  uint32_t published; /* what tail holds */
  uint32_t released;  /* our copy of head */
} rp_spsc_producer;

typedef struct rp_spsc_consumer {
  rp_shared shared;
  uint32_t position; /* read up to here; head follows on release */
  uint32_t limit;
  uint32_t published; /* our copy of tail */
  uint32_t released;  /* what head holds */
  uint32_t most;      /* in use, at most, when we looked */
} rp_spsc_consumer;

/* Go on where the former owner of the side left, or with 0. */
void rp_spsc_producer_init(rp_spsc_producer *p, const rp_shared *shared);
void rp_spsc_consumer_init(rp_spsc_consumer *c, const rp_shared *shared);

/* Find room for `size` bytes in one piece beyond what is known: RP_OK, RP_FULL or
 * RP_ECORRUPT. */
int rp_spsc_make_room(rp_spsc_producer *p, uint32_t size);

/* Find out what there is to read beyond `limit`: RP_OK, RP_EMPTY, RP_CLOSED or
 * RP_ECORRUPT. */
int rp_spsc_look(rp_spsc_consumer *c);

/* Whether there is room for a record of `length` bytes behind what is published (any
 * thread), or something to read, or the ring is closed. The loads of head and tail are
 * sequentially consistent. */
bool rp_spsc_writable(const rp_shared *shared, uint32_t length);
bool rp_spsc_readable(const rp_spsc_consumer *c);

/* Room for a record, nothing of which is visible; claiming again without a commit gives
 * the same. Producer only, wait-free. RP_FULL, RP_ETOOBIG, RP_ECLOSED, RP_ECORRUPT:
 * nothing has changed. */
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

/* The claimed record is complete; `length` is at most what was claimed. Producer only,
 * wait-free. */
static inline void
rp_spsc_commit(rp_spsc_producer *p, uint32_t type, uint32_t length) {
  rp_header *header = rp_header_at(&p->shared, p->position);

  /* Relaxed: tail makes them visible. */
  rp_store_relaxed(&header->length, length);
  rp_store_relaxed(&header->type, type);
  p->position += rp_record_size(length);
}

/* Make every record committed so far visible. Producer only, wait-free. True if the
 * consumer sleeps. */
static inline bool
rp_spsc_publish(rp_spsc_producer *p) {
  rp_shared_words *words = p->shared.words;

  p->published = p->position;
  /* Release pairs with the acquire in rp_spsc_look(). */
  return rp_post(&words->tail.word, p->position, &words->data_wanted);
}

/* The next record, which stays in the ring and is valid until release. Consumer only,
 * wait-free. RP_EMPTY, RP_CLOSED, RP_ECORRUPT. */
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

    /* Padding ends where the data area ends; anything else would let it be skipped
     * into. */
    if ((end & (c->shared.capacity - 1)) != 0) return RP_ECORRUPT;
    c->position = end;
  }
}

/* Step over the record that rp_spsc_peek() gave. Consumer only, wait-free. */
static inline void
rp_spsc_advance(rp_spsc_consumer *c, const rp_record *record) {
  c->position += rp_record_size(record->length);
}

/* Give the room of everything stepped over back. Consumer only, wait-free. True if the
 * producer sleeps. */
static inline bool
rp_spsc_release(rp_spsc_consumer *c) {
  rp_shared_words *words = c->shared.words;

  if (c->released == c->position) return false;
  c->released = c->position;
  /* Release pairs with the acquire in rp_spsc_make_room(): we have finished reading. */
  return rp_post(&words->head.word, c->position, &words->room_wanted);
}

#endif
