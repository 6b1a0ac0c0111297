/*
 * idle.c - what a thread does when its loop has nothing to do: sleep, or watch for messages first.
 *
 * Watching happens in a uv_prepare callback, which libuv runs right before it blocks. The thread does
 * not rest meanwhile (see ready_list.h), so who posts to it rings no doorbell: what is pushed is found
 * and dispatched right there, as the doorbell's callback would.
 *
 * Nothing else waits longer than it has to: the loop goes on at once when anything in it is ready
 * (uv_backend_timeout() is 0), when a timer is due, and after `spin` in any case, to poll for I/O
 * without blocking if messages keep coming. When it is about to block the thread goes to rest.
 *
 * Watching adapts. In vain, it becomes shorter by half each time, until there is none. A doorbell that comes
 * so soon that watching might have met the message is a hint to watch in full again; if that is in
 * vain, the next hint is not followed, then the next two, and so on. Now and then the thread yields; if it
 * does not get its core back at once and there is no news then, others need the core: it sleeps, and
 * does not watch the next time, then the next two times, and so on.
 */
#include "node/idle.h"

#include <stdlib.h>

#include "node/env.h"
#include "node/value.h"

#define MILLISECOND ((uint64_t) 1000000)

/* Shorter is not worth the clock readings. */
#define SHORTEST (2 * RP_MICROSECOND)
/* Looks between two clock readings, some 20 ns each. */
#define LOOKS 32
/* Until the first yield, in case that who is to answer has the same core, and, as it gets longer, between
 * the later ones: a system call of 0.3 us. */
#define YIELD_FIRST (2 * RP_MICROSECOND)
#define YIELD_LAST (16 * RP_MICROSECOND)
/* What sleeping adds to the way there and back: two wake-ups, at both ends. */
#define WAKE_UPS (50 * RP_MICROSECOND)
/* Times left out at most. */
#define MOST 256

#if defined(_WIN32)
#include <windows.h>
#define yield_core() ((void) SwitchToThread())
#else
#include <poll.h>
#include <sched.h>
#define yield_core() ((void) sched_yield())
#endif

static void
rest(rp_env *e) {
  rp_idle *idle = &e->idle;

  if (!idle->watching || e->order.length > 0) return;
  idle->watching = false;
  if (!rp_ready_list_rest(&e->ready_list)) (void) uv_async_send(e->doorbell);
}

typedef enum outcome {
  QUIET,   /* nothing came as long as it was worth waiting */
  TAKEN,   /* others need the core */
  DUE,     /* the loop has something to do */
  ON,      /* messages keep coming: have a look at I/O, then go on */
  STOPPED, /* JavaScript cannot run any more */
} outcome;

uint64_t
rp_idle_yield(void) {
  yield_core();
  return uv_hrtime();
}

bool
rp_idle_has_events(rp_env *e) {
#if defined(_WIN32)
  (void) e;
  return true; /* nothing tells */
#else
  struct pollfd events = {.fd = uv_backend_fd(e->loop), .events = POLLIN};

  return poll(&events, 1, 0) != 0;
#endif
}

/* When the loop has to go on, by what uv_backend_timeout() says: in milliseconds, -1 without a timer. */
static uint64_t
due_at(rp_env *e, int timeout) {
  return timeout < 0 ? UINT64_MAX : (uv_now(e->loop) + (uint64_t) timeout) * MILLISECOND;
}

/* Watch and serve, at most until a timer is due. */
static outcome
watch(rp_env *e, uint64_t now, int timeout) {
  rp_idle *idle = &e->idle;
  uint64_t due = due_at(e, timeout);
  uint64_t poll_at = now + idle->spin;
  uint64_t gap = YIELD_FIRST;
  uint64_t yield_at = now + gap;

  for (;;) {
    for (int look = 0; look < LOOKS && !rp_ready_list_news(&e->ready_list); look++)
      rp_look_pause();
    if (rp_ready_list_news(&e->ready_list)) {
      if (!rp_env_serve(e)) return STOPPED;
      now = uv_hrtime();
      idle->since = now;
      idle->patience = idle->spin;
      idle->skips = idle->deafs = 0;
      idle->hinted = false;
      gap = YIELD_FIRST;
      yield_at = now + gap;
      timeout = uv_backend_timeout(e->loop);
      if (timeout == 0 || e->order.length > 0) return DUE;
      due = due_at(e, timeout); /* listeners set timers */
    } else {
      now = uv_hrtime();
    }
    if (now >= due) return DUE;
    if (now - idle->since >= idle->patience) return QUIET;
    if (now >= poll_at) return ON;
    if (now < yield_at) continue;

    uint64_t since = now;

    now = rp_idle_yield();
    if (now - since >= RP_YIELD_LONG && !rp_ready_list_news(&e->ready_list)) return TAKEN;
    if (gap < YIELD_LAST) gap *= 2;
    yield_at = now + gap;
  }
}

