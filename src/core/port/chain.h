/*
 * chain.h - the inbox of a port: a chain of rings that grows and shrinks.
 *
 * Single producer, single consumer. The producer writes to the newest segment; when a
 * record does not fit it links a larger one, seals the old one and goes on there. The
 * consumer drains the oldest, finds it sealed, follows the link and frees it (or leaves
 * it as the one spare). In the steady state there is one segment and no malloc per
 * record.
 *
 * The first link of every chain is a ring of capacity 0 inside the chain itself: it takes
 * no record and only carries the token and the seal. So segments are allocated with the
 * first record, and an idle chain costs sizeof(rp_chain) = 256 bytes.
 *
 *   sealed, with a next segment     go on there
 *   sealed, without one             the producer has closed: nothing more will come
 *
 * A chain that grew for a burst shrinks again: a producer that meets a parked consumer
 * several times in a row while little of its segment was in use goes over to a small one.
 * No segment is larger than RP_SEGMENT_MAX, so what a burst leaves behind is bounded in
 * any case.
 */
#ifndef RP_CORE_PORT_CHAIN_H_
#define RP_CORE_PORT_CHAIN_H_

#include "core/port/segment_ring.h"

/* 4 KiB holds some 100 small messages and is one page with its header left out of it. */
#define RP_SEGMENT_MIN 4096u
/* Larger ones gained nothing measurable: the cost of a new segment is its page faults. */
#define RP_SEGMENT_MAX (1u << 20)
/* The largest record, which takes half a segment, and its payload. */
#define RP_CHAIN_RECORD_MAX (RP_SEGMENT_MAX / 2)
#define RP_CHAIN_PAYLOAD_MAX (RP_CHAIN_RECORD_MAX - RP_RECORD_HEADER)

typedef struct rp_segment rp_segment;

typedef struct rp_chain {
  /* The producer's two lines. */
  _Alignas(128) rp_word first_tail;
  rp_word sent; /* records published: written by the producer, read by the consumer */
  rp_segment_producer producer;
  rp_segment *newest;  /* NULL: still the ring of capacity 0 */
  uint32_t calm_from;  /* position at the last parked consumer we met */
  uint32_t calm;       /* parked consumers met in a row with little written in between */
  uint32_t claimed;    /* records claimed, published or not */
  bool wakeup_pending; /* a token was taken while linking: publish reports it */
  bool closed;

  /* The consumer's line. */
  _Alignas(128) rp_word first_head;
  uint32_t received; /* records stepped over */
  rp_segment_consumer consumer;
  rp_segment *oldest;
  uint32_t rested; /* records stepped over when it parked or was found busy last */

  /* What the producer reads with every record, and hardly ever changes. */
  _Alignas(64) rp_parking parking;
  rp_word abandoned; /* 1: the consumer reads no more; producers may skip their work */
  rp_segment *first_next; /* the link of the ring of capacity 0; see link in chain.c */
  _Atomic(rp_segment *)
      spare; /* one drained segment, taken by the producer when it grows */
} rp_chain;

_Static_assert(sizeof(rp_chain) == 256, "an idle chain is two pairs of lines");

void rp_chain_init(rp_chain *chain);

/* Free every segment; `drop` is called for each record that nobody has read. No other
 * side may be using the chain any more. */
void rp_chain_destroy(rp_chain *chain, void (*drop)(const rp_record *record));

/* Claim room for a record, growing if need be. Producer only; lock-free but for malloc.
 * RP_ETOOBIG: more than RP_CHAIN_PAYLOAD_MAX. RP_ENOMEM. RP_CLOSED: rp_chain_close() was
 * called. On any error no record is claimed. */
int rp_chain_claim(rp_chain *chain, uint32_t type, uint32_t length, uint8_t **payload);

/* The same for `count` records that the caller has laid out behind each other, headers
 * and padding and all, in `bytes` (at most RP_CHAIN_RECORD_MAX): `*run` is where to copy
 * them to, before publishing. */
int rp_chain_claim_run(rp_chain *chain, uint32_t bytes, uint32_t count, uint8_t **run);

/* Make every record claimed so far visible. Producer only, wait-free but for a malloc
 * when shrinking. After rp_chain_close() a no-op. Returns true if the consumer was
 * parked: the caller then owes it one doorbell. */
bool rp_chain_publish(rp_chain *chain);

/* Publish, and say that nothing more will come. Producer only, wait-free; again is a
 * no-op. Returns true if the consumer was parked: the caller then owes it one doorbell.
 */
bool rp_chain_close(rp_chain *chain);

/* The next record, which stays in the chain. Consumer only, wait-free. `*record` is valid
 * until it is stepped over. RP_EMPTY: nothing now. RP_CLOSED: closed and drained. */
int rp_chain_peek(rp_chain *chain, rp_record *record);

/* As many whole records as lie in one piece behind each other, headers and all, up to
 * `max_bytes` and `max_count`, which is not 0. Consumer only, wait-free. Results as
 * rp_chain_peek(); on RP_OK `*count` is not 0. A record whose type has a bit of `apart`
 * is only ever the first. RP_ETOOBIG: not even the first fits in `max_bytes`; `*bytes` is
 * what it takes, and `*count` is 0. */
int rp_chain_peek_run(rp_chain *chain, uint32_t max_bytes, uint32_t max_count,
                      uint32_t apart, uint8_t **run, uint32_t *bytes, uint32_t *count);

/* Step over `count` records that a peek gave, which take `bytes` with their headers, and
 * give their room back. Consumer only, wait-free. */
void rp_chain_release(rp_chain *chain, uint32_t bytes, uint32_t count);

/* Records published and not yet stepped over. Consumer only, wait-free. */
uint32_t rp_chain_queued(rp_chain *chain);

/* The token: as rp_segment_park() and rp_parking_take(), wherever in the chain the
 * consumer is. */
bool rp_chain_park(rp_chain *chain);
bool rp_chain_unpark(rp_chain *chain);

/* Say that nobody will read any more. Consumer only. */
void rp_chain_abandon(rp_chain *chain);
bool rp_chain_abandoned(rp_chain *chain);

#endif
