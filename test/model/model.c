/*
 * model.c - runs a scenario in every way that the threads' operations can be ordered.
 *
 * The threads are coroutines; before every operation that another thread could notice (atomic, lock,
 * doorbell) the scheduler chooses who goes on. A run is a list of choices; the next run repeats it
 * up to the last choice with another option left: depth-first search without saved states. Two
 * prefixes in which every operation has read from the same and followed the same are the same state,
 * whatever their order was, so each state gets a hash of that, and is continued once.
 *
 * Memory. Each atomic word keeps all values that it had, in their order. A load may read any that
 * its thread has not yet been told is old: what a store buffer delays, and more. Each store carries
 * what its thread knew, if it releases; who reads it with acquire knows that, too. Read-modify-writes
 * read the newest. (C11 without load buffering, and with stores in the order of execution.)
 *
 * Plain accesses are checked byte by byte with vector clocks: an access that no chain of
 * release and acquire orders after another thread's write is an error, in this run, whatever value
 * it would have got. That is how a weakened order shows. Memory that was freed or never allocated
 * is an error at once; no address is used twice.
 *
 * The interface to the compiler is that of ThreadSanitizer's runtime.
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <ucontext.h>

#undef malloc
#undef free
#undef memcpy
#undef memset
#undef aligned_alloc
#undef fopen
#undef time
#undef clock

enum {
  MAIN = MODEL_THREADS, /* setup() and check() */
  SIDES,
  BELLS = 4,
  WORDS = 128,
  HISTORY = 64,
  ARENA = 1 << 15, /* bytes a side may allocate in a run */
  GRAIN = 128,
  STATICS_MAX = 1 << 14,
  STACK = 1 << 16,
  STEPS = 2000,
  DEPTH = 4 * STEPS,
  NO_OTHER = 1000,
};

/* ---- what a side knows ---- */

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
  value history[HISTORY];
} word;

typedef enum { START, ATOMIC, LOCK, WAIT_COND, SLEEP, RING } operation;

typedef struct thread {
  jmp_buf base, jump;
  char *stack;
  bool started, done, woken;
  operation next; /* what it will do when it goes on */
  void *object;
} thread;

typedef struct shadow {
  uint32_t write_clock;
  uint32_t read_clock[SIDES];
  uint32_t writer;
} shadow;

extern const scenario *const __start_model_scenarios[], *const __stop_model_scenarios[];
extern char __start_model_statics[], __stop_model_statics[];

static const scenario *scene;
static int bound; /* of preemptions; negative: none */
static int other_bound = NO_OTHER;
static thread threads[MODEL_THREADS];
static int thread_count, current;
static view views[SIDES];
static uint64_t hashes[SIDES];
static word words[WORDS];
static int word_count;
static uint32_t clock_base;
static int bells[BELLS];
static uint64_t bell_hash[BELLS];
static bool looking; /* in state(): nothing is checked or recorded */

static _Alignas(GRAIN) char arenas[SIDES][ARENA];
static uint32_t arena_used[SIDES];
static uint32_t
    live[SIDES * ARENA / GRAIN]; /* run number: allocated in this run; size of block */
static uint32_t block_size[SIDES * ARENA / GRAIN];
static uint32_t run_number;
static int blocks;
static char statics_before[STATICS_MAX];
static shadow shadows[SIDES * ARENA + STATICS_MAX];

/* ---- choices ---- */

static struct { uint8_t options, taken; } choices[DEPTH];
static int depth, replayed;
static int steps, preemptions;
static uint64_t executions, states;
static jmp_buf driver, boot;
static char failure[512];

enum { ENDED = 1, PRUNED, FAILED };

static struct {
  int side;
  const char *what;
  const void *address;
  uint64_t bits;
} trace[STEPS * 2];
static int traced;

static void
note(const char *what, const void *address, uint64_t bits) {
  if (looking || traced == STEPS * 2) return;
  trace[traced].side = current;
  trace[traced].what = what;
  trace[traced].address = address;
  trace[traced++].bits = bits;
}

_Noreturn void
model_fail(const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(failure, sizeof(failure), format, arguments);
  va_end(arguments);
  _longjmp(driver, FAILED);
}

