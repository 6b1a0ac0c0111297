/*
 * memory.c - vector clocks, atomic words, plain accesses, allocation.
 *
 * Each atomic word keeps all values that it has had, in order. A load may return any
 * value that is not yet known to be old in its thread, as with a store buffer, and more.
 * A store with release carries its thread's clock; a load with acquire that reads it
 * merges that. Read-modify-writes read the newest value; a compare-and-swap that fails is
 * a load. A sequentially consistent load reads nothing older than the last such operation
 * on its word; such operations have no other effect. (This is C11 without load buffering,
 * and with stores in the order of execution.)
 *
 * Plain accesses are checked byte by byte with vector clocks. An access that no chain of
 * release and acquire orders after another thread's write is an error, whatever value it
 * would return. So a weakened memory order shows. Accesses to memory that was freed or
 * never allocated are errors; no address is used twice in a run.
 */
#include "internal.h"
#include "core/random.h"

enum {
  ARENA = 1 << 15, /* bytes a side may allocate in a run */
  GRAIN = 128,
  STATICS_MAX = 1 << 14,
};

typedef struct shadow {
  uint32_t write_clock;
  uint32_t read_clock[SIDES];
  uint32_t writer;
} shadow;

extern char __start_model_statics[], __stop_model_statics[];

view model_views[SIDES];

static word words[WORDS];
static int word_count;
static uint32_t
    clock_base; /* above all clocks of former runs: what they did is long past */

static _Alignas(GRAIN) char arenas[SIDES][ARENA];
static uint32_t arena_used[SIDES];
static uint32_t live[SIDES * ARENA / GRAIN]; /* the run in which it was allocated */
static uint32_t block_size[SIDES * ARENA / GRAIN];
static uint32_t run_number;
static int blocks;
static char statics_before[STATICS_MAX];
static shadow shadows[SIDES * ARENA + STATICS_MAX];

