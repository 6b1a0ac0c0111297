/*
 * The table of threads: who is listed when and in which state, and counters that other
 * threads read while their owner writes them.
 */
#include "support.h"

#include "core/process/threads.h"

static rp_thread_info infos[64];

static size_t
list(void) {
  return rp_threads_list(infos, 64);
}

static bool
only(uint64_t id, rp_thread_state state, const char *name) {
  return list() == 1 && infos[0].id == id && infos[0].state == state &&
         strcmp(infos[0].name, name) == 0;
}

static void
life_of_a_worker(void) {
  rp_counters counters = {0};
  int parent;

  assert(list() == 0);
  rp_threads_start(&parent, 5, "five");
  assert(only(5, RP_THREAD_STARTING, "five"));
  rp_threads_online(4);
  assert(only(5, RP_THREAD_STARTING, "five"));
  rp_threads_online(5);
  assert(only(5, RP_THREAD_RUNNING, "five"));
  assert(rp_threads_run(5, "", &counters) == RP_OK);
  assert(only(5, RP_THREAD_RUNNING, "five"));
  rp_count(&counters.messages_out, 3);
  rp_count(&counters.ports, 2);
  rp_count(&counters.ports, (uint64_t) -1);
  assert(list() == 1 && infos[0].messages_out == 3 && infos[0].ports == 1);
  rp_threads_stop(&counters);
  rp_threads_online(5); /* heard late */
  assert(only(5, RP_THREAD_STOPPING, "five"));
  rp_threads_exit(&counters);
  rp_count(&counters.messages_out, 100); /* its own again */
  assert(only(5, RP_THREAD_EXITED, "five") && infos[0].messages_out == 3);
  rp_threads_forget(5);
  assert(list() == 0);
}

static void
visit(uint64_t id, rp_counters *counters, void *data) {
  uint64_t *sum = data;

  *sum = *sum * 100 + id * 10 + rp_load_relaxed(&counters->ports);
}

static void
each_visits_those_that_count(void) {
  rp_counters one = {0}, other = {0};
  uint64_t sum = 0;
  int parent;

  rp_threads_start(&parent, 4, "not loaded");
  assert(rp_threads_run(7, "", &other) == RP_OK && rp_threads_run(2, "", &one) == RP_OK);
  rp_count(&one.ports, 1);
  rp_count(&other.ports, 3);
  rp_count(&other.stalls, 5);
  rp_count(&other.by_node, 6);
  rp_threads_each(visit, &sum);
  assert(sum == 2173);
  assert(list() == 3 && infos[2].stalls == 5 && infos[2].by_node == 6);
  rp_threads_stop(&one); /* counts until it has ended */
  sum = 0;
  rp_threads_each(visit, &sum);
  assert(sum == 2173);
  rp_threads_exit(&one);
  sum = 0;
  rp_threads_each(visit, &sum);
  assert(sum == 73);
  rp_threads_exit(&other);
  rp_threads_forget(4);
  assert(list() == 0);
}

