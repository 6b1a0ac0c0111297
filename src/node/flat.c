/*
 * flat.c - posts messages that are one object with primitive properties only, and knows
 * the shapes of objects that C reads.
 *
 * The wrapper has two small functions for each shape: one reads the properties in the
 * order of the shape's keys, the other makes an object from them.
 */
#include "node/flat.h"

#include <stdlib.h>
#include <string.h>

#include "node/ops.h"
#include "node/primitives.h"
#include "node/send.h"
#include "core/process/shapes.h"
#include "node/value.h"

/* Return the values in an array, for the codec. */
static napi_value
give_back(napi_env env, const napi_value *values, uint32_t count) {
  napi_value array = NULL;

  if (napi_create_array_with_length(env, count, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; i < count; i++)
    if (napi_set_element(env, array, i, values[i]) != napi_ok) return NULL;
  return array;
}

/* postFlat(slot, shape, ...values): send an object. Returns undefined, with STATUS 0 or
 * RP_CLOSED; or the values in an array if one of them is not primitive: then nothing was
 * sent. */
napi_value
rp_flat_post(napi_env env, napi_callback_info info) {
  uint8_t message[RP_PRIMITIVES_SMALL * RP_FLAT_MAX + 8];
  napi_value argv[2 + RP_FLAT_MAX];
  size_t argc = 2 + RP_FLAT_MAX;
  void *data = NULL;
  uint32_t slot = RP_NO_SLOT, shape = 0;

  (void) napi_get_cb_info(env, info, &argc, argv, NULL, &data);
  if (argc <= 2 || argc > 2 + RP_FLAT_MAX)
    return rp_throw_type(env, "postFlat needs 1 to 16 values");

  rp_env *e = data;
  uint8_t *end = message;

  if (napi_get_value_uint32(env, argv[0], &slot) != napi_ok ||
      napi_get_value_uint32(env, argv[1], &shape) != napi_ok)
    return rp_throw_type(env, "postFlat needs a slot and a shape");
  *end++ = 0;
  *end++ = OP_OBJECT;
  end = put_u32(end, shape);
  for (size_t i = 2; i < argc; i++) {
    napi_valuetype type;

    end = napi_typeof(env, argv[i], &type) == napi_ok
              ? rp_primitives_put(e, end, argv[i], type)
              : NULL;
    if (end == NULL) return give_back(env, argv + 2, (uint32_t) argc - 2);
  }
  return rp_send_at(e, slot, 0, message, (size_t) (end - message));
}

const rp_flat_shape *
rp_flat_find(rp_env *e, uint32_t number) {
  if (number >= RP_SHAPES_MAX) return NULL;
  if (number < e->flat_length && e->flat[number].known) return &e->flat[number];
  e->wanted_shape = number;
  return NULL;
}

static bool
make_room(rp_env *e, uint32_t length) {
  rp_flat_shape *shapes = realloc(e->flat, length * sizeof(*shapes));

  if (shapes == NULL) return false;
  memset(shapes + e->flat_length, 0, (length - e->flat_length) * sizeof(*shapes));
  e->flat = shapes;
  e->flat_length = length;
  return true;
}

/* setShape(number, function, count): introduce a shape, whose objects function(...values)
 * makes of `count` values; without a function they are left to the codec. */
napi_value
rp_flat_set_shape(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  napi_valuetype type = napi_undefined;
  uint32_t number = RP_SHAPES_MAX, count = 0;

  if (napi_get_value_uint32(env, argv[0], &number) != napi_ok ||
      napi_get_value_uint32(env, argv[2], &count) != napi_ok ||
      napi_typeof(env, argv[1], &type) != napi_ok || number >= RP_SHAPES_MAX ||
      (type == napi_function && count > RP_FLAT_MAX))
    return rp_throw_type(env, "setShape needs a shape");
  if (number >= e->flat_length && !make_room(e, (number | 63) + 1))
    return rp_throw_memory(env);

  rp_flat_shape *shape = &e->flat[number];

  if (shape->known) return NULL;
  if (type == napi_function &&
      napi_create_reference(env, argv[1], 1, &shape->make) != napi_ok)
    return rp_throw_memory(env);
  shape->count = count;
  shape->known = true;
  return NULL;
}

void
rp_flat_free(rp_env *e) {
  free(e->flat);
}
