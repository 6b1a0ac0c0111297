/*
 * deliver.c - hands simple messages to their listener without the wrapper in between.
 *
 * The wrapper reads messages by the batch, which is the quickest once V8 has compiled it: that takes thousands of messages.
 * Until then it is quicker to call the owner of a port for each: napi_make_callback() runs the ticks and microtasks
 * after it in C++. So the wrapper names a function for a port, and this calls it for each primitive in the inbox. Whatever
 * else comes is the wrapper's.
 */
#include "deliver.h"

#include "primitives.h"
#include "value.h"
#include "yield.h"

static bool
is_direct(const rp_port *port) {
  if (port->direct == NULL || port->direct_left == 0) return false;
  /* What was queued when a listener closed the port is delivered, as by Node. */
  return port->receiving || (port->state == RP_PORT_CLOSING && port->received);
}

/* Call the owner; an error is the process's, as in any callback. False if JavaScript cannot run any more. */
static bool
hand_over(rp_env *e, rp_port *port, napi_value value, bool *calm) {
  return rp_env_call(e, port->context, port->direct_receiver, port->direct, 1, &value,
                     calm);
}

/* The next message if it is a primitive, stepped over; NULL if there is none, or it is something else. */
static napi_value
next_value(rp_env *e, rp_port *port, bool *left) {
  rp_record record;
  napi_value value = NULL;
  int status = rp_chain_peek(&port->half->inbox, &record);

  *left = status != RP_EMPTY;
  if (status != RP_OK || (record.type & ~RP_MESSAGE_BEHIND) != 0) return NULL;
  /* It waits for what its sender has posted over Node before; see order.h. */
  if (record.type != 0 && rp_order_hold(e, port, false)) {
    *left = false;
    return NULL;
  }
  value = rp_primitives_value(e, record.payload, record.length);
  if (value == NULL) return NULL;

  uint32_t size = rp_record_size(record.length);

  rp_count(&e->counters.messages_in, 1);
  rp_count(&e->counters.bytes_in, size);
  rp_chain_release(&port->half->inbox, size, 1);
  rp_yield("deliver:released");
  return value;
}

bool
rp_deliver(rp_env *e, rp_half *half, uint32_t *limit, bool *left) {
  uint32_t slot = half->slot;

  *left = true;
  while (*limit > 0) {
    rp_port *port = &e->ports[slot]; /* which a listener may have moved */
    napi_handle_scope scope;

    if (port->half != half || !is_direct(port)) return true;
    if (napi_open_handle_scope(e->env, &scope) != napi_ok) return false;

    napi_value value = next_value(e, port, left);
    bool running = true, calm = true;

    if (value != NULL) {
      --*limit;
      port->direct_left--;
      running = hand_over(e, port, value, &calm);
    }
    (void) napi_close_handle_scope(e->env, scope);
    if (!running) return false;
    if (!calm) { /* as with Node, it ends the wake-up */
      e->lingers_on = true;
      *limit = 0;
    }
    if (value != NULL) continue;
    if (*left || e->ports[slot].waits > 0 || !rp_linger_for(e, port)) return true;
  }
  return true;
}

static void
drop(napi_env env, napi_ref *ref) {
  if (*ref != NULL) (void) napi_delete_reference(env, *ref);
  *ref = NULL;
}

void
rp_deliver_drop(rp_env *e, rp_port *port) {
  drop(e->env, &port->direct);
  drop(e->env, &port->direct_receiver);
}

/* setDirect(slot, owner, function, limit): call owner.function(value) for primitives, so many at most; without a
 * function, leave them to dispatch. */
napi_value
rp_deliver_set(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  napi_valuetype type = napi_undefined;
  uint32_t limit = 0;

  if (port == NULL) return NULL;
  rp_deliver_drop(e, port);
  (void) napi_typeof(env, argv[2], &type);
  if (type != napi_function) return NULL;
  (void) napi_get_value_uint32(env, argv[3], &limit);
  port->direct_left = limit;
  if (napi_create_reference(env, argv[1], 1, &port->direct_receiver) != napi_ok)
    return NULL;
  if (napi_create_reference(env, argv[2], 1, &port->direct) != napi_ok)
    rp_deliver_drop(e, port);
  return NULL;
}
