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

/* The value that the bytes of a message say; NULL if they are not exactly one primitive. */
napi_value rp_primitives_value(rp_env *e, const uint8_t *bytes, uint32_t length);

napi_value rp_primitives_post(napi_env env, napi_callback_info info);
napi_value rp_primitives_post_whole(napi_env env, napi_callback_info info);
napi_value rp_primitives_read(napi_env env, napi_callback_info info);

#endif
