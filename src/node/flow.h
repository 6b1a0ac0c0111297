/*
 * flow.h - the addon's functions for ports with a mark; see core/port/flow.h.
 */
#ifndef RP_NODE_FLOW_H_
#define RP_NODE_FLOW_H_

#include <node_api.h>

#include "node/env.h"

napi_value rp_flow_set_mark(napi_env env, napi_callback_info info);
napi_value rp_flow_get_mark(napi_env env, napi_callback_info info);
napi_value rp_flow_get_length(napi_env env, napi_callback_info info);
napi_value rp_flow_reached(napi_env env, napi_callback_info info);
napi_value rp_flow_look_again(napi_env env, napi_callback_info info);
napi_value rp_flow_carry(napi_env env, napi_callback_info info);
napi_value rp_flow_pass(napi_env env, napi_callback_info info);
napi_value rp_flow_port_stats(napi_env env, napi_callback_info info);

/* Make what wakes this thread's senders, before the thread has an endpoint with a mark.
 * Owner's thread. False without memory. */
bool rp_flow_prepare(rp_env *e);

/* Messages with a mark are being sent: set the control word FLOW. Owner's thread. Not
 * inlined, so that messages without a mark do not pay for it. */
__attribute__((noinline, cold)) void rp_flow_sending(rp_env *e, rp_port *port,
                                                     uint32_t records, uint64_t weight);

/* rp_flow_owns(): return true if this endpoint of the ready list stands for senders.
 * rp_flow_turn(): then have the wrapper look at those that wait; returns false if
 * JavaScript cannot run any more. Owner's thread. */
bool rp_flow_owns(rp_env *e, const rp_endpoint *endpoint);
bool rp_flow_turn(rp_env *e);

/* Free the memory when the environment has closed. */
void rp_flow_end(rp_env *e);

#endif
