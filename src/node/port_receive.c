/*
 * port_receive.c - the addon's functions that read messages: as values, or as bytes for
 * the codec.
 */
#include <assert.h>
#include <string.h>

#include "core/failpoint.h"
#include "node/order.h"
#include "node/port.h"
#include "node/port_spin.h"
#include "node/send.h"
#include "node/value.h"
#include "node/values.h"

/* Return the size of the first `count` records of the batch. */
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

/* Release the first COUNT records of the batch, if it is of this port. */
static void
step_over(rp_env *e, rp_port *port, uint32_t slot) {
  uint32_t count = rp_control(e)[RP_CONTROL_COUNT];

  if (count == 0 || e->batch_slot != slot || count > e->batch_count) return;

  uint32_t bytes = bytes_of(e, count);

  rp_count(&e->counters.messages_in, count);
  rp_count(&e->counters.bytes_in, bytes);
  rp_count_word(&port->counts.received, count);
  rp_count(&port->counts.bytes_in, bytes);
  rp_chain_release(&port->endpoint->inbox, bytes, count);
  rp_endpoint_consumed(port->endpoint, count);
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

/* Return whether the first record, which is marked, has to wait; see order.h. */
static bool
has_to_wait(rp_env *e, rp_port *port, uint32_t max) {
  /* The wrapper begins with RP_MAX_ALL and subtracts what it has delivered. */
  if (max == 0 || max > RP_MAX_ALL / 2) return false;
  if (e->turn == port->endpoint) return rp_order_hold(e, port, false);
  return !rp_order_is_covered(port); /* the port's next turn reads it */
}

/* Find the next batch in the ring. RP_EMPTY also if it has to wait. */
static int
next_run(rp_env *e, rp_port *port, uint32_t room, uint32_t most, uint32_t *bytes,
         uint32_t *count) {
  uint32_t max = rp_control(e)[RP_CONTROL_MAX];

  if (max < most) most = max == 0 ? 1 : max;

  int status = rp_chain_peek_run(&port->endpoint->inbox, room, most, RP_MESSAGE_BEHIND,
                                 &e->batch, bytes, count);

  if (status != RP_OK || (rp_record_type(e->batch) & RP_MESSAGE_BEHIND) == 0)
    return status;
  if (!has_to_wait(e, port, max)) return RP_OK;
  *bytes = *count = 0;
  return RP_EMPTY;
}

/* The same, but if there is none in the port's turn, spin for it. */
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

/* Read the first record of the batch if it stands for a message of the Node channel.
 * Return the status. */
static int
read_whole(rp_env *e, rp_port *port, uint32_t slot) {
  uint32_t header[2], which[2];
  double moved;

  memcpy(header, e->batch, sizeof(header));
  if ((header[1] & ~RP_MESSAGE_BEHIND) != RP_SEND_WHOLE || header[0] != 16)
    return RP_STATUS_OTHER;
  memcpy(which, e->batch + RP_RECORD_HEADER, sizeof(which));
  memcpy(&moved, e->batch + RP_RECORD_HEADER + 8, sizeof(moved));
  rp_control(e)[RP_CONTROL_START] = which[0];
  rp_control(e)[RP_CONTROL_END] = which[1];
  rp_control(e)[RP_CONTROL_BYTES] =
      moved >= 0 && moved < UINT32_MAX ? (uint32_t) moved : UINT32_MAX;
  set_batch(e, slot, rp_record_size(header[0]), 1);
  if (rp_control(e)[RP_CONTROL_MAX] == 0) {
    rp_control(e)[RP_CONTROL_COUNT] = 1;
    step_over(e, port, slot);
  }
  return RP_STATUS_WHOLE;
}

/* Read the values at the beginning of the batch. Sets the words of a request's part, if
 * the wrapper wants those. */
static napi_value
read_values(rp_env *e, bool wants_calls, uint32_t *bytes, uint32_t *count) {
  uint32_t words[2];
  napi_value values = rp_values_read(e, e->batch, bytes, count);

  if (values != NULL || !wants_calls || e->wanted_shape != RP_NO_SHAPE) return values;
  values = rp_values_read_call(e, e->batch, bytes, count, words);
  if (values == NULL) return NULL;
  rp_control(e)[RP_CONTROL_CALL] = words[0];
  rp_control(e)[RP_CONTROL_ID] = words[1];
  return values;
}

/* readValues(slot): release the first COUNT records of the last batch, then return the
 * values of the next messages, up to MAX and as far as they are primitives, in an array;
 * COUNT is their number. They stay in the ring until released. If CALL is 1, a part of a
 * request is read, too, alone; CALL and ID are its words then. Otherwise CALL is 0.
 * undefined if there is none: STATUS is RP_EMPTY, RP_CLOSED, RP_STATUS_OTHER,
 * RP_STATUS_SHAPE or, for a message of the Node channel, RP_STATUS_WHOLE: START and END
 * are those of postWhole(), BYTES is how many bytes of ArrayBuffers it moves. COUNT stays
 * 0, though it counts as read; if MAX is 0, it has been released. */
napi_value
rp_port_read_values(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], values = NULL;
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  uint32_t bytes = 0, count = 0;
  bool wants_calls = rp_control(e)[RP_CONTROL_CALL] == 1;
  int status = RP_CLOSED;

  rp_control(e)[RP_CONTROL_CALL] = 0;
  if (port != NULL) {
    uint32_t slot = port->endpoint->slot;

    step_over(e, port, slot);
    e->wanted_shape = RP_NO_SHAPE;
    status = await_run(e, port, UINT32_MAX, RP_VALUES_MAX, &bytes, &count);
    if (status == RP_OK) values = read_values(e, wants_calls, &bytes, &count);
    if (values != NULL) {
      set_batch(e, slot, bytes, count);
    } else if (status == RP_OK && e->wanted_shape != RP_NO_SHAPE) {
      status = RP_STATUS_SHAPE;
      rp_control(e)[RP_CONTROL_BYTES] = e->wanted_shape;
    } else if (status == RP_OK) {
      status = read_whole(e, port, slot);
    }
  }
  rp_control(e)[RP_CONTROL_STATUS] = (uint32_t) status;
  rp_control(e)[RP_CONTROL_COUNT] = values != NULL ? count : 0;
  return values;
}

/* receive(slot): release the first COUNT records of the last batch, then copy the next
 * batch, up to MAX records, into the inbox. BYTES and COUNT are its size and number.
 * STATUS: 0, RP_EMPTY, RP_CLOSED, or RP_ETOOBIG: the next record takes BYTES, more than
 * the inbox has. */
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
      /* The wrapper does not know this flag. */
      rp_record_set_type(e->inbox.data,
                         rp_record_type(e->inbox.data) & ~RP_MESSAGE_BEHIND);
      rp_failpoint("receive:copied");
      set_batch(e, slot, bytes, count);
    }
  }
  control[RP_CONTROL_STATUS] = (uint32_t) status;
  control[RP_CONTROL_BYTES] = bytes;
  control[RP_CONTROL_COUNT] = count;
  return NULL;
}

/* release(slot): release the first COUNT records of the last batch. */
napi_value
rp_port_release(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  if (port != NULL) step_over(e, port, port->endpoint->slot);
  return NULL;
}
