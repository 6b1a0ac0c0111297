/*
 * flat.h - messages that are one object with primitive properties only, and the shapes of
 * objects that C reads; see lib/ports/flat.js.
 */
#ifndef RP_NODE_FLAT_H_
#define RP_NODE_FLAT_H_

#include <node_api.h>
#include <stdbool.h>

#include "node/env.h"

/* Most properties of an object. */
#define RP_FLAT_MAX 16u

typedef struct rp_flat_shape {
  napi_ref make; /* makes an object of the values; NULL: left to the codec */
  uint32_t count;
  bool known;
} rp_flat_shape;

/* Return a shape; or NULL, and set e->wanted_shape to a shape that setShape() must
 * introduce first. Owner's thread. */
const rp_flat_shape *rp_flat_find(rp_env *e, uint32_t number);

/* Free the shapes, when the environment has closed. */
void rp_flat_free(rp_env *e);

napi_value rp_flat_post(napi_env env, napi_callback_info info);
napi_value rp_flat_set_shape(napi_env env, napi_callback_info info);

#endif
