/*
 * tree.h - messages that are a small tree of objects and arrays of primitive values,
 * written and read without the codec; see lib/ports/is-plain.js.
 */
#ifndef RP_NODE_TREE_H_
#define RP_NODE_TREE_H_

#include <node_api.h>

#include "node/env.h"

enum {
  /* Most arguments of postTree(), and how deep objects and arrays may be nested. */
  RP_TREE_VALUES = 64,
  RP_TREE_DEPTH = 8,
  /* A nested object counts for so many towards flats_left: C is slower at these. */
  RP_TREE_NESTED = 11,
};

/* Read a value, up to `end`. Returns NULL if it cannot be read here; e->wanted_shape may
 * then name a shape that setShape() must introduce first. Owner's thread. */
napi_value rp_tree_read(rp_env *e, const uint8_t *at, const uint8_t *end);

napi_value rp_tree_post(napi_env env, napi_callback_info info);
napi_value rp_tree_post_call(napi_env env, napi_callback_info info);

#endif
