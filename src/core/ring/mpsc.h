/*
 * mpsc.h - many producers, single consumer, in the memory of shared_memory.h.
 *
 * A producer claims by moving tail with compare and swap, and commits by writing the type
 * of the record, last; records are read in the order of their claims, so the consumer
 * waits for the oldest claim. It clears what it gives back: a type that is 0 is one that
 * nobody has written yet.
 *
 * Padding lies before the end of the data area, and where a claim was given up or made
 * shorter.
 */
#ifndef RP_CORE_RING_MPSC_H_
#define RP_CORE_RING_MPSC_H_

#include "core/ring/shared_memory.h"

typedef struct rp_mpsc_producer {
  rp_shared shared;
  uint64_t released; /* our copy of head */
  uint64_t claimed;  /* where the open claim is */
  rp_word
      *pending; /* of a record that is complete but for its type: NULL if there is none */
  uint32_t pending_type;
} rp_mpsc_producer;

typedef struct rp_mpsc_consumer {
  rp_shared shared;
  uint64_t position;  /* read up to here; head follows on release */
  uint64_t published; /* our copy of tail */
  uint64_t released;  /* what head holds */
  uint32_t most;      /* in use, at most, when we looked */
} rp_mpsc_consumer;

void rp_mpsc_producer_init(rp_mpsc_producer *p, const rp_shared *shared);
void rp_mpsc_consumer_init(rp_mpsc_consumer *c, const rp_shared *shared);

/* Claim room for a record, which the consumer waits for from now on. Any producer,
 * lock-free. RP_FULL, RP_ETOOBIG, RP_ECLOSED, RP_ECORRUPT: nothing has changed. */
int rp_mpsc_claim(rp_mpsc_producer *p, uint32_t length, uint8_t **payload);

/* The record in the claim of `claimed` bytes is complete with its first `length` bytes.
 * It becomes visible with the next publish, all at once. Its producer only, wait-free. */
void rp_mpsc_commit(rp_mpsc_producer *p, uint32_t claimed, uint32_t type,
                    uint32_t length);

/* Make everything committed visible. Its producer only, wait-free. True if the consumer
 * sleeps. */
bool rp_mpsc_publish(rp_mpsc_producer *p);

/* As those of spsc.h. Consumer only, wait-free. */
int rp_mpsc_peek(rp_mpsc_consumer *c, rp_record *record);

static inline void
rp_mpsc_advance(rp_mpsc_consumer *c, const rp_record *record) {
  c->position += rp_record_size(record->length);
}

/* Give the room of everything stepped over back. Consumer only, wait-free. True if a
 * producer sleeps. */
bool rp_mpsc_release(rp_mpsc_consumer *c);

/* As those of spsc.h. The consumer has released all that it has stepped over. */
bool rp_mpsc_writable(const rp_shared *shared, uint32_t length);
bool rp_mpsc_readable(const rp_mpsc_consumer *c);

#endif
