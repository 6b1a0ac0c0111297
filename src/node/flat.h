/*
 * flat.h - messages that are one object with primitive properties only; see
 * lib/ports/flat.js.
 */
#ifndef RP_NODE_FLAT_H_
#define RP_NODE_FLAT_H_

#include <node_api.h>

#include "node/env.h"

/* Most properties of such an object; lib/ports/flat.js has the same number. */
#define RP_FLAT_MAX 16u

/* Read the object behind OP_OBJECT, from `at` to `end`. Returns NULL if it cannot be read
 * here; e->wanted_shape may then name a shape that setShape() must introduce first.
 * Owner's thread. */
napi_value rp_flat_read(rp_env *e, const uint8_t *at, const uint8_t *end);

/* Free the shapes, when the environment has closed. */
void rp_flat_free(rp_env *e);

napi_value rp_flat_post(napi_env env, napi_callback_info info);
napi_value rp_flat_set_shape(napi_env env, napi_callback_info info);

#endif
