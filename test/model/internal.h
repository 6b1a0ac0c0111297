/*
 * internal.h - declarations shared by the model's files.
 *
 *   schedule.c   threads, locks, doorbells, the run
 *   explore.c    choices, states, the trace
 *   memory.c     vector clocks, atomic words, plain accesses, allocation
 *   compiler.c   the functions that -fsanitize=thread calls
 */
#ifndef MODEL_INTERNAL_H_
#define MODEL_INTERNAL_H_

#include <setjmp.h>

#include "model.h"

/* The model itself uses the real ones. */
#undef malloc
#undef free
#undef memcpy
#undef memset
#undef aligned_alloc

enum {
  MAIN = MODEL_THREADS, /* setup() and check() */
  SIDES,
  WORDS = 128,
  HISTORY = 64,
  STEPS = 2000,
};

/* A vector clock: what a thread, a lock or a value has seen. */
typedef struct view {
  uint32_t clock[SIDES];
  uint16_t seen[WORDS]; /* per word: the oldest value it may still read */
} view;

typedef struct value {
  uint64_t bits;
  uint64_t hash; /* of the operation that wrote it */
  view released;
} value;

/* An atomic word, lock or condition. */
typedef struct word {
  const void *address;
  uint64_t hash; /* of the last write */
  uint32_t accessed[SIDES];
  int owner; /* of a lock: -1 none */
  int count;
  int agreed; /* the oldest value that a sequentially consistent load may still read */
  value history[HISTORY];
} word;

typedef enum operation { START, ATOMIC, LOCK, WAIT_COND, SLEEP, RING } operation;

typedef enum modify { EXCHANGE, ADD, SUB, AND, OR, XOR } modify;

/* How a run ends. */
enum { ENDED = 1, PRUNED, FAILED };

extern int model_current;       /* the side that runs */
extern bool model_looking;      /* in state(): nothing is checked or recorded */
extern view model_views[SIDES]; /* what each knows */
extern uint64_t
    model_hashes[SIDES]; /* of all that each has done, and what came before it */
extern jmp_buf model_driver;

/* The current thread is about to do something that others can notice: others may come
 * first. */
void model_step(operation next, void *object);

/* One of `options`, from 0. */
int model_choose(int options);
/* Whether the state that `key` stands for was continued from with at most `used`
 * preemptions; from now on it is. Not while a run repeats the choices of the last. */
bool model_known_state(uint64_t key, int used);
/* Prepare the first run, or the one after the last. False: there is none. */
void model_first_choices(void);
bool model_next_choices(void);
void model_start_run(void);
uint64_t model_states(void);
/* For the trace. */
void model_note(const char *what, const void *address, uint64_t bits);
void model_print_trace(void);
const char *model_failure(void);

void model_start_memory(void);
void model_learn(view *who, const view *what);
word *model_word(const void *address, int size);
void model_check_live(const void *address, size_t size, const char *what);
const char *model_place(const void *address);
void model_plain(const void *address, size_t size, bool write);
uint64_t model_raw_load(const void *address, int size);
uint64_t model_load(const void *address, int size, int order);
void model_store(void *address, int size, uint64_t bits, int order);
uint64_t model_modify(void *address, int size, modify how, uint64_t operand, int order);
bool model_cas(void *address, int size, uint64_t *expected, uint64_t desired, int order,
               int failure_order);

static inline uint64_t
model_mix(uint64_t a, uint64_t b) {
  uint64_t z =
      (a ^ (b + 0x9E3779B97F4A7C15u + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9u;

  return z ^ (z >> 29);
}

#endif
