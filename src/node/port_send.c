/*
 * port_send.c - the addon's functions that post messages written by the codec.
 */
#include "core/failpoint.h"
#include "node/flow.h"
#include "node/order.h"
#include "node/port.h"
#include "node/send.h"
#include "node/value.h"

/* post(): send the bytes START to END of the scratch, and the blocks staged from STAGED
 * on, by the port SLOT. STATUS: 0 or RP_CLOSED. */
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
    if (status == RP_OK) {
      e->staged_length = staged; /* the record owns the blocks now */
      if (control[RP_CONTROL_FLAGS] & (RP_SEND_WHOLE | RP_SEND_PART))
        rp_send_by_node(e, port);
    }
  }
  return rp_send_end(e, port, status);
}

/* postMany(slot): send the messages in the first END bytes of the outbox; all become
 * visible at once. STATUS: 0 or RP_CLOSED. */
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
      rp_record_set_type(e->outbox.data, rp_record_type(e->outbox.data) | mark);
    status = rp_endpoint_write_run(port->endpoint, e->outbox.data, end, &count);
    if (status == RP_OK) {
      rp_failpoint("postMany:written");
      if (mark != 0) rp_order_marked(e, port);
      port->spin.asked = true;
      rp_count(&e->counters.messages_out, count);
      rp_count(&e->counters.bytes_out, end);
      if (port->endpoint->outflow != NULL) rp_flow_sending(e, port, count, end);
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
