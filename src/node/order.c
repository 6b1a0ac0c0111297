/*
 * order.c - keeps the order between messages by ring and messages by Node's own channels.
 *
 * A port that meets a marked record joins the list of waiting ports. The thread does not
 * rest meanwhile (ready_list.h).
 *
 * The port between a Worker and its parent has a place: a handle of ours where Node's
 * port stands, or the doorbell. When the loop calls that handle, all older handles have
 * been called, and what is queued may be delivered. What comes while the port is being
 * read waits for the next call.
 *
 * Any other port waits for the end of a poll that has called every handle. That is the
 * current poll if the port met the mark as the doorbell rang, which is older than the
 * handles that Node makes later; otherwise it is the next one.
 */
#include "node/order.h"

#include <stdlib.h>

#include "node/value.h"

static uint32_t
posts(const rp_env *e) {
  return *(const uint32_t *) (const void *) e->posts.data;
}

uint32_t
rp_order_mark(const rp_env *e, const rp_port *port) {
  return e->posts.data == NULL || port->posts == posts(e) ? 0 : RP_MESSAGE_BEHIND;
}

void
rp_order_marked(const rp_env *e, rp_port *port) {
  if (e->posts.data != NULL) port->posts = posts(e);
}

static void on_check(uv_check_t *check);

static void
on_place(uv_async_t *handle) {
  rp_env *e = handle->data;

  if (e->closing) return;
  rp_order_let_pass(e, handle);
  e->order.serve(e, handle);
}

napi_value
rp_order_place(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);
  bool first;

  if (napi_get_value_bool(env, argv[1], &first) != napi_ok)
    return rp_throw_type(env, "place needs a boolean");
  if (port == NULL || port->place != NULL || e->closing) return NULL;
  if (first) {
    port->place = e->doorbell;
    return NULL;
  }

  uv_async_t *handle = malloc(uv_handle_size(UV_ASYNC));

  if (handle == NULL || uv_async_init(e->loop, handle, on_place) != 0) {
    free(handle);
    return NULL;
  }
  handle->data = e;
  uv_unref((uv_handle_t *) handle);
  e->open_handles++;
  port->place = handle;
  return NULL;
}

/* The port waits no more. Because it waited, the thread has not gone to rest, and libuv
 * does not call a closed place. So ring the doorbell if no other port waits. */
static void
stop_waiting(rp_env *e, rp_port *port) {
  rp_order *order = &e->order;
  uint32_t slot = (uint32_t) (port - e->ports), kept = 0;

  if (port->waits == 0) return;
  port->waits = 0;
  if (port->place == NULL) order->unplaced--;
  for (uint32_t i = 0; i < order->length; i++)
    if (order->slots[i] != slot) order->slots[kept++] = order->slots[i];
  order->length = kept;
  if (kept == 0 && !e->closing) (void) uv_async_send(e->doorbell);
}

void
rp_order_leave(rp_env *e, rp_port *port) {
  uv_async_t *place = port->place;

  stop_waiting(e, port);
  port->place = NULL;
  if (place != NULL && place != e->doorbell)
    uv_close((uv_handle_t *) place, rp_env_handle_closed);
}

/* Make room for one more slot. False without memory. */
static bool
make_room(rp_order *order) {
  if (order->length < order->capacity) return true;

  uint32_t capacity = order->capacity == 0 ? 8 : order->capacity * 2;
  uint32_t *slots = realloc(order->slots, capacity * sizeof(*slots));

  if (slots == NULL) return false;
  order->slots = slots;
  order->capacity = capacity;
  return true;
}

/* The records queued now need not wait again. */
static void
cover(rp_port *port) {
  rp_chain *inbox = &port->endpoint->inbox;

  port->covered = inbox->received + rp_chain_queued(inbox);
}

bool
rp_order_is_covered(const rp_port *port) {
  return (int32_t) (port->covered - port->endpoint->inbox.received) > 0;
}

/* cover(slot): what is queued now need not wait. */
napi_value
rp_order_cover(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  rp_record first;

  if (port == NULL) return NULL;
  port->late = true;
  if (rp_chain_peek(&port->endpoint->inbox, &first) == RP_OK) cover(port);
  return NULL;
}

static void
on_again(uv_idle_t *again) {
  (void) again; /* being active keeps the loop from blocking */
}

/* Make both handles. False without memory; then there is neither. */
static bool
make_handles(rp_env *e) {
  rp_order *order = &e->order;

  if (order->check != NULL) return true;

  uv_check_t *check = malloc(uv_handle_size(UV_CHECK));
  uv_idle_t *again = malloc(uv_handle_size(UV_IDLE));

  if (check == NULL || again == NULL) {
    free(check);
    free(again);
    return false;
  }
  (void) uv_check_init(e->loop, check);
  (void) uv_idle_init(e->loop, again);
  check->data = again->data = e;
  uv_unref((uv_handle_t *) check);
  uv_unref((uv_handle_t *) again);
  e->open_handles += 2;
  order->check = check;
  order->again = again;
  return true;
}

bool
rp_order_hold(rp_env *e, rp_port *port, bool begins) {
  rp_order *order = &e->order;
  bool now = begins && order->called != NULL;

  if (port->waits > 0) return true;
  if (!port->receiving) return false;
  if (rp_order_is_covered(port)) return false;
  if (now && order->called == port->place && !port->late) {
    cover(port);
    return false;
  }
  port->late = false;
  if (e->closing || !make_room(order)) return false;
  if (port->place != NULL) {
    port->waits = 1;
    (void) uv_async_send(port->place);
  } else {
    if (!make_handles(e)) return false;
    port->waits = order->called == NULL || (now && order->called == e->doorbell) ? 1 : 2;
    cover(port);
    if (order->unplaced++ == 0) {
      /* Started last, it runs before Node's check, which runs the immediates. */
      (void) uv_check_start(order->check, on_check);
      (void) uv_idle_start(order->again, on_again);
    }
  }
  order->slots[order->length++] = (uint32_t) (port - e->ports);
  return true;
}

void
rp_order_let_pass(rp_env *e, const uv_async_t *place) {
  rp_order *order = &e->order;
  uint32_t kept = 0;

  order->unplaced = 0;
  for (uint32_t i = 0; i < order->length; i++) {
    rp_port *port = &e->ports[order->slots[i]];

    if (port->place != place || --port->waits > 0) {
      if (port->place == NULL) order->unplaced++;
      order->slots[kept++] = order->slots[i];
      continue;
    }
    if (port->state != RP_PORT_OPEN || port->endpoint == NULL) continue;
    if (place != NULL && !port->late) cover(port);
    rp_endpoint_schedule(port->endpoint);
  }
  order->length = kept;
}

static void
on_check(uv_check_t *check) {
  rp_env *e = check->data;

  if (e->closing) return;
  rp_order_let_pass(e, NULL);
  if (e->order.unplaced == 0) {
    (void) uv_check_stop(check);
    (void) uv_idle_stop(e->order.again);
  }
  e->order.serve(e, NULL);
}

void
rp_order_close(rp_env *e) {
  if (e->order.check == NULL) return;
  uv_close((uv_handle_t *) e->order.check, rp_env_handle_closed);
  uv_close((uv_handle_t *) e->order.again, rp_env_handle_closed);
}

void
rp_order_free(rp_env *e) {
  free(e->order.slots);
}
