/*
 * chain.h - the inbox of a port: a chain of rings that grows and shrinks.
 *
 * Single producer, single consumer. The producer writes to the newest segment. When a
 * record does not fit, it links a larger segment, seals the old one and continues in the
 * new one. The consumer drains the oldest segment, finds the seal, follows the link and
 * frees the segment or keeps it as the one spare. In the steady state there is one
 * segment and no malloc per record.
 *
 * The first link of a chain is a ring of capacity 0 inside the chain: it holds no record
 * and only carries the token and the seal. So the first record allocates the first
 * segment, and an idle chain takes sizeof(rp_chain) = 256 bytes.
 *
 *   sealed, with a next segment     continue there
 *   sealed, without one             the producer has closed: nothing more will come
 *
 * A chain that has grown for a burst shrinks again: a producer that meets a parked
 * consumer several times in a row, having used little of its segment in between, switches
 * to a small one. No segment is larger than RP_SEGMENT_MAX, which bounds what a burst can
 * leave behind.
 */
#ifndef RP_CORE_PORT_CHAIN_H_
#define RP_CORE_PORT_CHAIN_H_

#include "core/port/segment_ring.h"

/* About 100 small messages. */
#define RP_SEGMENT_MIN 4096u
/* Larger ones gained nothing measurable: a new segment costs its page faults. */
#define RP_SEGMENT_MAX (1u << 20)
/* The largest record, which takes half a segment, and its payload. */
#define RP_CHAIN_RECORD_MAX (RP_SEGMENT_MAX / 2)
#define RP_CHAIN_PAYLOAD_MAX (RP_CHAIN_RECORD_MAX - RP_RECORD_HEADER)

typedef struct rp_segment rp_segment;

typedef struct rp_chain {
  /* The producer's two cache lines. */
  _Alignas(128) rp_word first_tail;
  rp_word sent; /* records published; the consumer reads it */
  rp_segment_producer producer;
  rp_segment *newest;  /* NULL: the ring of capacity 0 */
  uint32_t calm_from;  /* position when it last met a parked consumer */
  uint32_t calm;       /* parked consumers in a row with little written in between */
  uint32_t claimed;    /* records claimed, published or not */
  bool wakeup_pending; /* linking has taken the token: the next publish reports it */
  bool closed;

  /* The consumer's cache line. */
  _Alignas(128) rp_word first_head;
  uint32_t received; /* records stepped over */
  rp_segment_consumer consumer;
  rp_segment *oldest;
  uint32_t rested; /* `received` when it last parked or was found busy */

  /* Read by the producer for every record, and rarely written. */
  _Alignas(64) rp_parking parking;
  rp_word abandoned;           /* 1: the consumer reads no more, so writing is futile */
  rp_segment *first_next;      /* `next` of the ring of capacity 0 */
  _Atomic(rp_segment *) spare; /* a drained segment, for the producer when it grows */
} rp_chain;

_Static_assert(sizeof(rp_chain) == 256, "an idle chain is two pairs of lines");

/* Initialise a chain: open, empty, the token with the consumer. */
void rp_chain_init(rp_chain *chain);

/* Free all segments, after `drop` has been called for each unread record; it may be NULL.
 * No thread may be using the chain. */
void rp_chain_destroy(rp_chain *chain, void (*drop)(const rp_record *record));

/* Claim room for a record, growing if necessary. Producer only; lock-free except for
 * malloc. Returns RP_ETOOBIG above RP_CHAIN_PAYLOAD_MAX, RP_ENOMEM, or RP_CLOSED after
 * rp_chain_close(). On any error no record is claimed. */
int rp_chain_claim(rp_chain *chain, uint32_t type, uint32_t length, uint8_t **payload);

/* Claim room for `count` complete records, headers and padding included, of `bytes` in
 * all, at most RP_CHAIN_RECORD_MAX. The caller copies them to `*run` before publishing.
 * Otherwise as rp_chain_claim(). */
int rp_chain_claim_run(rp_chain *chain, uint32_t bytes, uint32_t count, uint8_t **run);

/* Make all claimed records visible. Producer only; wait-free, except for a malloc when it
 * shrinks. No-op after rp_chain_close(). Returns true if the consumer was parked: the
 * caller then owes it one doorbell. */
bool rp_chain_publish(rp_chain *chain);

/* Publish, and mark the chain as complete: nothing follows. Producer only, wait-free; a
 * second call is a no-op. Returns as rp_chain_publish(). */
bool rp_chain_close(rp_chain *chain);

/* Read the next record, which stays in the chain; `*record` is valid until it is
 * released. Consumer only, wait-free. Returns RP_EMPTY if there is none now, RP_CLOSED if
 * the chain is closed and drained, RP_ECORRUPT as rp_segment_peek(). */
int rp_chain_peek(rp_chain *chain, rp_record *record);

/* Get as many complete, contiguous records as there are, up to `max_bytes` with their
 * headers and up to `max_count` (not 0). A record whose type has a bit of `apart` is only
 * ever the first. Consumer only, wait-free. Returns as rp_chain_peek(), `*count` not 0 on
 * RP_OK; or RP_ETOOBIG if the first record alone exceeds `max_bytes`: `*bytes` is its
 * size and `*count` 0. */
int rp_chain_peek_run(rp_chain *chain, uint32_t max_bytes, uint32_t max_count,
                      uint32_t apart, uint8_t **run, uint32_t *bytes, uint32_t *count);

/* Step over `count` records from a peek, of `bytes` with their headers, and return their
 * room to the producer. Consumer only, wait-free. */
void rp_chain_release(rp_chain *chain, uint32_t bytes, uint32_t count);

/* Return the number of records published and not released. Consumer only, wait-free. */
uint32_t rp_chain_queued(rp_chain *chain);

/* Park, as rp_segment_park(), or take the token back, as rp_parking_take(). Consumer
 * only. */
bool rp_chain_park(rp_chain *chain);
bool rp_chain_unpark(rp_chain *chain);

/* Declare that nobody will read any more. Consumer only. rp_chain_abandoned() is for any
 * thread, and may return the old answer for a while. */
void rp_chain_abandon(rp_chain *chain);
bool rp_chain_abandoned(rp_chain *chain);

#endif
