/*
 * flood.c - large messages that come one after the other: their memory is kept as long as that lasts.
 *
 * A timer, which keeps no loop alive, looks now and then whether there has been another one.
 */
#include "flood.h"

#include <stdlib.h>

#include "env.h"
#include "memory.h"

/* Milliseconds: longer than the pauses within a flood, shorter than anybody would mind. */
#define LOOK 250

static void
end(rp_env *e) {
  if (!e->flood.busy) return;
  e->flood.busy = false;
  rp_memory_calm();
}

static void
on_look(uv_timer_t *timer) {
  rp_env *e = timer->data;
  bool goes_on = e->flood.goes_on;

  e->flood.goes_on = false;
  if (goes_on || e->closing) return;
  (void) uv_timer_stop(timer);
  end(e);
}

static bool
make_timer(rp_env *e) {
  uv_timer_t *timer = malloc(uv_handle_size(UV_TIMER));

  if (timer == NULL) return false;
  (void) uv_timer_init(e->loop, timer);
  timer->data = e;
  uv_unref((uv_handle_t *) timer);
  e->open_handles++;
  e->flood.timer = timer;
  return true;
}

void
rp_flood_goes_on(rp_env *e) {
  e->flood.goes_on = true;
  if (e->flood.busy || e->closing) return;
  if (e->flood.timer == NULL && !make_timer(e)) return;
  (void) uv_timer_start(e->flood.timer, on_look, LOOK, LOOK);
  e->flood.busy = true;
  rp_memory_busy();
}

void
rp_flood_close(rp_env *e) {
  end(e);
  if (e->flood.timer != NULL)
    uv_close((uv_handle_t *) e->flood.timer, rp_env_handle_closed);
}
