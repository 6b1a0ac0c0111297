/*
 * port.c - what the wrapper does with ports: open, post, receive, close, detach, attach.
 */
#include "node/port.h"

#include <assert.h>
#include <string.h>

#include "node/port_spin.h"
#include "node/order.h"
#include "node/ports.h"
#include "node/primitives.h"
#include "node/send.h"
#include "node/value.h"
#include "core/failpoint.h"

/* In the STATUS word: the next message is not for readValues(), or it is an object of the shape in BYTES, which is to
 * be introduced first (flat.h). */
#define RP_PORT_OTHER 1
#define RP_PORT_SHAPE 2

/* open() -> slot of one endpoint; the slot of the other is in the control word STATUS. */
napi_value
rp_port_open(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_endpoint *one, *other;
  uint32_t slot, other_slot;

  if (e->closing || rp_channel_open(&e->ready_list, &one, &other) != RP_OK)
    return rp_throw_memory(env);
  rp_failpoint("port:opened");
  slot = rp_ports_add(e, one);
  other_slot = slot == RP_NO_SLOT ? RP_NO_SLOT : rp_ports_add(e, other);
  if (other_slot == RP_NO_SLOT) {
    if (slot != RP_NO_SLOT)
      rp_ports_retire(e, slot);
    else
      (void) rp_endpoint_close(one);
    (void) rp_endpoint_close(other);
    return rp_throw_memory(env);
  }
  /* Who gets one of them hears of it behind all that has been posted until now. */
  rp_order_marked(e, &e->ports[slot]);
  rp_order_marked(e, &e->ports[other_slot]);
  rp_control(e)[RP_CONTROL_STATUS] = other_slot;
  return rp_from_u32(env, slot);
}

/* bind(slot, port): make the port an async resource, as Node's are. */
napi_value
rp_port_bind(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], name;
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);

  if (port == NULL || port->context != NULL) return NULL;
  if (napi_create_string_latin1(env, "MESSAGEPORT", NAPI_AUTO_LENGTH, &name) == napi_ok)
    (void) napi_async_init(env, argv[1], name, &port->context);
  return NULL;
}

/* post(): send scratch[START, END) with the blocks staged from STAGED on by the port SLOT.
 * STATUS: 0 or RP_CLOSED. */
napi_value
rp_port_post(napi_env env, napi_callback_info info) {
  rp_env *e = rp_callee(env, info);
  rp_port *port = rp_env_port_at(e, rp_control(e)[RP_CONTROL_SLOT]);
  uint32_t *control = rp_control(e);
  uint32_t start = control[RP_CONTROL_START];
  uint32_t end = control[RP_CONTROL_END];
  uint32_t staged = control[RP_CONTROL_STAGED];
  int status = RP_CLOSED;

  if (start > end || end > e->scratch.length || staged > e->staged_length)
    return rp_throw_type(env, "post is out of the scratch's bounds");
  if (port != NULL) {
    status = rp_send_write(e, port, control[RP_CONTROL_FLAGS] & RP_MESSAGE_FLAGS,
                           e->scratch.data + start, end - start, e->staged + staged,
                           e->staged_length - staged);
    if (status == RP_OK) e->staged_length = staged; /* the record owns the blocks now */
  }
  return rp_send_end(e, port, status);
}

/* The type of the first of these records. */
static uint32_t
first_type(const uint8_t *records) {
  uint32_t type;

  memcpy(&type, records + sizeof(type), sizeof(type));
  return type;
}

static void
set_first_type(uint8_t *records, uint32_t type) {
  memcpy(records + sizeof(type), &type, sizeof(type));
}

