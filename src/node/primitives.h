/*
 * primitives.h - messages that are one primitive value, written and read without the codec.
 *
 * The codec is JavaScript: a thread that has sent few messages would spend more time loading it than
 * using it. These functions write and read the same bytes (lib/codec/ops.js has the table).
 */
#ifndef RP_NODE_PRIMITIVES_H_
#define RP_NODE_PRIMITIVES_H_

#include <node_api.h>

#include "env.h"

/* An array of the values of the first records in a run, as far as they are primitives; NULL if the first is not one.
 * bytes, count: in: of the run; out: of those records. */
napi_value rp_primitives_values(rp_env *e, const uint8_t *run, uint32_t *bytes,
                                uint32_t *count);

napi_value rp_primitives_post(napi_env env, napi_callback_info info);
napi_value rp_primitives_post_whole(napi_env env, napi_callback_info info);

#endif
