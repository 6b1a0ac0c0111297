/*
 * lane.h - the interface of a competitor for ring.c: a channel from one thread to
 * another, for records of RECORD bytes. Each competitor implements it in a header, so
 * that the compiler can inline it; run.js compiles ring.c for each competitor and record
 * size.
 */
#ifndef BENCH_LANE_H_
#define BENCH_LANE_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef RECORD
#define RECORD 8
#endif

/* Capacity of each lane: 64 KiB of records, like a port's first segment under load. */
#define LANE_BYTES (64 * 1024)

typedef struct record {
  uint64_t sequence;
#if RECORD > 8
  uint8_t rest[RECORD - 8];
#endif
} record;

_Static_assert(sizeof(record) == RECORD, "a record is RECORD bytes");

typedef struct lane lane;

/* Create a lane. Exits if out of memory. */
static lane *lane_new(void);

/* Copy `r` in. Returns false if there is no room; all earlier records are published then.
 * */
static bool lane_put(lane *l, const record *r);

/* Publish all records put so far. */
static void lane_flush(lane *l);

/* Copy the next record out. Returns false if there is none; all room is released then. */
static bool lane_take(lane *l, record *r);

static inline void *
lane_memory(size_t size) {
  void *memory = aligned_alloc(128, (size + 127) & ~(size_t) 127);

  if (memory == NULL) {
    perror("aligned_alloc");
    exit(1);
  }
  return memset(memory, 0, size);
}

#if defined(LANE_CK)
#include "lane-ck.h"
#elif defined(LANE_WORD)
#include "lane-word.h"
#elif defined(LANE_SPSC) || defined(LANE_MPSC) || defined(LANE_MPMC)
#include "lane-shared.h"
#else
#include "lane-ringport.h"
#endif

#endif