/* postMany(slot): send the messages in outbox[0, END), all visible at once. STATUS: 0 or RP_CLOSED. */
napi_value
rp_port_post_many(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  uint32_t *control = rp_control(e);
  uint32_t end = control[RP_CONTROL_END], count;
  int status = RP_CLOSED;

  if (end > e->outbox.length)
    return rp_throw_type(env, "postMany is out of the outbox's bounds");
  if (port != NULL) {
    uint32_t mark = rp_order_mark(e, port);

    if (mark != 0 && end >= RP_RECORD_HEADER)
      set_first_type(e->outbox.data, first_type(e->outbox.data) | mark);
    status = rp_endpoint_write_run(port->endpoint, e->outbox.data, end, &count);
    if (status == RP_OK) {
      rp_failpoint("postMany:written");
      if (mark != 0) rp_order_marked(e, port);
      port->spin.asked = true;
      rp_count(&e->counters.messages_out, count);
      rp_count(&e->counters.bytes_out, end);
      rp_endpoint_publish(port->endpoint);
    } else if (status == RP_ECORRUPT) {
      return rp_throw_type(env, "postMany needs whole messages");
    } else if (status != RP_CLOSED) {
      return rp_throw_memory(env);
    }
  }
  control[RP_CONTROL_STATUS] = (uint32_t) status;
  return NULL;
}

/* Bytes of the first records of the batch. */
static uint32_t
bytes_of(const rp_env *e, uint32_t count) {
  uint32_t bytes = 0, length;

  if (count == e->batch_count) return e->batch_bytes;
  for (; count > 0; count--) {
    memcpy(&length, e->batch + bytes, sizeof(length));
    bytes += rp_record_size(length);
  }
  return bytes;
}

/* Step over the first COUNT records of the batch that this port has read. */
static void
step_over(rp_env *e, rp_port *port, uint32_t slot) {
  uint32_t count = rp_control(e)[RP_CONTROL_COUNT];

  if (count == 0 || e->batch_slot != slot || count > e->batch_count) return;

  uint32_t bytes = bytes_of(e, count);

  rp_count(&e->counters.messages_in, count);
  rp_count(&e->counters.bytes_in, bytes);
  rp_chain_release(&port->endpoint->inbox, bytes, count);
  e->batch_slot = RP_NO_SLOT;
  rp_failpoint("receive:released");
}

static void
set_batch(rp_env *e, uint32_t slot, uint32_t bytes, uint32_t count) {
  assert(count > 0);
  e->batch_slot = slot;
  e->batch_bytes = bytes;
  e->batch_count = count;
}

/* The next batch, as it lies in the ring. Nothing if it has to wait, see order.h. */
static int
next_run(rp_env *e, rp_port *port, uint32_t room, uint32_t most, uint32_t *bytes,
         uint32_t *count) {
  uint32_t max = rp_control(e)[RP_CONTROL_MAX];

  if (max < most) most = max == 0 ? 1 : max;

  int status = rp_chain_peek_run(&port->endpoint->inbox, room, most, RP_MESSAGE_BEHIND,
                                 &e->batch, bytes, count);

  if (status != RP_OK || (first_type(e->batch) & RP_MESSAGE_BEHIND) == 0) return status;
  if (max == 0 || e->turn != port->endpoint || !rp_order_hold(e, port, false))
    return RP_OK;
  *bytes = *count = 0;
  return RP_EMPTY;
}

/* The same, after a moment's patience in the port's turn if there is none. */
static int
await_run(rp_env *e, rp_port *port, uint32_t room, uint32_t most, uint32_t *bytes,
          uint32_t *count) {
  int status = next_run(e, port, room, most, bytes, count);

  if (status != RP_EMPTY) return status;
  if (e->turn == port->endpoint && rp_control(e)[RP_CONTROL_MAX] > 1 &&
      port->waits == 0 && rp_port_spin_for(e, port))
    status = next_run(e, port, room, most, bytes, count);
  if (status == RP_EMPTY && !port->receiving) rp_endpoint_drained(port->endpoint);
  return status;
}

/* readValues(slot) -> an array, COUNT values of which are the next messages, at most MAX, as far as they are primitives;
 * after stepping over the first COUNT of the last batch. These stay in the ring until then. undefined if there is
 * none: STATUS is RP_EMPTY, RP_CLOSED, RP_PORT_OTHER or RP_PORT_SHAPE. */
