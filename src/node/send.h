/*
 * send.h - sends one message by a port, however it was made.
 */
#ifndef RP_NODE_SEND_H_
#define RP_NODE_SEND_H_

#include <node_api.h>

#include "node/env.h"

/* Write a message to the port's ring: RP_OK, and the record owns the blocks; or what
 * rp_endpoint_write() says. The peer does not see it before rp_send_end(). */
int rp_send_write(rp_env *e, rp_port *port, uint32_t flags, const uint8_t *bytes,
                  size_t length, const rp_block *blocks, uint32_t count);

/* What ends a call of the wrapper's: if a message has been written (RP_OK) the peer sees
 * it. STATUS is `status`; an error other than RP_CLOSED is thrown. NULL. */
napi_value rp_send_end(rp_env *e, rp_port *port, int status);

#endif
