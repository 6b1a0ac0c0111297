/*
 * loop_spin.c - what a thread does when its loop has nothing to do: sleep, or spin for
 * messages first.
 *
 * The thread spins in a uv_prepare callback, which libuv runs right before it blocks. It
 * does not rest meanwhile (ready_list.h), so senders ring no doorbell: the thread finds
 * what they push and dispatches it, as the doorbell's callback would.
 *
 * Nothing else waits longer. The loop continues at once when anything in it is ready
 * (uv_backend_timeout() is 0), when a timer is due, and in any case after `limit`, to
 * poll for I/O without blocking while messages keep coming. When the loop is about to
 * block, the thread goes to rest.
 *
 * Each unsuccessful spin halves the budget, down to zero. If the doorbell then rings so
 * soon that spinning might have met the message, that is a hint to spin in full again. If
 * that is unsuccessful, the thread ignores the next hint, then the next two, and so on.
 * The thread also yields now and then. If it does not get its core back at once, and
 * there is no news, other threads need the core: it sleeps, and skips the next spin, then
 * the next two, and so on.
 */
#include "node/loop_spin.h"

#include <stdlib.h>

#include "node/dispatch.h"
#include "node/value.h"

#define MILLISECOND ((uint64_t) 1000000)

/* Shortest budget: less is not worth reading the clock. */
#define SHORTEST (2 * RP_MICROSECOND)
/* Looks between two clock readings; a reading takes some 20 ns. */
#define LOOKS 32
/* Time until the first yield, in case the sender needs this core. It doubles up to the
 * last value, since a yield is a system call of 0.3 us. */
#define YIELD_FIRST (2 * RP_MICROSECOND)
#define YIELD_LAST (16 * RP_MICROSECOND)
/* What sleeping adds to a round trip: a wake-up at each end. */
#define WAKE_UPS (50 * RP_MICROSECOND)
/* Most spins or hints skipped in a row. */
#define MOST 256

static void
rest(rp_env *e) {
  rp_loop_spin *spin = &e->loop_spin;

  if (!spin->watching || e->order.length > 0) return;
  spin->watching = false;
  if (!rp_ready_list_rest(&e->ready_list)) (void) uv_async_send(e->doorbell);
}

typedef enum outcome {
  QUIET,   /* no news within the budget */
  TAKEN,   /* others need the core */
  DUE,     /* the loop has other work */
  ON,      /* messages keep coming: poll for I/O, then spin on */
  STOPPED, /* JavaScript cannot run any more */
} outcome;

/* Convert the result of uv_backend_timeout(), in milliseconds or -1 without a timer, to
 * a time. */
static uint64_t
due_at(rp_env *e, int timeout) {
  return timeout < 0 ? UINT64_MAX : (uv_now(e->loop) + (uint64_t) timeout) * MILLISECOND;
}

/* Spin, and serve what comes, at most until a timer is due. */
static outcome
watch(rp_env *e, uint64_t now, int timeout) {
  rp_loop_spin *spin = &e->loop_spin;
  uint64_t due = due_at(e, timeout);
  uint64_t poll_at = now + spin->limit;
  uint64_t gap = YIELD_FIRST;
  uint64_t yield_at = now + gap;

  for (;;) {
    for (int look = 0; look < LOOKS && !rp_ready_list_news(&e->ready_list); look++)
      rp_spin_pause();
    if (rp_ready_list_news(&e->ready_list)) {
      if (!rp_dispatch_serve(e)) return STOPPED;
      now = uv_hrtime();
      spin->since = now;
      spin->budget = spin->limit;
      rp_backoff_succeed(&spin->taken);
      rp_backoff_succeed(&spin->deaf);
      spin->hinted = false;
      gap = YIELD_FIRST;
      yield_at = now + gap;
      timeout = uv_backend_timeout(e->loop);
      if (timeout == 0 || e->order.length > 0) return DUE;
      due = due_at(e, timeout); /* a listener may have set a timer */
    } else {
      now = uv_hrtime();
    }
    if (now >= due) return DUE;
    if (now - spin->since >= spin->budget) return QUIET;
    if (now >= poll_at) return ON;
    if (now < yield_at) continue;

    uint64_t since = now;

    now = rp_spin_yield();
    if (now - since >= RP_YIELD_LONG && !rp_ready_list_news(&e->ready_list)) return TAKEN;
    if (gap < YIELD_LAST) gap *= 2;
    yield_at = now + gap;
  }
}

/* The budget was used up without news. */
static void
halve_budget(rp_loop_spin *spin) {
  spin->vain = 0;
  if (spin->hinted) {
    spin->hinted = false;
    spin->budget = 0;
    rp_backoff_fail(&spin->deaf, MOST);
  } else {
    spin->budget = spin->budget / 2 < SHORTEST ? 0 : spin->budget / 2;
  }
}

/* Return true if the thread should spin now. */
static bool
worth(rp_env *e) {
  rp_loop_spin *spin = &e->loop_spin;

  if (spin->budget == 0) return false;
  if (rp_load_relaxed(&e->counters.ports) == 0 && !e->ref_by_rings) return false;
  return !rp_backoff_skips(&spin->taken);
}

