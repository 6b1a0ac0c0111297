/*
 * segment_ring.h - single producer, single consumer ring of records.
 *
 * Two control words and a data area. Where they lie is the caller's choice: the inbox of
 * a port puts them in malloc'd segments (chain.h).
 *
 *   WORD   WRITTEN BY          DESCRIPTION
 *   tail   producer            bytes published, free running; bit 1 SEALED (last)
 *   head   consumer            bytes released, free running
 *
 * tail and head must be 128 bytes apart (two lines: the prefetcher pulls lines in pairs).
 * Positions are multiples of 8, so their low three bits are free for flags.
 *
 * Records lie in the data area as record.h says, 8-aligned, never across the end.
 *
 * A record exists once tail has moved past it, so a producer that dies while copying
 * leaves nothing behind. A record takes at most half the capacity, so an empty ring can
 * always take it, wherever head is.
 *
 * A consumer that finds nothing may park, in a word beside the ring: see parking.h.
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

/* The producer's side: private to one thread at a time. */
typedef struct rp_segment_producer {
  rp_word *tail;
  rp_word *head;
  uint8_t *data;
  uint32_t capacity;
  uint32_t position;  /* claimed up to here; tail follows on publish */
  uint32_t published; /* what tail holds, without flags */
  uint32_t released; /* our copy of head: refreshed only when there seems to be no room */
} rp_segment_producer;

/* The consumer's side: private to one thread at a time. */
typedef struct rp_segment_consumer {
  rp_word *tail;
  rp_word *head;
  uint8_t *data;
  uint32_t capacity;
  uint32_t position; /* read up to here; head follows on release */
  uint32_t
      published; /* our copy of tail: refreshed only when there seems to be nothing */
  bool sealed;   /* tail carried SEALED when we looked last */
} rp_segment_consumer;

/* Prepare a side on a ring whose words both hold `position` (a new ring: 0) or what a
 * former owner of the side left there. `capacity` is a power of two from RP_CAPACITY_MIN
 * to RP_CAPACITY_MAX, or 0 for a ring that takes nothing and only carries the token. */
void rp_segment_producer_init(rp_segment_producer *p, rp_word *tail, rp_word *head,
                              uint8_t *data, uint32_t capacity);
void rp_segment_consumer_init(rp_segment_consumer *c, rp_word *tail, rp_word *head,
                              uint8_t *data, uint32_t capacity);

/* Claim room for a record. Producer only, wait-free. On RP_OK `*payload` points to
 * `length` bytes to fill; nothing is visible before rp_segment_publish(). RP_FULL: no
 * room now. RP_ETOOBIG: more than half the capacity. RP_ECORRUPT: head makes no sense. On
 * any error nothing has changed. */
int rp_segment_claim(rp_segment_producer *p, uint32_t type, uint32_t length,
                     uint8_t **payload);

/* Make every record claimed so far visible. Producer only, wait-free.
 * Returns true if the consumer was parked: the caller then owes it one doorbell. */
bool rp_segment_publish(rp_segment_producer *p, rp_parking *parking);

/* Publish, and say that nothing more will come. Producer only, wait-free, once.
 * Returns true if the consumer was parked: the caller then owes it one doorbell. */
bool rp_segment_seal(rp_segment_producer *p, rp_parking *parking);

/* The next record, which stays in the ring. Consumer only, wait-free. `*record` is valid
 * until rp_segment_release(). RP_EMPTY: nothing now. RP_CLOSED: nothing now or ever.
 * RP_ECORRUPT: the record or tail makes no sense; calling again gives the same. */
int rp_segment_peek(rp_segment_consumer *c, rp_record *record);

/* Step over the record that rp_segment_peek() gave. Consumer only, wait-free. */
void rp_segment_advance(rp_segment_consumer *c, const rp_record *record);

/* Give the room of everything stepped over back to the producer. Consumer only,
 * wait-free. */
void rp_segment_release(rp_segment_consumer *c);

/* Park. Consumer only, after peek said RP_EMPTY; wait-free but for the system's barrier.
 * Returns true if the token is gone: it is parked, or a producer took it at once and its
 * doorbell is on the way. False: a publish came first; the caller keeps the token and
 * drains again. */
bool rp_segment_park(rp_segment_consumer *c, rp_parking *parking);

#endif
