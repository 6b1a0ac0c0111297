/*
 * deliver.h - hands simple messages to their listener without the wrapper in between.
 */
#ifndef RP_NODE_DELIVER_H_
#define RP_NODE_DELIVER_H_

#include <node_api.h>

#include "env.h"

/* Call the owner of a port for each primitive in its inbox, up to `limit`, as long as nothing else comes. Ticks and
 * microtasks run after each, as Node does it. False if JavaScript cannot run any more. `*left` is false when there is
 * nothing that the wrapper would have to deal with. */
bool rp_deliver(rp_env *e, rp_half *half, uint32_t *limit, bool *left);

/* Forget whom to call. */
void rp_deliver_drop(rp_env *e, rp_port *port);

napi_value rp_deliver_set(napi_env env, napi_callback_info info);

#endif
