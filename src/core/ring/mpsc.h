/*
 * mpsc.h - many producers, single consumer, in the memory of shared_memory.h.
 *
 * A producer claims by moving tail with compare and swap, and commits by storing the type
 * of the record, last. Records are read in the order of their claims, so the consumer
 * waits for the oldest claim. It clears what it releases: a type of 0 is one that has not
 * been written yet.
 *
 * Padding lies before the end of the data area, and where a claim was given up or
 * shortened.
 */
#ifndef RP_CORE_RING_MPSC_H_
#define RP_CORE_RING_MPSC_H_

#include "core/ring/shared_memory.h"

typedef struct rp_mpsc_producer {
  rp_shared shared;
  uint64_t released; /* copy of head */
  uint64_t claimed;  /* where the open claim is */
  rp_word *pending;  /* where the first committed type is to be stored; or NULL */
  uint32_t pending_type;
} rp_mpsc_producer;

typedef struct rp_mpsc_consumer {
  rp_shared shared;
  uint64_t position;  /* read up to here; head follows on release */
  uint64_t published; /* copy of tail */
  uint64_t released;  /* what head holds */
  uint32_t most;      /* largest fill seen */
} rp_mpsc_consumer;

/* Initialise a producer or the consumer, which continues where its predecessor
 * stopped. */
void rp_mpsc_producer_init(rp_mpsc_producer *p, const rp_shared *shared);
void rp_mpsc_consumer_init(rp_mpsc_consumer *c, const rp_shared *shared);

/* Claim room for a record, which the consumer waits for from now on. Any producer,
 * lock-free. Returns RP_FULL, RP_ETOOBIG, RP_ECLOSED or RP_ECORRUPT; then nothing has
 * changed. */
int rp_mpsc_claim(rp_mpsc_producer *p, uint32_t length, uint8_t **payload);

/* Complete the claim of `claimed` bytes with its first `length` bytes. Visible after the
 * next publish, all records at once. Its producer only, wait-free. */
void rp_mpsc_commit(rp_mpsc_producer *p, uint32_t claimed, uint32_t type,
                    uint32_t length);

/* Make all committed records visible. Its producer only, wait-free. Returns true if the
 * consumer sleeps. */
bool rp_mpsc_publish(rp_mpsc_producer *p);

/* As in spsc.h. Consumer only, wait-free. */
int rp_mpsc_peek(rp_mpsc_consumer *c, rp_record *record);

static inline void
rp_mpsc_advance(rp_mpsc_consumer *c, const rp_record *record) {
  c->position += rp_record_size(record->length);
}

/* Return the room of all records stepped over. Consumer only, wait-free. Returns true if
 * a producer sleeps. */
bool rp_mpsc_release(rp_mpsc_consumer *c);

/* As in spsc.h. The consumer must have released all that it has stepped over. */
bool rp_mpsc_writable(const rp_shared *shared, uint32_t length);
bool rp_mpsc_readable(const rp_mpsc_consumer *c);

#endif