napi_value
rp_port_read_values(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], values = NULL;
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  uint32_t bytes = 0, count = 0;
  int status = RP_CLOSED;

  if (port != NULL) {
    uint32_t slot = port->endpoint->slot;

    step_over(e, port, slot);
    e->wanted_shape = RP_NO_SHAPE;
    status = await_run(e, port, UINT32_MAX, RP_VALUES_MAX, &bytes, &count);
    if (status == RP_OK) values = rp_primitives_values(e, e->batch, &bytes, &count);
    if (values != NULL) {
      set_batch(e, slot, bytes, count);
    } else if (status == RP_OK) {
      status = e->wanted_shape == RP_NO_SHAPE ? RP_PORT_OTHER : RP_PORT_SHAPE;
      rp_control(e)[RP_CONTROL_BYTES] = e->wanted_shape;
    }
  }
  rp_control(e)[RP_CONTROL_STATUS] = (uint32_t) status;
  rp_control(e)[RP_CONTROL_COUNT] = values != NULL ? count : 0;
  return values;
}

/* receive(slot): step over the first COUNT of the last batch, then copy the next one, at most MAX
 * records, into the inbox. BYTES, COUNT: of the batch. STATUS: 0, RP_EMPTY, RP_CLOSED, or RP_ETOOBIG: the next
 * record takes BYTES, which the inbox does not have. */
napi_value
rp_port_receive(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  uint32_t *control = rp_control(e);
  uint32_t bytes = 0, count = 0;
  int status = RP_CLOSED;

  if (port != NULL) {
    uint32_t slot = port->endpoint->slot;

    step_over(e, port, slot);
    status = await_run(e, port, (uint32_t) e->inbox.length, UINT32_MAX, &bytes, &count);
    if (status == RP_OK) {
      assert(count > 0 && bytes <= e->inbox.length);
      memcpy(e->inbox.data, e->batch, bytes);
      /* The wrapper need not know of it. */
      set_first_type(e->inbox.data, first_type(e->inbox.data) & ~RP_MESSAGE_BEHIND);
      rp_failpoint("receive:copied");
      set_batch(e, slot, bytes, count);
    }
  }
  control[RP_CONTROL_STATUS] = (uint32_t) status;
  control[RP_CONTROL_BYTES] = bytes;
  control[RP_CONTROL_COUNT] = count;
  return NULL;
}

/* release(slot): step over the first COUNT of the last batch. */
napi_value
rp_port_release(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  if (port != NULL) step_over(e, port, port->endpoint->slot);
  return NULL;
}

/* setReceiving(slot, boolean): start and stop. */
napi_value
rp_port_set_receiving(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);
  bool receiving = false;

  if (port == NULL || napi_get_value_bool(env, argv[1], &receiving) != napi_ok)
    return NULL;
  rp_failpoint("port:starting");
  if (receiving && !port->receiving) rp_endpoint_schedule(port->endpoint);
  port->receiving = receiving;
  return NULL;
}

/* close(slot): the peer gets what was posted, then 'close'; our own 'close' follows. */
napi_value
rp_port_close(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);

  if (port != NULL) rp_ports_retire(e, port->endpoint->slot);
  return NULL;
}

/* announce(slot) -> the id under which the endpoint will be in transit, or undefined. */
napi_value
rp_port_announce(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return port == NULL ? NULL : rp_from_id(env, rp_endpoint_announce(port->endpoint));
}

/* peer(slot) -> the slot of the other endpoint if it is a port of this thread, else -1. */
napi_value
rp_port_peer(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  rp_endpoint *peer = port == NULL ? NULL : rp_endpoint_local_peer(port->endpoint);

  return peer == NULL ? rp_from_i32(env, -1) : rp_from_u32(env, peer->slot);
}

