/*
 * schedule.c - runs a scenario in every order of its threads' operations.
 *
 * The threads are coroutines. Before every operation that another thread could notice
 * (atomic, lock, doorbell) the scheduler chooses the thread that continues. A run is a
 * list of choices; the next run repeats it up to the last choice with another option
 * left. This is a depth-first search without saved states. Two prefixes in which every
 * operation has read from the same operation and followed the same one are the same
 * state, in whatever order they ran. So each state gets a hash of that, and is continued
 * once.
 */
#include "internal.h"

#include <ucontext.h>

enum {
  BELLS = 4,
  STACK = 1 << 16,
  NO_OTHER = 1000,
};

typedef struct thread {
  jmp_buf base, jump;
  char *stack;
  bool started, done, woken;
  operation next; /* what it will do when it goes on */
  void *object;
} thread;

extern const scenario *const __start_model_scenarios[], *const __stop_model_scenarios[];

int model_current;
bool model_looking;
uint64_t model_hashes[SIDES];
jmp_buf model_driver;

static const scenario *scene;
static int bound; /* of preemptions; negative: none */
static int other_bound = NO_OTHER;
static thread threads[MODEL_THREADS];
static int thread_count;
static int bells[BELLS];
static uint64_t bell_hash[BELLS];
static int steps, preemptions;
static uint64_t executions;
static jmp_buf boot;

static bool
enabled(const thread *t) {
  if (t->done) return false;
  switch (t->next) {
    case LOCK:
      return model_word(t->object, 0)->owner < 0;
    case WAIT_COND:
      return t->woken;
    case SLEEP:
      return bells[(intptr_t) t->object] > 0;
    default:
      return true;
  }
}

/* Where a thread that could go on may not be interrupted any more, who runs is part of
 * the state. */
static uint64_t
state_key(void) {
  uint64_t key = bound < 0 ? 1 : (uint64_t) model_current + 2;

  for (int i = 0; i < thread_count; i++) key = model_mix(key, model_hashes[i]);
  return key;
}

/* Who does the next step. */
static int
pick(void) {
  int list[MODEL_THREADS], options = 0;
  bool current_can = model_current != MAIN && enabled(&threads[model_current]);

  if (++steps > STEPS) model_fail("no end after %d steps", STEPS);
  if (scene->state != NULL) {
    model_looking = true;
    scene->state();
    model_looking = false;
  }
  if (model_known_state(state_key(), bound < 0 ? 0 : preemptions))
    _longjmp(model_driver, PRUNED);
  if (current_can) list[options++] = model_current;
  if (!current_can || bound < 0 || preemptions < bound)
    for (int i = 0; i < thread_count; i++)
      if (i != model_current && enabled(&threads[i])) list[options++] = i;
  if (options == 0) _longjmp(model_driver, ENDED);

  int taken = model_choose(options);

  if (current_can && taken > 0) preemptions++;
  return list[taken];
}

static void
go_on(int next) {
  model_current = next;
  if (threads[next].started) _longjmp(threads[next].jump, 1);
  threads[next].started = true;
  model_hashes[next] = model_mix(model_hashes[next], 1);
  _longjmp(threads[next].base, 1);
}

/* The current thread is about to do something that others can notice. */
void
model_step(operation next, void *object) {
  if (model_current == MAIN || model_looking) return;

  thread *self = &threads[model_current];

  self->next = next;
  self->object = object;

  int chosen = pick();

  if (chosen == model_current) return;
  if (_setjmp(self->jump) == 0) go_on(chosen);
}

static void
thread_body(void) {
  if (_setjmp(threads[model_current].base) == 0) _longjmp(boot, 1);
  scene->thread[model_current]();
  threads[model_current].done = true;
  go_on(pick());
}

static void
make_threads(void) {
  for (model_current = 0; model_current < MODEL_THREADS; model_current++) {
    static ucontext_t context;

    threads[model_current].stack = malloc(STACK);
    getcontext(&context);
    context.uc_stack.ss_sp = threads[model_current].stack;
    context.uc_stack.ss_size = STACK;
    context.uc_link = NULL;
    makecontext(&context, thread_body, 0);
    if (_setjmp(boot) == 0) setcontext(&context);
  }
}

static void
touch(uint64_t *object_hash, uint64_t what) {
  if (model_current == MAIN) return;
  model_hashes[model_current] =
      model_mix(model_mix(model_hashes[model_current], what), *object_hash);
  *object_hash = model_hashes[model_current];
}

void
model_lock(rp_lock *lock) {
  model_step(LOCK, lock);
  model_check_live(lock, 1, "lock");

  word *w = model_word(lock, 1);

  if (w->owner >= 0) model_fail("a lock taken twice");
  w->owner = model_current;
  model_learn(&model_views[model_current], &w->history[0].released);
  touch(&w->hash, 2);
  model_note("lock", lock, 0);
}

