/*
 * primitives.h - messages that are one primitive value, written and read without the
 * codec.
 *
 * The codec is JavaScript: a thread that sends few messages would spend more time on
 * loading it than on using it. These functions write and read the same bytes
 * (lib/codec/ops.js has the table).
 */
#ifndef RP_NODE_PRIMITIVES_H_
#define RP_NODE_PRIMITIVES_H_

#include <node_api.h>

#include "node/env.h"

enum {
  /* Longest string that rp_primitives_put() writes, and the most bytes of any value. */
  RP_PRIMITIVES_UNITS = 128,
  RP_PRIMITIVES_SMALL = 5 + 2 * RP_PRIMITIVES_UNITS,
};

/* Write a number, a boolean, null or a short string at `at`; `type` is the value's.
 * Returns the end, or NULL if the value is none of these. Owner's thread. */
uint8_t *rp_primitives_put(rp_env *e, uint8_t *at, napi_value value, napi_valuetype type);

/* Read a primitive and step over it. Returns NULL if there is none, or it is incomplete.
 * Owner's thread. */
napi_value rp_primitives_get(rp_env *e, const uint8_t **at, const uint8_t *end);

napi_value rp_primitives_post(napi_env env, napi_callback_info info);
napi_value rp_primitives_post_whole(napi_env env, napi_callback_info info);

#endif