/* It has watched for so long in vain. */
static void
lose_patience(rp_idle *idle) {
  idle->vain = 0;
  if (idle->hinted) {
    idle->hinted = false;
    idle->patience = 0;
    idle->deaf = idle->deafs = rp_rarer(idle->deafs, MOST);
  } else {
    idle->patience = idle->patience / 2 < SHORTEST ? 0 : idle->patience / 2;
  }
}

/* Whether it is worth to watch now. */
static bool
worth(rp_env *e) {
  rp_idle *idle = &e->idle;

  if (idle->patience == 0) return false;
  if (rp_load_relaxed(&e->counters.ports) == 0 && !e->ref_by_rings) return false;
  if (idle->skip == 0) return true;
  idle->skip--;
  return false;
}

/* The loop has run out of work; `timeout` in milliseconds until a timer is due, -1 without one. */
static outcome
run_out(rp_env *e, int timeout) {
  rp_idle *idle = &e->idle;
  uint64_t now = uv_hrtime();

  if (!idle->watching) idle->since = now;
  if (!worth(e)) return QUIET;
  /* What the doorbell on its way is about comes first. */
  if (!idle->watching && !rp_ready_list_watch(&e->ready_list)) return DUE;
  idle->watching = true;

  outcome how = watch(e, now, timeout);

  if (how == STOPPED) return how;
  if (how == TAKEN) idle->skip = idle->skips = rp_rarer(idle->skips, MOST);
  idle->vain = idle->since > now ? 0 : idle->vain + uv_hrtime() - now;
  if (idle->vain >= idle->patience) lose_patience(idle);
  uv_update_time(e->loop); /* or a timer would be waited for from the time before */
  return how;
}

static void
on_again(uv_idle_t *again) {
  (void) again; /* that it is active is all that matters */
}

static void
on_prepare(uv_prepare_t *prepare) {
  rp_env *e = prepare->data;
  rp_idle *idle = &e->idle;
  outcome how = DUE;

  if (e->closing) return;
  (void) uv_idle_stop(idle->again);
  /* 0 if something else is to be done, and if nothing keeps the loop alive. */
  int timeout = idle->spin == 0 || e->order.length > 0 ? 0 : uv_backend_timeout(e->loop);

  if (timeout != 0) how = run_out(e, timeout);
  if (how == STOPPED) return;
  if (how == ON && idle->spin > 0) {
    (void) uv_idle_start(idle->again, on_again);
    return;
  }
  rest(e);
  if (idle->spin == 0 && !idle->watching) (void) uv_prepare_stop(prepare);
}

/* Both handles, or none. */
static bool
make_handles(rp_env *e) {
  rp_idle *idle = &e->idle;
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
  idle->prepare = prepare;
  idle->again = again;
  return true;
}

napi_value
rp_idle_set(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_idle *idle = &e->idle;
  uint32_t spin, linger;

  if (napi_get_value_uint32(env, argv[0], &spin) != napi_ok ||
      napi_get_value_uint32(env, argv[1], &linger) != napi_ok)
    return rp_throw_type(env, "setIdle needs two numbers");
  if (e->closing) return NULL;
  if (idle->prepare == NULL && spin > 0 && !make_handles(e)) return rp_throw_memory(env);
  idle->linger = linger * RP_MICROSECOND;
  if (idle->prepare == NULL) return NULL;
  idle->spin = idle->patience = spin * RP_MICROSECOND;
  idle->skip = idle->skips = idle->deaf = idle->deafs = 0;
  idle->vain = 0;
  /* Stopping is for the callback, which knows whether the thread has to go to rest first. */
  if (spin > 0) (void) uv_prepare_start(idle->prepare, on_prepare);
  return NULL;
}

void
rp_idle_woken(rp_env *e) {
  rp_idle *idle = &e->idle;

  if (idle->patience == idle->spin) return; /* also if it is off */
  if (uv_hrtime() - idle->since > idle->spin + WAKE_UPS) return;
  if (idle->deaf > 0) {
    idle->deaf--;
    return;
  }
  idle->patience = idle->spin;
  idle->vain = 0;
  idle->hinted = true;
}

bool
rp_idle_come_back(rp_env *e) {
  if (e->idle.patience == 0) return false;
  e->idle.watching = true;
  e->idle.since = uv_hrtime();
  (void) uv_idle_start(e->idle.again, on_again);
  return true;
}

void
rp_idle_close(rp_env *e) {
  if (e->idle.prepare == NULL) return;
  uv_close((uv_handle_t *) e->idle.prepare, rp_env_handle_closed);
  uv_close((uv_handle_t *) e->idle.again, rp_env_handle_closed);
}
