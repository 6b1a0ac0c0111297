/*
 * constants.h - the numbers that JavaScript shares with the addon, for
 * scripts/constants.js, which writes lib/constants.js.
 */
#ifndef RP_NODE_CONSTANTS_H_
#define RP_NODE_CONSTANTS_H_

#include <node_api.h>

/* constants() -> { error, control, ... }: each list in constants.c, an object of numbers
 * by name. */
napi_value rp_constants_get(napi_env env, napi_callback_info info);

#endif