static void
unlock(rp_lock *lock) {
  word *w = model_word(lock, 1);

  model_check_live(lock, 1, "unlock");
  if (w->owner != model_current) model_fail("a lock dropped by who does not have it");
  w->owner = -1;
  w->accessed[model_current] = model_views[model_current].clock[model_current];
  w->history[0].released = model_views[model_current];
  model_views[model_current].clock[model_current]++;
  touch(&w->hash, 3);
}

void
model_unlock(rp_lock *lock) {
  unlock(lock);
  model_note("unlock", lock, 0);
}

void
model_cond_wait(rp_cond *cond, rp_lock *lock) {
  unlock(lock);
  touch(&model_word(cond, 1)->hash, 4);
  model_note("wait", cond, 0);
  if (model_current == MAIN) model_fail("setup or check waits for ever");
  threads[model_current].woken = false;
  model_step(WAIT_COND, cond);
  model_lock(lock);
}

void
model_cond_wake_all(rp_cond *cond) {
  touch(&model_word(cond, 1)->hash, 5);
  model_note("wake", cond, 0);
  for (int i = 0; i < thread_count; i++)
    if (threads[i].next == WAIT_COND && threads[i].object == cond)
      threads[i].woken = true;
}

void
model_ring(int bell) {
  model_step(RING, (void *) (intptr_t) bell);
  if (bells[bell]++ > 0)
    model_fail("a second ring of bell %d: the token is in two places", bell);
  touch(&bell_hash[bell], 6);
  model_note("ring", NULL, (uint64_t) bell);
}

void
model_sleep(int bell) {
  model_step(SLEEP, (void *) (intptr_t) bell);
  bells[bell] = 0;
  touch(&bell_hash[bell], 7);
  model_note("woken", NULL, (uint64_t) bell);
}

bool
model_rung(int bell) {
  return bells[bell] > 0;
}

/* ---- runs ---- */

static void
reset(void) {
  model_start_run();
  model_start_memory();
  for (int i = 0; i < SIDES; i++) model_hashes[i] = (uint64_t) i + 1;
  memset(bells, 0, sizeof(bells));
  memset(bell_hash, 0, sizeof(bell_hash));
  steps = preemptions = 0;
  model_looking = false;
  model_current = MAIN;
}

static void
start_threads(void) {
  thread_count = 0;
  model_views[MAIN].clock[MAIN]++;
  for (int i = 0; i < MODEL_THREADS && scene->thread[i] != NULL; i++) {
    model_learn(&model_views[i], &model_views[MAIN]);
    threads[i].started = threads[i].done = threads[i].woken = false;
    threads[i].next = START;
    thread_count++;
  }
  model_views[MAIN].clock[MAIN]++;
}

static void
run_check(void) {
  model_current = MAIN;
  for (int i = 0; i < thread_count; i++) {
    model_learn(&model_views[MAIN], &model_views[i]);
    if (threads[i].done || threads[i].next == SLEEP) continue;
    model_fail("deadlock: thread %d waits for ever", i);
  }
  scene->check();
}

/* One run. @returns how it ended */
static int
run(void) {
  int how = _setjmp(model_driver);

  if (how == ENDED) {
    how = _setjmp(model_driver);
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

static bool
explore(const scenario *s, bool verbose) {
  int how;

  scene = s;
  bound = s->preemptions < 0 || other_bound == NO_OTHER ? s->preemptions : other_bound;
  executions = 0;
  model_first_choices();
  do {
    how = run();
    executions++;
  } while (how != FAILED && model_next_choices());
  printf("%-24s %9llu runs %9llu states  %s\n", s->name, (unsigned long long) executions,
         (unsigned long long) model_states(), how == FAILED ? model_failure() : "ok");
  if (how == FAILED && verbose) model_print_trace();
  fflush(stdout);
  return how != FAILED;
}

/* model [-q] [-p n] [names]: all scenarios, or those named; ends with 1 at the first that
 * fails. -q: no trace. -p: another bound for those scenarios that have one. */
int
main(int count, char **names) {
  bool quiet = false;
  int at = 1;

  for (; at < count && names[at][0] == '-'; at++) {
    if (names[at][1] == 'q') quiet = true;
    if (names[at][1] == 'p' && at + 1 < count) other_bound = atoi(names[++at]);
  }
  make_threads();
  for (int n = at; n == at || n < count; n++)
    for (const scenario *const *s = __start_model_scenarios; s < __stop_model_scenarios;
         s++) {
      if (n < count && strcmp((*s)->name, names[n]) != 0) continue;
      if (!explore(*s, !quiet)) return 1;
    }
  return 0;
}
