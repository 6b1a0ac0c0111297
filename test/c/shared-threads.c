/*
 * Records of random lengths through a shared ring, with one to four threads per role, in
 * batches and one by one, sleeping in rp_ring_wait(). Each record arrives once and
 * intact, and those of one producer in order. Meanwhile handles end and others replace
 * them.
 */
#include "shared-support.h"

#include "core/ring/wait_queue.h"

enum { SIDES_MAX = 4 };

/* A wake-up that gets lost shows as a test that never goes on. */
#define FOR_EVER (3600 * 1000000000ull)

/* What a record of at least 8 bytes begins with. */
typedef struct stamp {
  uint32_t producer, number;
} stamp;

typedef struct job {
  memory memory;
  uint32_t records; /* of each producer */
  uint64_t seed;
  uint32_t most; /* bytes of a record */
  _Atomic uint32_t arrived;
} job;

typedef struct member {
  job *job;
  uint32_t index;
  uint32_t next[SIDES_MAX]; /* consumers: the next number of each producer */
} member;

static void
write_record(rp_ring_handle **handle, const job *j, uint32_t producer, uint32_t number,
             rng *random) {
  stamp s = {producer, number};
  uint32_t length = sizeof(s) + random_below(random, j->most - (uint32_t) sizeof(s) + 1);
  uint8_t *payload;
  int result;

  /* Now and then a claim that leads to nothing, and a producer that ends and comes
   * back. */
  if (random_below(random, 16) == 0 &&
      rp_ring_claim(*handle, 1, length, &payload) == RP_OK) {
    memset(payload, 0xFF, length);
    if (random_below(random, 4) == 0) {
      rp_ring_end(*handle);
      *handle = handle_new(&j->memory, RP_PRODUCER);
    } else {
      rp_ring_abort(*handle);
    }
  }
  while ((result = rp_ring_claim(*handle, 1, length, &payload)) == RP_FULL)
    (void) rp_ring_wait(*handle, length, FOR_EVER);
  assert(result == RP_OK);
  memcpy(payload, &s, sizeof(s));
  fill(payload + sizeof(s), length - (uint32_t) sizeof(s), number);
  assert(rp_ring_commit(*handle, length) == RP_OK);
  if (random_below(random, 3) == 0) rp_ring_publish(*handle);
}

static void *
produce(void *argument) {
  member *m = argument;
  rng random = {m->job->seed + m->index};
  rp_ring_handle *handle = handle_new(&m->job->memory, RP_PRODUCER);

  for (uint32_t i = 0; i < m->job->records; i++)
    write_record(&handle, m->job, m->index, i, &random);
  rp_ring_end(handle);
  return NULL;
}

static void
check_record(member *m, const rp_record *record) {
  stamp s;

  assert(record->length >= sizeof(s) && record->length <= m->job->most);
  memcpy(&s, record->payload, sizeof(s));
  assert(s.producer < SIDES_MAX && s.number < m->job->records);
  /* One consumer need not see all of a producer's, but what it sees is in order. */
  assert(s.number >= m->next[s.producer]);
  m->next[s.producer] = s.number + 1;
  check_bytes(record->payload + sizeof(s), record->length - (uint32_t) sizeof(s),
              s.number);
  atomic_fetch_add(&m->job->arrived, 1);
}

static void *
consume(void *argument) {
  member *m = argument;
  rng random = {m->job->seed + 100 + m->index};
  rp_ring_handle *handle = handle_new(&m->job->memory, RP_CONSUMER);
  rp_record records[8];
  uint32_t taken;

  for (;;) {
    int result = rp_ring_take(handle, records, 1 + random_below(&random, 8), &taken);

    if (result == RP_CLOSED) break;
    if (result == RP_EMPTY) {
      (void) rp_ring_wait(handle, 0, FOR_EVER);
      continue;
    }
    assert(result == RP_OK);

    uint32_t kept =
        random_below(&random, 8) == 0 ? random_below(&random, taken + 1) : taken;

    for (uint32_t i = 0; i < kept; i++) check_record(m, &records[i]);
    rp_ring_release_some(handle, records, taken, kept);
    if (random_below(&random, 64) == 0) {
      /* In mpmc, what is left of a range goes with its consumer. */
      const rp_mpmc_consumer *c = &handle->as.mpmc_consumer;

      if (m->job->memory.shared.mode == RP_MPMC && c->next != c->to) continue;
      rp_ring_end(handle);
      handle = handle_new(&m->job->memory, RP_CONSUMER);
    }
  }
  rp_ring_end(handle);
  return NULL;
}

static void
run(rp_mode mode, uint32_t capacity, uint32_t slot, uint32_t producers,
    uint32_t consumers, uint32_t records, uint64_t s) {
  job j = {.memory = memory_new(mode, capacity, slot, (1ull << 32) - 1024),
           .records = records,
           .seed = s,
           .most = mode == RP_MPMC ? slot : capacity / 2 - 8};
  member members[2][SIDES_MAX] = {0};
  pthread_t threads[2][SIDES_MAX];

  for (uint32_t i = 0; i < consumers; i++) {
    members[1][i] = (member){.job = &j, .index = i};
    threads[1][i] = start(consume, &members[1][i]);
  }
  for (uint32_t i = 0; i < producers; i++) {
    members[0][i] = (member){.job = &j, .index = i};
    threads[0][i] = start(produce, &members[0][i]);
  }
  for (uint32_t i = 0; i < producers; i++) finish(threads[0][i]);
  assert(rp_shared_close(j.memory.at, j.memory.size) == RP_OK);
  for (uint32_t i = 0; i < consumers; i++) finish(threads[1][i]);
  assert(j.arrived == producers * records);
  assert(TOTAL(&j.memory, RP_PRODUCER, records) == j.arrived);
  assert(TOTAL(&j.memory, RP_CONSUMER, records) == j.arrived);
  memory_free(&j.memory);
}

int
main(void) {
  uint64_t s = seed();

  run(RP_SPSC, 64, 0, 1, 1, ROUNDS(15000, 10000), s);
  run(RP_SPSC, 4096, 0, 1, 1, ROUNDS(15000, 5000), s + 1);
  run(RP_MPSC, 64, 0, 1, 1, ROUNDS(15000, 10000), s + 2);
  run(RP_MPSC, 256, 0, 4, 1, ROUNDS(6000, 3000), s + 3);
  run(RP_MPSC, 4096, 0, 4, 1, ROUNDS(4000, 2000), s + 4);
  run(RP_MPMC, 2, 16, 1, 1, ROUNDS(15000, 10000), s + 5);
  run(RP_MPMC, 4, 32, 4, 4, ROUNDS(6000, 3000), s + 6);
  run(RP_MPMC, 64, 64, 4, 4, ROUNDS(6000, 3000), s + 7);
  return 0;
}
