/*
 * segment_ring.h - single producer, single consumer ring of records.
 *
 * Two control words and a data area, placed by the caller: the inbox of a port has them
 * in malloc'd segments (chain.h).
 *
 *   WORD   WRITTEN BY          DESCRIPTION
 *   tail   producer            bytes published, free running; bit 1 SEALED (last)
 *   head   consumer            bytes released, free running
 *
 * tail and head must be 128 bytes apart: the prefetcher fetches cache lines in pairs.
 * Positions are multiples of 8, so their low three bits are free for flags. Records lie
 * in the data area as described in record.h.
 *
 * A record exists once tail has moved past it, so a producer that dies while it copies
 * leaves nothing behind. A record takes at most half the capacity, so it always fits into
 * an empty ring, wherever head is.
 *
 * A consumer that finds nothing may park, in a word outside the ring: see parking.h.
 */
#ifndef RP_CORE_PORT_SEGMENT_RING_H_
#define RP_CORE_PORT_SEGMENT_RING_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomic.h"
#include "core/error.h"
#include "core/record.h"
#include "core/port/parking.h"

#define RP_TAIL_SEALED 2u

/* The producer's state. One thread at a time. */
typedef struct rp_segment_producer {
  rp_word *tail;
  rp_word *head;
  uint8_t *data;
  uint32_t capacity;
  uint32_t position;  /* claimed up to here; tail follows on publish */
  uint32_t published; /* what tail holds, without flags */
  uint32_t released;  /* copy of head, refreshed when there seems to be no room */
} rp_segment_producer;

/* The consumer's state. One thread at a time. */
typedef struct rp_segment_consumer {
  rp_word *tail;
  rp_word *head;
  uint8_t *data;
  uint32_t capacity;
  uint32_t position;  /* read up to here; head follows on release */
  uint32_t published; /* copy of tail, refreshed when there seems to be nothing */
  bool sealed;        /* the last refresh has found SEALED in tail */
} rp_segment_consumer;

/* Initialise the producer or the consumer. In a new ring both words are 0; otherwise it
 * continues where its predecessor stopped. `capacity` is a power of two from
 * RP_CAPACITY_MIN to RP_CAPACITY_MAX, or 0 for a ring that holds no record and only
 * carries the token. */
void rp_segment_producer_init(rp_segment_producer *p, rp_word *tail, rp_word *head,
                              uint8_t *data, uint32_t capacity);
void rp_segment_consumer_init(rp_segment_consumer *c, rp_word *tail, rp_word *head,
                              uint8_t *data, uint32_t capacity);

/* Claim room for a record. Producer only, wait-free. On RP_OK the caller fills `length`
 * bytes at `*payload`, which the consumer sees after rp_segment_publish(). Returns
 * RP_FULL if there is no room now, RP_ETOOBIG if the record takes more than half the
 * capacity, RP_ECORRUPT if head makes no sense. On any error nothing has changed. */
int rp_segment_claim(rp_segment_producer *p, uint32_t type, uint32_t length,
                     uint8_t **payload);

/* Make all claimed records visible. Producer only, wait-free. Returns true if the
 * consumer was parked: the caller then owes it one doorbell. */
bool rp_segment_publish(rp_segment_producer *p, rp_parking *parking);

/* Publish, and mark the ring as complete: nothing follows. Producer only, wait-free,
 * once. Returns as rp_segment_publish(). */
bool rp_segment_seal(rp_segment_producer *p, rp_parking *parking);

/* Read the next record, which stays in the ring; `*record` is valid until
 * rp_segment_release(). Consumer only, wait-free. Returns RP_EMPTY if there is none now,
 * RP_CLOSED if the ring is sealed and drained, RP_ECORRUPT if the record or tail makes no
 * sense (again at each call). */
int rp_segment_peek(rp_segment_consumer *c, rp_record *record);

/* Step over the record that rp_segment_peek() has read. Consumer only, wait-free. */
void rp_segment_advance(rp_segment_consumer *c, const rp_record *record);

/* Return the room of all records stepped over to the producer. Consumer only,
 * wait-free. */
void rp_segment_release(rp_segment_consumer *c);

/* Park, after rp_segment_peek() has returned RP_EMPTY. Consumer only, wait-free except
 * for the system's memory barrier. Returns true if the consumer has given up the token:
 * it is parked, or a producer has taken it and rings the doorbell. Returns false if a
 * publish came first: the consumer keeps the token and drains again. */
bool rp_segment_park(rp_segment_consumer *c, rp_parking *parking);

#endif