/* In whatever order parent and child come. */
static void
other_orders(void) {
  rp_counters counters = {0}, others = {0};
  int parent, other_parent;

  /* The child is faster; its own name counts. */
  assert(rp_threads_run(5, "mine", &counters) == RP_OK);
  rp_threads_start(&parent, 5, "theirs");
  assert(only(5, RP_THREAD_RUNNING, "mine"));

  /* The parent ends first: nobody waits for the end of the child. */
  rp_threads_forget_all(&other_parent);
  rp_threads_forget_all(&parent);
  assert(only(5, RP_THREAD_RUNNING, "mine"));
  rp_threads_exit(&counters);
  assert(list() == 0);

  /* It is over before its parent knows of it, and was not listed for ever. */
  assert(rp_threads_run(5, "", &counters) == RP_OK);
  rp_threads_stop(&counters);
  rp_threads_exit(&counters);
  assert(list() == 0);
  rp_threads_start(&parent, 5, "");
  rp_threads_forget(5);
  assert(list() == 0);

  /* Never loaded. */
  rp_threads_start(&parent, 5, "");
  rp_threads_start(&other_parent, 4, "");
  assert(list() == 2 && infos[0].id == 4 && infos[1].id == 5);
  rp_threads_forget_all(&parent);
  assert(only(4, RP_THREAD_STARTING, ""));
  rp_threads_forget(4);
  rp_threads_forget(4);

  /* Loaded twice in one thread. */
  assert(rp_threads_run(0, "", &counters) == RP_OK);
  assert(rp_threads_run(0, "", &others) == RP_OK);
  assert(list() == 2);
  rp_threads_exit(&counters);
  assert(list() == 1);
  rp_threads_exit(&others);
  rp_threads_exit(&others);
  rp_threads_stop(&others);
  assert(list() == 0);
}

static void
names(void) {
  char name[RP_THREAD_NAME_MAX + 2];
  int parent;

  /* Cut between characters: 62 of one byte, then one of two. */
  memset(name, 'x', sizeof(name));
  memcpy(name + RP_THREAD_NAME_MAX - 2, "\xC3\xA9!", 4);
  rp_threads_start(&parent, 1, name);
  assert(list() == 1 && strlen(infos[0].name) == RP_THREAD_NAME_MAX - 2);
  rp_threads_forget(1);
  name[RP_THREAD_NAME_MAX - 3] = '\xC3';
  name[RP_THREAD_NAME_MAX - 2] = '\xA9';
  name[RP_THREAD_NAME_MAX - 1] = '\0';
  rp_threads_start(&parent, 1, name);
  assert(list() == 1 && strcmp(infos[0].name, name) == 0);
  rp_threads_forget(1);
}

/* ---- threads that come, count and go, while others read ---- */

enum { THREADS = 4, READERS = 2 };

static atomic_int going;

static void *
live(void *argument) {
  uint64_t id = (uint64_t) (uintptr_t) argument;

  for (int round = 0; round < ROUNDS(300, 60); round++) {
    rp_counters *counters = calloc(1, sizeof(*counters));

    rp_threads_start(&going, id, "thread");
    assert(rp_threads_run(id, "", counters) == RP_OK);
    for (int i = 0; i < 1000; i++) {
      rp_count(&counters->messages_in, 1);
      rp_count(&counters->bytes_in, 8);
    }
    rp_threads_stop(counters);
    rp_threads_exit(counters);
    free(counters);
    if (round % 2 == 0) rp_threads_forget(id);
  }
  rp_threads_forget(id);
  atomic_fetch_sub(&going, 1);
  return NULL;
}

static void *
look(void *argument) {
  (void) argument;
  while (atomic_load(&going) > 0) {
    rp_thread_info seen[THREADS];
    size_t count = rp_threads_list(seen, THREADS);

    for (size_t i = 0; i < count && i < THREADS; i++) {
      assert(seen[i].messages_in <= 1000 && seen[i].bytes_in <= 8000);
      assert(seen[i].state != RP_THREAD_EXITED || seen[i].bytes_in == 8000);
      assert(i == 0 || seen[i].id >= seen[i - 1].id);
    }
  }
  return NULL;
}

static void
all_at_once(void) {
  pthread_t threads[THREADS + READERS];

  atomic_init(&going, THREADS);
  for (uintptr_t i = 0; i < THREADS; i++) threads[i] = start(live, (void *) (i + 1));
  for (int i = 0; i < READERS; i++) threads[THREADS + i] = start(look, NULL);
  for (int i = 0; i < THREADS + READERS; i++) finish(threads[i]);
  assert(list() == 0);
}

int
main(void) {
  life_of_a_worker();
  each_visits_those_that_count();
  other_orders();
  names();
  all_at_once();
  return 0;
}
