/*
 * ring.c - the cost of a record in a ring: within one thread, between two, and of a round
 * trip. Both threads spin, so no wake-ups are included.
 * Usage: ring one|two|pingpong ms
 *
 * Prints one line of JSON: wall time in nanoseconds per record (pingpong: per round
 * trip), and how many were measured. Each record is copied in and out, and its sequence
 * number checked.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "lane.h"

#define BURST 32

/* Spins before a yield: the other thread may have lost its core. */
#define PATIENCE 10000

static lane *there;
static lane *back;
static _Atomic bool stop;

static double
now_ns(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static bool
stopped(void) {
  return atomic_load_explicit(&stop, memory_order_relaxed);
}

/* Pin the thread to a core of its own, if there are enough. */
static void
pin(int cpu) {
  cpu_set_t set;

  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void
relax(unsigned *spins) {
  if (++*spins % PATIENCE == 0) sched_yield();
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/* Put a record, spinning while there is no room. Returns false if told to stop. */
static bool
put(lane *l, const record *r) {
  for (unsigned spins = 0; !lane_put(l, r); relax(&spins)) {
    if (stopped()) return false;
  }
  return true;
}

static bool
take(lane *l, record *r) {
  for (unsigned spins = 0; !lane_take(l, r); relax(&spins)) {
    if (stopped()) return false;
  }
  return true;
}

static void
check(const record *r, uint64_t sequence) {
  if (r->sequence == sequence) return;
  fprintf(stderr, "record %llu came as %llu\n", (unsigned long long) sequence,
          (unsigned long long) r->sequence);
  exit(1);
}

/* Sequence numbers start at 1, because an empty lane of one word is 0. */
static uint64_t
one_thread(uint64_t from) {
  static record in, out;

  for (int i = 0; i < BURST; i++) {
    in.sequence = from + (uint64_t) i;
    put(there, &in);
  }
  lane_flush(there);
  for (int i = 0; i < BURST; i++) {
    take(there, &out);
    check(&out, from + (uint64_t) i);
  }
  return BURST;
}

static void *
produce(void *unused) {
  record r = {.sequence = 1};

  pin(1);
  while (put(there, &r)) r.sequence++;
  return unused;
}

static uint64_t
two_threads(uint64_t from) {
  static record out;

  for (int i = 0; i < BURST; i++) {
    take(there, &out);
    check(&out, from + (uint64_t) i);
  }
  return BURST;
}

static void *
echo(void *unused) {
  record r = {0};

  pin(1);
  while (take(there, &r)) {
    put(back, &r);
    lane_flush(back);
  }
  return unused;
}

static uint64_t
ping_pong(uint64_t from) {
  static record out, in;

  out.sequence = from;
  put(there, &out);
  lane_flush(there);
  take(back, &in);
  check(&in, from);
  return 1;
}

/* Repeat `step` for `ms`, reading the clock every 256 steps. Returns the records done. */
static uint64_t
repeat(uint64_t (*step)(uint64_t), double ms, uint64_t from) {
  uint64_t next = from;

  for (double end = now_ns() + ms * 1e6; now_ns() < end;) {
    for (int i = 0; i < 256; i++) next += step(next);
  }
  return next - from;
}

static const struct mode {
  const char *name;
  uint64_t (*step)(uint64_t);
  void *(*other)(void *);
} modes[] = {
    {"one", one_thread, NULL},
    {"two", two_threads, produce},
    {"pingpong", ping_pong, echo},
};

static void
measure(const struct mode *m, double ms) {
  pthread_t other;

  there = lane_new();
  back = lane_new();
  pin(0);
  if (m->other != NULL && pthread_create(&other, NULL, m->other, NULL) != 0) exit(1);

  uint64_t warm = repeat(m->step, ms / 4, 1);
  double begin = now_ns();
  uint64_t count = repeat(m->step, ms, warm + 1);
  double wall = (now_ns() - begin) / (double) count;

  atomic_store_explicit(&stop, true, memory_order_relaxed);
  if (m->other != NULL) pthread_join(other, NULL);
  printf("{\"wall\":%.3f,\"count\":%llu}\n", wall, (unsigned long long) count);
  free(there);
  free(back);
}

int
main(int argc, char **argv) {
  for (size_t i = 0; argc == 3 && i < sizeof(modes) / sizeof(modes[0]); i++) {
    if (strcmp(argv[1], modes[i].name) == 0) {
      measure(&modes[i], atof(argv[2]));
      return 0;
    }
  }
  fprintf(stderr, "usage: ring one|two|pingpong milliseconds\n");
  return 1;
}