/* The loop has run out of work; `timeout` is that of uv_backend_timeout(). */
static outcome
run_out(rp_env *e, int timeout) {
  rp_loop_spin *spin = &e->loop_spin;
  uint64_t now = uv_hrtime();

  if (!spin->watching) spin->since = now;
  if (!worth(e)) return QUIET;
  /* A doorbell is on its way: hear it first. */
  if (!spin->watching && !rp_ready_list_watch(&e->ready_list)) return DUE;
  spin->watching = true;

  outcome how = watch(e, now, timeout);

  if (how == STOPPED) return how;
  if (how == TAKEN) rp_backoff_fail(&spin->taken, MOST);
  spin->vain = spin->since > now ? 0 : spin->vain + uv_hrtime() - now;
  if (spin->vain >= spin->budget) halve_budget(spin);
  uv_update_time(e->loop); /* or libuv would wait too long for a timer */
  return how;
}

static void
on_again(uv_idle_t *again) {
  (void) again; /* being active keeps the loop from blocking */
}

static void
on_prepare(uv_prepare_t *prepare) {
  rp_env *e = prepare->data;
  rp_loop_spin *spin = &e->loop_spin;
  outcome how = DUE;

  if (e->closing) return;
  (void) uv_idle_stop(spin->again);
  /* 0 if the loop has work, or nothing keeps it alive. */
  int timeout = spin->limit == 0 || e->order.length > 0 ? 0 : uv_backend_timeout(e->loop);

  if (timeout != 0) how = run_out(e, timeout);
  if (how == STOPPED) return;
  if (how == ON && spin->limit > 0) {
    (void) uv_idle_start(spin->again, on_again);
    return;
  }
  rest(e);
  if (spin->limit == 0 && !spin->watching) (void) uv_prepare_stop(prepare);
}

/* Make both handles. False without memory; then there is neither. */
static bool
make_handles(rp_env *e) {
  rp_loop_spin *spin = &e->loop_spin;
  uv_prepare_t *prepare = malloc(uv_handle_size(UV_PREPARE));
  uv_idle_t *again = malloc(uv_handle_size(UV_IDLE));

  if (prepare == NULL || again == NULL) {
    free(prepare);
    free(again);
    return false;
  }
  (void) uv_prepare_init(e->loop, prepare);
  (void) uv_idle_init(e->loop, again);
  prepare->data = again->data = e;
  uv_unref((uv_handle_t *) prepare);
  uv_unref((uv_handle_t *) again);
  e->open_handles += 2;
  spin->prepare = prepare;
  spin->again = again;
  return true;
}

napi_value
rp_loop_spin_set(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_loop_spin *spin = &e->loop_spin;
  uint32_t limit, port_limit;

  if (napi_get_value_uint32(env, argv[0], &limit) != napi_ok ||
      napi_get_value_uint32(env, argv[1], &port_limit) != napi_ok)
    return rp_throw_type(env, "setIdle needs two numbers");
  if (e->closing) return NULL;
  if (!rp_spin_pays()) limit = 0;
  if (spin->prepare == NULL && limit > 0 && !make_handles(e)) return rp_throw_memory(env);
  e->turn_spin.limit =
      port_limit == UINT32_MAX ? RP_LIMIT_MEASURED : port_limit * RP_MICROSECOND;
  if (spin->prepare == NULL) return NULL;
  spin->limit = spin->budget = limit * RP_MICROSECOND;
  spin->taken = spin->deaf = (rp_backoff){0, 0};
  spin->vain = 0;
  /* on_prepare() stops itself, after the thread has gone to rest. */
  if (limit > 0) (void) uv_prepare_start(spin->prepare, on_prepare);
  return NULL;
}

void
rp_loop_spin_woken(rp_env *e) {
  rp_loop_spin *spin = &e->loop_spin;

  if (spin->budget == spin->limit) return; /* also when it is off */
  if (uv_hrtime() - spin->since > spin->limit + WAKE_UPS) return;
  if (rp_backoff_skips(&spin->deaf)) return;
  spin->budget = spin->limit;
  spin->vain = 0;
  spin->hinted = true;
}

static bool
come_back(rp_env *e) {
  if (e->loop_spin.budget == 0) return false;
  e->loop_spin.watching = true;
  e->loop_spin.since = uv_hrtime();
  (void) uv_idle_start(e->loop_spin.again, on_again);
  return true;
}

void
rp_loop_spin_rest(rp_env *e) {
  if (e->order.length > 0 || e->loop_spin.watching)
    return; /* their callbacks let the thread rest */
  /* There is news: it waits for the next iteration of the loop, behind timers and I/O. */
  if (!rp_ready_list_rest(&e->ready_list) && !come_back(e))
    (void) uv_async_send(e->doorbell);
}

void
rp_loop_spin_close(rp_env *e) {
  if (e->loop_spin.prepare == NULL) return;
  uv_close((uv_handle_t *) e->loop_spin.prepare, rp_env_handle_closed);
  uv_close((uv_handle_t *) e->loop_spin.again, rp_env_handle_closed);
}