/* assert() in the core ends here. */
_Noreturn void
__assert_fail(const char *what, const char *file, unsigned line, const char *function) {
  model_fail("%s:%u: %s: assertion %s", file, line, function, what);
}

static uint64_t
mix(uint64_t a, uint64_t b) {
  uint64_t z =
      (a ^ (b + 0x9E3779B97F4A7C15u + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9u;

  return z ^ (z >> 29);
}

/* The states seen, with the fewest preemptions that led there. */
typedef struct seen {
  uint64_t key;
  uint8_t preemptions;
} seen;

static seen *table;
static uint64_t table_size, table_used;

static seen *
find_state(seen *in, uint64_t size, uint64_t key) {
  uint64_t at = key & (size - 1);

  while (in[at].key != 0 && in[at].key != key) at = (at + 1) & (size - 1);
  return &in[at];
}

static void
grow_table(void) {
  uint64_t size = table_size ? table_size * 2 : 1 << 16;
  seen *larger = calloc(size, sizeof(*larger));

  if (larger == NULL) model_fail("no memory for more states");
  for (uint64_t i = 0; i < table_size; i++)
    if (table[i].key != 0) *find_state(larger, size, table[i].key) = table[i];
  free(table);
  table = larger;
  table_size = size;
}

/* Whether the present state is known, and continued from with at least as much freedom. */
static bool
known_state(void) {
  uint64_t key = bound < 0 ? 1 : (uint64_t) current + 2;

  for (int i = 0; i < thread_count; i++) key = mix(key, hashes[i]);
  key |= 1;
  if (table_used * 2 >= table_size) grow_table();

  seen *entry = find_state(table, table_size, key);
  int used = bound < 0 ? 0 : preemptions;

  if (entry->key == key && entry->preemptions <= used) return true;
  if (entry->key != key) {
    table_used++;
    states++;
  }
  entry->key = key;
  entry->preemptions = (uint8_t) used;
  return false;
}

static int
choose(int options) {
  if (options == 1) return 0;
  if (depth == DEPTH) model_fail("too many choices in one run");
  if (depth >= replayed) {
    choices[depth].options = (uint8_t) options;
    choices[depth].taken = 0;
    replayed = depth + 1;
  } else if (choices[depth].options != options) {
    model_fail("the scenario does not repeat itself");
  }
  return choices[depth++].taken;
}

/* Go on with the last choice that has an option left. */
static bool
next_choices(void) {
  int last = depth;

  while (last > 0 && choices[last - 1].taken + 1 == choices[last - 1].options) last--;
  if (last == 0) return false;
  choices[last - 1].taken++;
  replayed = last;
  return true;
}

/* ---- the scheduler ---- */

static word *word_of(const void *address, int size);

static bool
enabled(const thread *t) {
  if (t->done) return false;
  switch (t->next) {
    case LOCK:
      return word_of(t->object, 0)->owner < 0;
    case WAIT_COND:
      return t->woken;
    case SLEEP:
      return bells[(intptr_t) t->object] > 0;
    default:
      return true;
  }
}

/* Who does the next step. */
static int
pick(void) {
  int list[MODEL_THREADS], options = 0;
  bool current_can = current != MAIN && enabled(&threads[current]);

  if (++steps > STEPS) model_fail("no end after %d steps", STEPS);
  if (scene->state != NULL) {
    looking = true;
    scene->state();
    looking = false;
  }
  if (depth >= replayed && known_state()) _longjmp(driver, PRUNED);
  if (current_can) list[options++] = current;
  if (!current_can || bound < 0 || preemptions < bound)
    for (int i = 0; i < thread_count; i++)
      if (i != current && enabled(&threads[i])) list[options++] = i;
  if (options == 0) _longjmp(driver, ENDED);

  int taken = choose(options);

  if (current_can && taken > 0) preemptions++;
  return list[taken];
}

static void
go_on(int next) {
  current = next;
  if (threads[next].started) _longjmp(threads[next].jump, 1);
  threads[next].started = true;
  hashes[next] = mix(hashes[next], 1);
  _longjmp(threads[next].base, 1);
}

/* The current thread is about to do something that others can notice. */
static void
step(operation next, void *object) {
  if (current == MAIN || looking) return;

  thread *self = &threads[current];

  self->next = next;
  self->object = object;

  int chosen = pick();

  if (chosen == current) return;
  if (_setjmp(self->jump) == 0) go_on(chosen);
}

static void
thread_body(void) {
  if (_setjmp(threads[current].base) == 0) _longjmp(boot, 1);
  scene->thread[current]();
  threads[current].done = true;
  go_on(pick());
}

static void
make_threads(void) {
  for (current = 0; current < MODEL_THREADS; current++) {
    static ucontext_t context;

    threads[current].stack = malloc(STACK);
    getcontext(&context);
    context.uc_stack.ss_sp = threads[current].stack;
    context.uc_stack.ss_size = STACK;
    context.uc_link = NULL;
    makecontext(&context, thread_body, 0);
    if (_setjmp(boot) == 0) setcontext(&context);
  }
}

/* ---- what is known, and what happened before ---- */

static void
learn(view *who, const view *what) {
  for (int i = 0; i < SIDES; i++)
    if (who->clock[i] < what->clock[i]) who->clock[i] = what->clock[i];
  for (int i = 0; i < word_count; i++)
    if (who->seen[i] < what->seen[i]) who->seen[i] = what->seen[i];
}

static int64_t
shadow_index(const void *address) {
  const char *at = address;

  if (at >= arenas[0] && at < arenas[0] + sizeof(arenas)) return at - arenas[0];
  if (at >= __start_model_statics && at < __stop_model_statics)
    return (int64_t) sizeof(arenas) + (at - __start_model_statics);
  return -1;
}

static void
check_live(const void *address, size_t size, const char *what) {
  const char *at = address;

  if (at < arenas[0] || at >= arenas[0] + sizeof(arenas)) return;
  for (size_t i = 0; i < size; i++)
    if (live[(at + i - arenas[0]) / GRAIN] != run_number)
      model_fail("%s of memory that is not allocated (any more)", what);
}

static const char *
place(const void *address) {
  static char text[64];
  const char *at = address;

  if (at >= arenas[0] && at < arenas[0] + sizeof(arenas)) {
    int side = (int) ((at - arenas[0]) / ARENA);
    int64_t start = (at - arenas[0]) / GRAIN;

    while (start > 0 && block_size[start] == 0) start--;
    snprintf(text, sizeof(text), "block %d.%d + %d", side,
             (int) (start - (int64_t) side * (ARENA / GRAIN)),
             (int) (at - arenas[0] - start * GRAIN));
  } else {
    snprintf(text, sizeof(text), "static %d", (int) (at - __start_model_statics));
  }
  return text;
}

static void
plain(const void *address, size_t size, bool write) {
  if (looking) return;

  int64_t index = shadow_index(address);
  const view *now = &views[current];

  if (index < 0) return;
  check_live(address, size, write ? "write" : "read");
  for (size_t i = 0; i < size; i++) {
    shadow *s = &shadows[index + (int64_t) i];

    if (s->write_clock > now->clock[s->writer])
      model_fail("%s of %s races with a write by thread %u", write ? "write" : "read",
                 place((const char *) address + i), s->writer);
    if (!write) {
      s->read_clock[current] = now->clock[current];
      continue;
    }
    for (int side = 0; side < SIDES; side++)
      if (s->read_clock[side] > now->clock[side])
        model_fail("write of %s races with a read by thread %d",
                   place((const char *) address + i), side);
    s->write_clock = now->clock[current];
    s->writer = (uint32_t) current;
  }
}

static uint64_t
raw_load(const void *address, int size) {
  uint64_t bits = 0;

  memcpy(&bits, address, (size_t) size);
  return bits;
}

static word *
word_of(const void *address, int size) {
  for (int i = 0; i < word_count; i++)
    if (words[i].address == address) return &words[i];
  if (word_count == WORDS) model_fail("too many atomic words");

  word *w = &words[word_count++];

  w->address = address;
  w->hash = (uint64_t) (uintptr_t) address;
  w->owner = -1;
  w->count = 1;
  memset(w->accessed, 0, sizeof(w->accessed));
  memset(&w->history[0], 0, sizeof(w->history[0]));
  w->history[0].bits = raw_load(address, size);
  w->history[0].hash = w->hash;
  return w;
}

static bool
acquires(int order) {
  return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}

static bool
releases(int order) {
  return order == __ATOMIC_RELEASE || order >= __ATOMIC_ACQ_REL;
}

/* Atomic accesses are ordered with plain ones like any other. */
static word *
access_word(const void *address, int size, bool write) {
  int64_t index = shadow_index(address);
  view *now = &views[current];

  step(ATOMIC, NULL);
  check_live(address, (size_t) size, "atomic access");
  if (index >= 0)
    for (int i = 0; i < size; i++) {
      shadow *s = &shadows[index + i];

      if (s->write_clock > now->clock[s->writer])
        model_fail("atomic access to %s races with a plain write", place(address));
      for (int side = 0; write && side < SIDES; side++)
        if (s->read_clock[side] > now->clock[side])
          model_fail("atomic write of %s races with a plain read", place(address));
    }

  word *w = word_of(address, size);

  w->accessed[current] = now->clock[current];
  return w;
}

static uint64_t
read_value(word *w, int index, int order) {
  view *now = &views[current];
  value *v = &w->history[index];

  now->seen[w - words] = (uint16_t) index;
  if (acquires(order)) learn(now, &v->released);
  hashes[current] = mix(mix(hashes[current], (uint64_t) (uintptr_t) w->address), v->hash);
  return v->bits;
}

static void
write_value(word *w, void *address, int size, uint64_t bits, int order, bool after_read) {
  view *now = &views[current];
  value *v = &w->history[w->count];

  if (w->count == HISTORY) model_fail("too many writes to one word");
  hashes[current] =
      mix(mix(hashes[current], (uint64_t) (uintptr_t) address), w->hash + 1);
  w->hash = hashes[current];
  now->seen[w - words] = (uint16_t) w->count;
  if (releases(order))
    v->released = *now;
  else
    memset(&v->released, 0, sizeof(v->released));
  v->released.seen[w - words] = (uint16_t) w->count;
  /* A read-modify-write goes on with the release sequence of what it read. */
  if (after_read) learn(&v->released, &w->history[w->count - 1].released);
  v->bits = bits;
  v->hash = w->hash;
  w->count++;
  memcpy(address, &bits, (size_t) size);
  if (releases(order)) now->clock[current]++;
}

static uint64_t
atomic_load(const void *address, int size, int order) {
  if (looking) return raw_load(address, size);

  word *w = access_word(address, size, false);
  int oldest = views[current].seen[w - words];
  int back = current == MAIN ? 0 : choose(w->count - oldest);
  uint64_t bits = read_value(w, w->count - 1 - back, order);

  note(back ? "load (old)" : "load", address, bits);
  return bits;
}

static void
atomic_store(void *address, int size, uint64_t bits, int order) {
  write_value(access_word(address, size, true), address, size, bits, order, false);
  note("store", address, bits);
}

typedef enum { EXCHANGE, ADD, SUB, AND, OR, XOR } modify;

static uint64_t
atomic_modify(void *address, int size, modify how, uint64_t operand, int order) {
  word *w = access_word(address, size, true);
  uint64_t old = read_value(w, w->count - 1, order);
  uint64_t bits = how == EXCHANGE ? operand
                  : how == ADD    ? old + operand
                  : how == SUB    ? old - operand
                  : how == AND    ? old & operand
                  : how == OR     ? old | operand
                                  : old ^ operand;

  write_value(w, address, size, bits, order, true);
  note(how == EXCHANGE ? "exchange"
       : how == AND    ? "and"
       : how == OR     ? "or"
                       : "add",
       address, bits);
  return old;
}

static bool
atomic_cas(void *address, int size, uint64_t *expected, uint64_t desired, int order,
           int failure_order) {
  word *w = access_word(address, size, true);
  bool same = w->history[w->count - 1].bits == *expected;

  *expected = read_value(w, w->count - 1, same ? order : failure_order);
  if (same) write_value(w, address, size, desired, order, true);
  note(same ? "cas" : "cas (failed)", address, same ? desired : *expected);
  return same;
}

/* ---- locks, conditions, doorbells ---- */

static void
touch(uint64_t *object_hash, uint64_t what) {
  if (current == MAIN) return;
  hashes[current] = mix(mix(hashes[current], what), *object_hash);
  *object_hash = hashes[current];
}

void
model_lock(rp_lock *lock) {
  step(LOCK, lock);
  check_live(lock, 1, "lock");

  word *w = word_of(lock, 1);

  if (w->owner >= 0) model_fail("a lock taken twice");
  w->owner = current;
  learn(&views[current], &w->history[0].released);
  touch(&w->hash, 2);
  note("lock", lock, 0);
}

static void
unlock(rp_lock *lock) {
  word *w = word_of(lock, 1);

  check_live(lock, 1, "unlock");
  if (w->owner != current) model_fail("a lock dropped by who does not have it");
  w->owner = -1;
  w->accessed[current] = views[current].clock[current];
  w->history[0].released = views[current];
  views[current].clock[current]++;
  touch(&w->hash, 3);
}

void
model_unlock(rp_lock *lock) {
  unlock(lock);
  note("unlock", lock, 0);
}

void
model_cond_wait(rp_cond *cond, rp_lock *lock) {
  unlock(lock);
  touch(&word_of(cond, 1)->hash, 4);
  note("wait", cond, 0);
  if (current == MAIN) model_fail("setup or check waits for ever");
  threads[current].woken = false;
  step(WAIT_COND, cond);
  model_lock(lock);
}

void
model_cond_wake_all(rp_cond *cond) {
  touch(&word_of(cond, 1)->hash, 5);
  note("wake", cond, 0);
  for (int i = 0; i < thread_count; i++)
    if (threads[i].next == WAIT_COND && threads[i].object == cond)
      threads[i].woken = true;
}

void
model_ring(int bell) {
  step(RING, (void *) (intptr_t) bell);
  if (bells[bell]++ > 0)
    model_fail("a second ring of bell %d: the token is in two places", bell);
  touch(&bell_hash[bell], 6);
  note("ring", NULL, (uint64_t) bell);
}

void
model_sleep(int bell) {
  step(SLEEP, (void *) (intptr_t) bell);
  bells[bell] = 0;
  touch(&bell_hash[bell], 7);
  note("woken", NULL, (uint64_t) bell);
}

bool
model_rung(int bell) {
  return bells[bell] > 0;
}

/* ---- memory ---- */

void *
model_alloc(size_t size) {
  uint32_t grains = (uint32_t) ((size + GRAIN - 1) / GRAIN);
  uint32_t at = arena_used[current];

  if (grains == 0) grains = 1;
  if ((at + grains + 1) * GRAIN > ARENA) model_fail("too much memory for one run");
  arena_used[current] = at + grains + 1; /* one between blocks stays dead */

  uint32_t first = (uint32_t) current * (ARENA / GRAIN) + at;
  char *block = arenas[current] + (size_t) at * GRAIN;

  for (uint32_t i = 0; i < grains; i++) {
    live[first + i] = run_number;
    block_size[first + i] = 0;
  }
  block_size[first] = (uint32_t) size + 1;
  memset(block, 0xA5, (size_t) grains * GRAIN);
  blocks++;
  return block;
}

void
model_free(void *block) {
  if (block == NULL) return;

  const char *at = block;
  size_t first = (size_t) (at - arenas[0]) / GRAIN;

  if (at < arenas[0] || at >= arenas[0] + sizeof(arenas) ||
      (at - arenas[0]) % GRAIN != 0 || block_size[first] == 0)
    model_fail("free of what is no block");
  if (live[first] != run_number) model_fail("free of what has been freed");

  size_t size = block_size[first] - 1;

  /* Like a write to all of it, and after all atomic accesses to it. */
  plain(block, size, true);
  for (int i = 0; i < word_count; i++) {
    const char *address = words[i].address;

    if (address < at || address >= at + size) continue;
    for (int side = 0; side < SIDES; side++)
      if (words[i].accessed[side] > views[current].clock[side])
        model_fail("free of %s races with an atomic access by thread %d", place(address),
                   side);
  }
  for (size_t i = 0; i < (size + GRAIN - 1) / GRAIN || i == 0; i++) live[first + i] = 0;
  blocks--;
  note("free", block, 0);
}

int
model_blocks(void) {
  return blocks;
}

void *
model_copy(void *to, const void *from, size_t size) {
  plain(from, size, false);
  plain(to, size, true);
  return memmove(to, from, size);
}

void *
model_set(void *to, int value_, size_t size) {
  plain(to, size, true);
  return memset(to, value_, size);
}

/* ---- what the compiler calls ---- */

#define PLAIN(bytes)                                                                     \
  void __tsan_read##bytes(void *at);                                                     \
  void __tsan_write##bytes(void *at);                                                    \
  void __tsan_unaligned_read##bytes(void *at);                                           \
  void __tsan_unaligned_write##bytes(void *at);                                          \
  void __tsan_read##bytes(void *at) {                                                    \
    plain(at, bytes, false);                                                             \
  }                                                                                      \
  void __tsan_write##bytes(void *at) {                                                   \
    plain(at, bytes, true);                                                              \
  }                                                                                      \
  void __tsan_unaligned_read##bytes(void *at) {                                          \
    plain(at, bytes, false);                                                             \
  }                                                                                      \
  void __tsan_unaligned_write##bytes(void *at) {                                         \
    plain(at, bytes, true);                                                              \
  }

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

