/*
 * send.c - sends a message by a port, whoever has written it.
 */
#include "node/send.h"

#include "node/flow.h"
#include "node/order.h"
#include "node/value.h"
#include "core/failpoint.h"

int
rp_send_write(rp_env *e, rp_port *port, uint32_t flags, const uint8_t *bytes,
              size_t length, const rp_block *blocks, uint32_t count) {
  uint32_t mark = rp_order_mark(e, port);
  int result =
      rp_endpoint_write(port->endpoint, flags | mark, bytes, length, blocks, count);

  if (result != RP_OK) return result;
  if (mark != 0) rp_order_marked(e, port);
  rp_count(&e->counters.messages_out, 1);
  uint64_t size = rp_message_size(length, blocks, count);

  rp_count(&e->counters.bytes_out, size);
  if (port->endpoint->outflow != NULL) rp_flow_sending(e, port, 1, size);
  return RP_OK;
}

napi_value
rp_send_end(rp_env *e, rp_port *port, int status) {
  if (status == RP_OK) {
    rp_failpoint("post:written");
    port->spin.asked = true;
    rp_endpoint_publish(port->endpoint);
    rp_failpoint("post:published");
  } else if (status < 0 && status != RP_CLOSED) {
    return rp_throw_memory(e->env);
  }
  rp_control(e)[RP_CONTROL_STATUS] = (uint32_t) status;
  return NULL;
}

napi_value
rp_send_at(rp_env *e, uint32_t slot, uint32_t flags, const uint8_t *bytes,
           size_t length) {
  rp_port *port = rp_env_port_at(e, slot);
  int status =
      port == NULL ? RP_CLOSED : rp_send_write(e, port, flags, bytes, length, NULL, 0);

  return rp_send_end(e, port, status);
}
