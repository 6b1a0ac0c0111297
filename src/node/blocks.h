/*
 * blocks.h - large bytes and strings, which travel beside a message by pointer.
 *
 * The sender stages blocks while the codec walks the value, and post() gives them to the
 * record. The receiver takes them out of a record of the current batch.
 */
#ifndef RP_NODE_BLOCKS_H_
#define RP_NODE_BLOCKS_H_

#include <node_api.h>

#include "core/port/message.h"

/* Free a block that was not sent; the endpoint that it may stand for is lost. */
void rp_blocks_drop(rp_block block);

napi_value rp_blocks_stage_bytes(napi_env env, napi_callback_info info);
napi_value rp_blocks_stage_string(napi_env env, napi_callback_info info);
napi_value rp_blocks_stage_endpoint(napi_env env, napi_callback_info info);
napi_value rp_blocks_unstage(napi_env env, napi_callback_info info);
napi_value rp_blocks_length(napi_env env, napi_callback_info info);
napi_value rp_blocks_take_bytes(napi_env env, napi_callback_info info);
napi_value rp_blocks_address(napi_env env, napi_callback_info info);
napi_value rp_blocks_lend(napi_env env, napi_callback_info info);
napi_value rp_blocks_end_loan(napi_env env, napi_callback_info info);
napi_value rp_blocks_take_string(napi_env env, napi_callback_info info);
napi_value rp_blocks_drop_rest(napi_env env, napi_callback_info info);

#endif