void
model_learn(view *who, const view *what) {
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

void
model_check_live(const void *address, size_t size, const char *what) {
  const char *at = address;

  if (at < arenas[0] || at >= arenas[0] + sizeof(arenas)) return;
  for (size_t i = 0; i < size; i++)
    if (live[(at + i - arenas[0]) / GRAIN] != run_number)
      model_fail("%s of memory that is not allocated (any more)", what);
}

const char *
model_place(const void *address) {
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

void
model_plain(const void *address, size_t size, bool write) {
  if (model_looking) return;

  int64_t index = shadow_index(address);
  const view *now = &model_views[model_current];

  if (index < 0) return;
  model_check_live(address, size, write ? "write" : "read");
  for (size_t i = 0; i < size; i++) {
    shadow *s = &shadows[index + (int64_t) i];

    if (s->write_clock > now->clock[s->writer])
      model_fail("%s of %s races with a write by thread %u", write ? "write" : "read",
                 model_place((const char *) address + i), s->writer);
    if (!write) {
      s->read_clock[model_current] = now->clock[model_current];
      continue;
    }
    for (int side = 0; side < SIDES; side++)
      if (s->read_clock[side] > now->clock[side])
        model_fail("write of %s races with a read by thread %d",
                   model_place((const char *) address + i), side);
    s->write_clock = now->clock[model_current];
    s->writer = (uint32_t) model_current;
  }
}

uint64_t
model_raw_load(const void *address, int size) {
  uint64_t bits = 0;

  memcpy(&bits, address, (size_t) size);
  return bits;
}

word *
model_word(const void *address, int size) {
  for (int i = 0; i < word_count; i++)
    if (words[i].address == address) return &words[i];
  if (word_count == WORDS) model_fail("too many atomic words");

  word *w = &words[word_count++];

  w->address = address;
  w->hash = (uint64_t) (uintptr_t) address;
  w->owner = -1;
  w->count = 1;
  w->agreed = 0;
  memset(w->accessed, 0, sizeof(w->accessed));
  memset(&w->history[0], 0, sizeof(w->history[0]));
  w->history[0].bits = model_raw_load(address, size);
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
  view *now = &model_views[model_current];

  model_step(ATOMIC, NULL);
  model_check_live(address, (size_t) size, "atomic access");
  if (index >= 0)
    for (int i = 0; i < size; i++) {
      shadow *s = &shadows[index + i];

      if (s->write_clock > now->clock[s->writer])
        model_fail("atomic access to %s races with a plain write", model_place(address));
      for (int side = 0; write && side < SIDES; side++)
        if (s->read_clock[side] > now->clock[side])
          model_fail("atomic write of %s races with a plain read", model_place(address));
    }

  word *w = model_word(address, size);

  w->accessed[model_current] = now->clock[model_current];
  return w;
}

static uint64_t
read_value(word *w, int index, int order) {
  view *now = &model_views[model_current];
  value *v = &w->history[index];

  now->seen[w - words] = (uint16_t) index;
  if (order == __ATOMIC_SEQ_CST) w->agreed = index;
  if (acquires(order)) model_learn(now, &v->released);
  model_hashes[model_current] = model_mix(
      model_mix(model_hashes[model_current], (uint64_t) (uintptr_t) w->address), v->hash);
  return v->bits;
}

static void
write_value(word *w, void *address, int size, uint64_t bits, int order, bool after_read) {
  view *now = &model_views[model_current];
  value *v = &w->history[w->count];

  if (w->count == HISTORY) model_fail("too many writes to one word");
  model_hashes[model_current] =
      model_mix(model_mix(model_hashes[model_current], (uint64_t) (uintptr_t) address),
                w->hash + 1);
  w->hash = model_hashes[model_current];
  now->seen[w - words] = (uint16_t) w->count;
  if (order == __ATOMIC_SEQ_CST) w->agreed = w->count;
  if (releases(order))
    v->released = *now;
  else
    memset(&v->released, 0, sizeof(v->released));
  v->released.seen[w - words] = (uint16_t) w->count;
  /* A read-modify-write goes on with the release sequence of what it read. */
  if (after_read) model_learn(&v->released, &w->history[w->count - 1].released);
  v->bits = bits;
  v->hash = w->hash;
  w->count++;
  memcpy(address, &bits, (size_t) size);
  if (releases(order)) now->clock[model_current]++;
}

/* The oldest value of the word that the current thread may still read. */
static int
oldest_of(const word *w, int order) {
  int oldest = model_views[model_current].seen[w - words];

  return order == __ATOMIC_SEQ_CST && oldest < w->agreed ? w->agreed : oldest;
}

uint64_t
model_load(const void *address, int size, int order) {
  if (model_looking) return model_raw_load(address, size);

  word *w = access_word(address, size, false);
  int back = model_current == MAIN ? 0 : model_choose(w->count - oldest_of(w, order));
  uint64_t bits = read_value(w, w->count - 1 - back, order);

  model_note(back ? "load (old)" : "load", address, bits);
  return bits;
}

void
model_store(void *address, int size, uint64_t bits, int order) {
  write_value(access_word(address, size, true), address, size, bits, order, false);
  model_note("store", address, bits);
}

uint64_t
model_modify(void *address, int size, modify how, uint64_t operand, int order) {
  word *w = access_word(address, size, true);
  uint64_t old = read_value(w, w->count - 1, order);
  uint64_t bits = how == EXCHANGE ? operand
                  : how == ADD    ? old + operand
                  : how == SUB    ? old - operand
                  : how == AND    ? old & operand
                  : how == OR     ? old | operand
                                  : old ^ operand;

  write_value(w, address, size, bits, order, true);
  model_note(how == EXCHANGE ? "exchange"
             : how == AND    ? "and"
             : how == OR     ? "or"
                             : "add",
             address, bits);
  return old;
}

/* Which value a compare-and-swap reads. One that fails is a load, and may read what a
 * load may, though the newest be the expected one: but no older value that is as
 * expected, since then it would not fail. */
static int
cas_reads(const word *w, uint64_t expected, int failure_order) {
  int newest = w->count - 1, oldest = oldest_of(w, failure_order);
  int readable[HISTORY], options = 0;

  readable[options++] = newest;
  for (int i = newest - 1; i >= oldest; i--)
    if (w->history[i].bits != expected) readable[options++] = i;
  return readable[model_current == MAIN ? 0 : model_choose(options)];
}

bool
model_cas(void *address, int size, uint64_t *expected, uint64_t desired, int order,
          int failure_order) {
  word *w = access_word(address, size, true);
  int index = cas_reads(w, *expected, failure_order);
  bool same = w->history[index].bits == *expected;

  *expected = read_value(w, index, same ? order : failure_order);
  if (same) write_value(w, address, size, desired, order, true);
  model_note(same ? "cas" : "cas (failed)", address, same ? desired : *expected);
  return same;
}

void *
model_alloc(size_t size) {
  uint32_t grains = (uint32_t) ((size + GRAIN - 1) / GRAIN);
  uint32_t at = arena_used[model_current];

  if (grains == 0) grains = 1;
  if ((at + grains + 1) * GRAIN > ARENA) model_fail("too much memory for one run");
  arena_used[model_current] = at + grains + 1; /* one between blocks stays dead */

  uint32_t first = (uint32_t) model_current * (ARENA / GRAIN) + at;
  char *block = arenas[model_current] + (size_t) at * GRAIN;

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
  model_plain(block, size, true);
  for (int i = 0; i < word_count; i++) {
    const char *address = words[i].address;

    if (address < at || address >= at + size) continue;
    for (int side = 0; side < SIDES; side++)
      if (words[i].accessed[side] > model_views[model_current].clock[side])
        model_fail("free of %s races with an atomic access by thread %d",
                   model_place(address), side);
  }
  for (size_t i = 0; i < (size + GRAIN - 1) / GRAIN || i == 0; i++) live[first + i] = 0;
  blocks--;
  model_note("free", block, 0);
}

int
model_blocks(void) {
  return blocks;
}

void *
model_copy(void *to, const void *from, size_t size) {
  model_plain(from, size, false);
  model_plain(to, size, true);
  return memmove(to, from, size);
}

void *
model_set(void *to, int value_, size_t size) {
  model_plain(to, size, true);
  memset(to, value_, size);
  /* Atomic words among it hold this next, for those that are ordered behind. */
  for (int i = 0; i < word_count; i++) {
    char *at = (char *) (uintptr_t) words[i].address;

    if (at < (char *) to || at >= (char *) to + size) continue;
    write_value(&words[i], at, sizeof(uint32_t), model_raw_load(at, sizeof(uint32_t)),
                __ATOMIC_RELAXED, false);
  }
  return to;
}

/* In place of random.c: the same in each run. */
int
rp_random_prepare(void) {
  return 0;
}

uint64_t
rp_random_number(uint64_t index) {
  return model_mix(index, 1);
}

/* In place of barrier.c: every thread has stored what it did before, and reads nothing
 * older from now on. It knows no more than before of what is not atomic. */
bool
rp_barrier_available(void) {
  return true;
}

bool
rp_barrier_ready(void) {
  return true;
}

void
rp_barrier_all(void) {
  uint64_t state = 0;

  model_step(ATOMIC, NULL);
  for (int i = 0; i < word_count; i++)
    state += model_mix((uint64_t) (uintptr_t) words[i].address, words[i].hash);
  for (int side = 0; side < SIDES; side++) {
    for (int i = 0; i < word_count; i++)
      model_views[side].seen[i] = (uint16_t) (words[i].count - 1);
    model_hashes[side] = model_mix(model_hashes[side], state);
  }
  model_note("barrier", NULL, 0);
}

/* Everything as it was before the first run, but for the clocks. */
void
model_start_memory(void) {
  size_t statics = (size_t) (__stop_model_statics - __start_model_statics);

  if (run_number++ == 0)
    memcpy(statics_before, __start_model_statics, statics);
  else
    memcpy(__start_model_statics, statics_before, statics);
  for (int i = 0; i < SIDES; i++)
    if (clock_base < model_views[i].clock[i]) clock_base = model_views[i].clock[i];
  memset(model_views, 0, sizeof(model_views));
  for (int i = 0; i < SIDES; i++) {
    for (int j = 0; j < SIDES; j++) model_views[i].clock[j] = clock_base;
    model_views[i].clock[i]++;
    arena_used[i] = 0;
  }
  word_count = 0;
  blocks = 0;
}
