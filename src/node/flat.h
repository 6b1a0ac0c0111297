/*
 * flat.h - messages that are one object whose properties are all primitive; see
 * lib/ports/flat.js.
 */
#ifndef RP_NODE_FLAT_H_
#define RP_NODE_FLAT_H_

#include <node_api.h>

#include "node/env.h"

/* Properties of one object at most; lib/ports/flat.js has the same number. */
#define RP_FLAT_MAX 16u

/* The object whose op lies before `at`, which goes to `end`. NULL: it is not flat, or
 * e->wanted_shape says which shape is to be introduced by setShape() first. */
napi_value rp_flat_read(rp_env *e, const uint8_t *at, const uint8_t *end);

/* The environment has closed. */
void rp_flat_free(rp_env *e);

napi_value rp_flat_post(napi_env env, napi_callback_info info);
napi_value rp_flat_set_shape(napi_env env, napi_callback_info info);

#endif