#define MODIFY(bits, name, how)                                                          \
  uint##bits##_t __tsan_atomic##bits##_##name(void *at, uint##bits##_t operand,          \
                                              int order);                                \
  uint##bits##_t __tsan_atomic##bits##_##name(void *at, uint##bits##_t operand,          \
                                              int order) {                               \
    return (uint##bits##_t) atomic_modify(at, bits / 8, how, operand, order);            \
  }

#define ATOMICS(bits)                                                                    \
  uint##bits##_t __tsan_atomic##bits##_load(const void *at, int order);                  \
  void __tsan_atomic##bits##_store(void *at, uint##bits##_t v, int order);               \
  int __tsan_atomic##bits##_compare_exchange_strong(                                     \
      void *at, void *expected, uint##bits##_t v, int order, int failure_order);         \
  uint##bits##_t __tsan_atomic##bits##_load(const void *at, int order) {                 \
    return (uint##bits##_t) atomic_load(at, bits / 8, order);                            \
  }                                                                                      \
  void __tsan_atomic##bits##_store(void *at, uint##bits##_t v, int order) {              \
    atomic_store(at, bits / 8, v, order);                                                \
  }                                                                                      \
  int __tsan_atomic##bits##_compare_exchange_strong(                                     \
      void *at, void *expected, uint##bits##_t v, int order, int failure_order) {        \
    uint64_t old = raw_load(expected, bits / 8);                                         \
    bool same = atomic_cas(at, bits / 8, &old, v, order, failure_order);                 \
    memcpy(expected, &old, bits / 8);                                                    \
    return same;                                                                         \
  }                                                                                      \
  /* The same for clang. */                                                              \
  uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                             \
      void *at, uint##bits##_t expected, uint##bits##_t v, int order,                    \
      int failure_order);                                                                \
  uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                             \
      void *at, uint##bits##_t expected, uint##bits##_t v, int order,                    \
      int failure_order) {                                                               \
    uint64_t old = expected;                                                             \
    (void) atomic_cas(at, bits / 8, &old, v, order, failure_order);                      \
    return (uint##bits##_t) old;                                                         \
  }                                                                                      \
  MODIFY(bits, exchange, EXCHANGE)                                                       \
  MODIFY(bits, fetch_add, ADD)                                                           \
  MODIFY(bits, fetch_sub, SUB)                                                           \
  MODIFY(bits, fetch_and, AND)                                                           \
  MODIFY(bits, fetch_or, OR)                                                             \
  MODIFY(bits, fetch_xor, XOR)

ATOMICS(8)
ATOMICS(32)
ATOMICS(64)

void __tsan_init(void);
void __tsan_func_entry(void *at);
void __tsan_func_exit(void);
void __tsan_read_range(void *at, size_t size);
void __tsan_write_range(void *at, size_t size);
void *__tsan_memcpy(void *to, const void *from, size_t size);
void *__tsan_memset(void *to, int v, size_t size);

void
__tsan_init(void) {
}
void
__tsan_func_entry(void *at) {
  (void) at;
}
void
__tsan_func_exit(void) {
}
void
__tsan_read_range(void *at, size_t size) {
  plain(at, size, false);
}
void
__tsan_write_range(void *at, size_t size) {
  plain(at, size, true);
}
void *
__tsan_memcpy(void *to, const void *from, size_t size) {
  return model_copy(to, from, size);
}
void *
__tsan_memset(void *to, int v, size_t size) {
  return model_set(to, v, size);
}

/* ---- the driver ---- */

static void
reset(void) {
  for (int i = 0; i < SIDES; i++)
    if (clock_base < views[i].clock[i]) clock_base = views[i].clock[i];
  memset(views, 0, sizeof(views));
  for (int i = 0; i < SIDES; i++) {
    for (int j = 0; j < SIDES; j++) views[i].clock[j] = clock_base;
    views[i].clock[i]++;
    arena_used[i] = 0;
    hashes[i] = (uint64_t) i + 1;
  }
  memset(bells, 0, sizeof(bells));
  memset(bell_hash, 0, sizeof(bell_hash));
  memcpy(__start_model_statics, statics_before,
         (size_t) (__stop_model_statics - __start_model_statics));
  word_count = 0;
  run_number++;
  blocks = 0;
  depth = steps = preemptions = traced = 0;
  looking = false;
  current = MAIN;
}

static void
start_threads(void) {
  thread_count = 0;
  views[MAIN].clock[MAIN]++;
  for (int i = 0; i < MODEL_THREADS && scene->thread[i] != NULL; i++) {
    learn(&views[i], &views[MAIN]);
    threads[i].started = threads[i].done = threads[i].woken = false;
    threads[i].next = START;
    thread_count++;
  }
  views[MAIN].clock[MAIN]++;
}

static void
run_check(void) {
  current = MAIN;
  for (int i = 0; i < thread_count; i++) {
    learn(&views[MAIN], &views[i]);
    if (threads[i].done || threads[i].next == SLEEP) continue;
    model_fail("deadlock: thread %d waits for ever", i);
  }
  scene->check();
}

/* One run. @returns how it ended */
static int
run(void) {
  int how = _setjmp(driver);

  if (how == ENDED) {
    how = _setjmp(driver);
    if (how == 0) {
      run_check();
      return ENDED;
    }
  }
  if (how != 0) return how;
  reset();
  scene->setup();
  start_threads();
  go_on(pick());
  abort();
}

static void
print_trace(void) {
  int from = traced > 120 ? traced - 120 : 0;

  for (int i = from; i < traced; i++) {
    printf("    %s%d %-12s", trace[i].side == MAIN ? "main " : "thread ", trace[i].side,
           trace[i].what);
    if (trace[i].address != NULL) printf(" %-20s", place(trace[i].address));
    printf(" %llx\n", (unsigned long long) trace[i].bits);
  }
}

static bool
explore(const scenario *s, bool verbose) {
  int how;

  scene = s;
  bound = s->preemptions < 0 || other_bound == NO_OTHER ? s->preemptions : other_bound;
  executions = states = 0;
  memset(table, 0, table_size * sizeof(*table));
  table_used = 0;
  replayed = 0;
  do {
    how = run();
    executions++;
  } while (how != FAILED && next_choices());
  printf("%-24s %9llu runs %9llu states  %s\n", s->name, (unsigned long long) executions,
         (unsigned long long) states, how == FAILED ? failure : "ok");
  if (how == FAILED && verbose) print_trace();
  fflush(stdout);
  return how != FAILED;
}

/* model [-q] [-p n] [names]: all scenarios, or those named; ends with 1 at the first that fails.
 * -q: no trace. -p: another bound for those scenarios that have one. */
int
main(int count, char **names) {
  bool quiet = false;
  int at = 1;

  for (; at < count && names[at][0] == '-'; at++) {
    if (names[at][1] == 'q') quiet = true;
    if (names[at][1] == 'p' && at + 1 < count) other_bound = atoi(names[++at]);
  }
  memcpy(statics_before, __start_model_statics,
         (size_t) (__stop_model_statics - __start_model_statics));
  grow_table();
  make_threads();
  for (int n = at; n == at || n < count; n++)
    for (const scenario *const *s = __start_model_scenarios; s < __stop_model_scenarios;
         s++) {
      if (n < count && strcmp((*s)->name, names[n]) != 0) continue;
      if (!explore(*s, !quiet)) return 1;
    }
  return 0;
}