/* detach(slot) -> id of the endpoint, which is now in transit; undefined if it was before. */
napi_value
rp_port_detach(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_used_port(e, argv[0]);

  if (port == NULL) return NULL;

  napi_value id = rp_port_withdraw(env, info);

  if (port->state == RP_PORT_OPEN) rp_ports_retire(e, (uint32_t) (port - e->ports));
  return id;
}

/* withdraw(slot) -> id of the endpoint, which is now in transit; the port stays, without an endpoint, for
 * restore or detach. */
napi_value
rp_port_withdraw(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  if (port == NULL) return NULL;

  port->away = rp_ports_withdraw(e, port);
  rp_failpoint("port:withdrawn");
  return rp_from_id(env, port->away);
}

/* restore(slot, id): take back what withdraw sent off, if nobody has; else the port closes. */
napi_value
rp_port_restore(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_used_port(e, argv[0]);
  rp_endpoint *endpoint;

  if (port == NULL || port->endpoint != NULL) return NULL;

  uint32_t slot = (uint32_t) (port - e->ports);

  if (rp_endpoint_attach(rp_to_id(env, argv[1]), &e->ready_list, &endpoint) == RP_OK) {
    rp_failpoint("port:restored");
    port->endpoint = endpoint;
    endpoint->slot = slot;
  } else if (port->state == RP_PORT_OPEN) {
    rp_ports_retire(e, slot);
  }
  return NULL;
}

/* attach(id) -> slot, -1 if no endpoint with this id is in transit. */
napi_value
rp_port_attach(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint64_t id = rp_to_id(env, argv[0]);
  rp_endpoint *endpoint;

  if (e->closing || id == 0 || rp_endpoint_attach(id, &e->ready_list, &endpoint) != RP_OK)
    return rp_from_i32(env, -1);
  rp_failpoint("port:attached");

  uint32_t slot = rp_ports_add(e, endpoint);

  if (slot == RP_NO_SLOT) {
    (void) rp_endpoint_close(endpoint);
    return rp_throw_memory(env);
  }
  return rp_from_u32(env, slot);
}

/* peerLost(slot): the other endpoint went into transit and did not arrive. */
napi_value
rp_port_peer_lost(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_port(e, argv[0]);

  if (port != NULL) rp_endpoint_peer_lost(port->endpoint);
  return NULL;
}

/* wantViews(slot, boolean): whether the peer is to send large data as blocks. */
napi_value
rp_port_want_views(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  bool wanted = false;

  (void) napi_get_value_bool(env, argv[1], &wanted);
  if (port != NULL) rp_endpoint_want_views(port->endpoint, wanted);
  return NULL;
}

/* peerViews(slot) -> whether the peer has asked for that. */
napi_value
rp_port_peer_views(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return rp_from_bool(env, port != NULL && rp_endpoint_peer_views(port->endpoint));
}

/* peerDeclared(slot) -> whether the owner of the other endpoint has joined: see rp_process_join(). */
napi_value
rp_port_peer_declared(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return rp_from_bool(env, port != NULL && rp_endpoint_peer_declared(port->endpoint));
}

/* claimOffer(slot) -> whether this side is to make the Node channel of the pair. */
napi_value
rp_port_claim_offer(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  bool first = port != NULL && rp_endpoint_claim_offer(port->endpoint);

  rp_failpoint("port:offering");
  return rp_from_bool(env, first);
}

/* peerClosed(slot) -> whether the other endpoint is closed, or this one gone. */
napi_value
rp_port_peer_closed(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return rp_from_bool(env, port == NULL || rp_endpoint_peer_closed(port->endpoint));
}

/* queued(slot) -> how many messages wait. */
napi_value
rp_port_queued(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  rp_record first;

  if (port == NULL || rp_chain_peek(&port->endpoint->inbox, &first) != RP_OK)
    return rp_from_u32(env, 0);
  return rp_from_u32(env, rp_chain_queued(&port->endpoint->inbox));
}
