/*
 * lane.h - what ring.c needs of a competitor: one way from one thread to one other, for
 * records of RECORD bytes. One header per competitor defines it, so that everything can
 * be inlined that the competitor lets inline; run.js compiles ring.c once per competitor
 * and record size.
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

/* Room in every lane: 64 KiB of records, as in the first ring of a port's inbox under
 * load. */
#define LANE_BYTES (64 * 1024)

typedef struct record {
  uint64_t sequence;
#if RECORD > 8
  uint8_t rest[RECORD - 8];
#endif
} record;

_Static_assert(sizeof(record) == RECORD, "a record is RECORD bytes");

typedef struct lane lane;

/* A new lane; ends the program if there is no memory. */
static lane *lane_new(void);

/* Copy `r` in. False if there is no room: then everything put before is visible. */
static bool lane_put(lane *l, const record *r);

/* Make everything put so far visible. */
static void lane_flush(lane *l);

/* Copy the next record out. False if there is none: then all room is given back. */
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
