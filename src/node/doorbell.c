/*
 * doorbell.c - how a thread is woken: by its doorbell, or by a place among its handles
 * (order.h).
 */
#include "node/doorbell.h"

#include "core/failpoint.h"
#include "node/dispatch.h"
#include "node/loop_spin.h"
#include "node/sleep_cost.h"
#include "node/order.h"

void
rp_doorbell_serve(rp_env *e, const uv_async_t *place) {
  e->order.called = place;

  bool running = rp_dispatch_serve(e);

  e->order.called = NULL;
  if (running) rp_loop_spin_rest(e);
}

void
rp_doorbell_called(uv_async_t *doorbell) {
  rp_env *e = doorbell->data;

  if (e->closing) return;
  rp_failpoint("doorbell:woken");
  rp_count(&e->counters.wakeups, 1);
  rp_loop_spin_woken(e);
  rp_order_let_pass(e, doorbell);
  rp_doorbell_serve(e, doorbell);
}

void
rp_doorbell_ring(rp_ready_list *list) {
  /* uv_async_send() returns early if it sees the `pending` flag of an earlier call. It
   * cannot here: we have taken the token from a thread at rest, so its last callback has
   * cleared the flag, and we see that. In the other direction libuv only has to run the
   * callback, it need not order anything: see rp_ready_list_wake(). */
  uint64_t begin = uv_hrtime();

  (void) uv_async_send(((rp_env *) (void *) list)->doorbell);
  rp_sleep_cost_rung(uv_hrtime() - begin);
}
