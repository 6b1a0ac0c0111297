/*
 * constants.h - the numbers that the wrapper has a copy of, for
 * test/js/constants.test.js.
 */
#ifndef RP_NODE_CONSTANTS_H_
#define RP_NODE_CONSTANTS_H_

#include <node_api.h>

/* constants() -> { error, control, ring, layout, counter }: each an object of numbers by
 * name. */
napi_value rp_constants_get(napi_env env, napi_callback_info info);

#endif
