/*
 * send.h - sends a message by a port, whoever has written it.
 */
#ifndef RP_NODE_SEND_H_
#define RP_NODE_SEND_H_

#include <node_api.h>

#include "node/env.h"

/* The flag of a record that stands for a message of the Node channel; see
 * lib/ports/record.js. */
#define RP_SEND_WHOLE 8u
/* The flag of a record of which a part is a message of the Node channel. */
#define RP_SEND_PART 2u

/* The flags of a record that is part of a request and has nothing else but a value: its
 * bytes, padded to a multiple of 8, two words that say what it is, the number of the
 * bytes, and 0. */
#define RP_SEND_CALL 17u
#define RP_SEND_CALL_BYTES 16u

/* Write a message into the port's ring, not visible before rp_send_end(). On RP_OK the
 * record owns the blocks. Otherwise as rp_endpoint_write(). Owner's thread. */
int rp_send_write(rp_env *e, rp_port *port, uint32_t flags, const uint8_t *bytes,
                  size_t length, const rp_block *blocks, uint32_t count);

/* Node's channel carries the message that was written last, or a part of it. Owner's
 * thread. */
static inline void
rp_send_by_node(rp_env *e, rp_port *port) {
  rp_count(&e->counters.by_node, 1);
  rp_count_word(&port->counts.by_node, 1);
}

/* End a call of the wrapper. RP_OK publishes the message; errors other than RP_CLOSED are
 * thrown; all others go into STATUS. Returns NULL. Owner's thread. */
napi_value rp_send_end(rp_env *e, rp_port *port, int status);

/* Send a message without blocks by the port in `slot`, and end the call as rp_send_end()
 * does; RP_CLOSED if there is no such port. Owner's thread. */
napi_value rp_send_at(rp_env *e, uint32_t slot, uint32_t flags, const uint8_t *bytes,
                      size_t length);

#endif
