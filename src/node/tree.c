/*
 * tree.c - messages that are a small tree of objects and arrays of primitive values.
 */
#include "node/tree.h"

#include "node/flat.h"
#include "node/ops.h"
#include "node/primitives.h"
#include "node/send.h"
#include "node/value.h"

/* Write the op of an object or array: `number` is the shape, or -1 - length. Returns the
 * end, or NULL if there is no such array. */
static uint8_t *
put_node(uint8_t *at, int32_t number) {
  if (number >= 0) {
    *at = OP_OBJECT;
    return put_u32(at + 1, (uint32_t) number);
  }
  if (number < -(int32_t) SMALL_ARRAYS) return NULL;
  *at = (uint8_t) (OP_SMALL_ARRAY - 1 - number);
  return at + 1;
}

/* Write the tree that `list` describes. Returns the end, or NULL. */
static uint8_t *
put_tree(rp_env *e, uint8_t *at, const napi_value *list, size_t length) {
  napi_valuetype type;
  int32_t number;

  for (size_t i = 0; i < length && at != NULL; i++) {
    if (napi_typeof(e->env, list[i], &type) != napi_ok) return NULL;
    if (type == napi_undefined) {
      *at++ = OP_UNDEFINED;
    } else if (type != napi_symbol) {
      at = rp_primitives_put(e, at, list[i], type);
    } else {
      if (++i == length || napi_get_value_int32(e->env, list[i], &number) != napi_ok)
        return NULL;
      at = put_node(at, number);
    }
  }
  return at;
}

/* Append what makes a message part of a request. Returns the end. */
static uint8_t *
put_call(const uint8_t *message, uint8_t *end, uint32_t kind, uint32_t id) {
  uint32_t length = (uint32_t) (end - message);

  while ((end - message) % 8 != 0) *end++ = 0;
  end = put_u32(put_u32(end, kind), id);
  return put_u32(put_u32(end, length), 0);
}

/* Send the tree that the arguments describe which follow the slot and, in a part of a
 * request, its words. */
static napi_value
post(napi_env env, napi_callback_info info, bool is_call, const char *wanted) {
  uint8_t message[RP_PRIMITIVES_SMALL * RP_TREE_VALUES];
  napi_value argv[RP_TREE_VALUES];
  size_t argc = RP_TREE_VALUES, first = is_call ? 3 : 1;
  void *data = NULL;
  uint32_t words[3] = {RP_NO_SLOT, 0, 0}; /* the slot, kind, id */

  (void) napi_get_cb_info(env, info, &argc, argv, NULL, &data);
  if (argc <= first || argc > RP_TREE_VALUES) return rp_throw_type(env, wanted);
  for (size_t i = 0; i < first; i++)
    if (napi_get_value_uint32(env, argv[i], &words[i]) != napi_ok)
      return rp_throw_type(env, wanted);
  message[0] = 0;

  rp_env *e = data;
  uint8_t *end = put_tree(e, message + 1, argv + first, argc - first);

  if (end == NULL) return rp_from_bool(env, false);
  if (is_call) end = put_call(message, end, words[1], words[2]);
  (void) rp_send_at(e, words[0], is_call ? RP_SEND_CALL : 0, message,
                    (size_t) (end - message));
  return rp_from_bool(env, true);
}

/* postTree(slot, ...list): send the tree that `list` describes: a primitive is itself; a
 * symbol and a number begin an object of this shape, or an array of -1 - number elements.
 * Returns true, with STATUS 0 or RP_CLOSED; false: nothing was sent. */
napi_value
rp_tree_post(napi_env env, napi_callback_info info) {
  return post(env, info, false, "postTree needs a slot and 1 to 63 values");
}

/* postCall(slot, kind, id, ...list): send a part of a request, `kind` and `id` being its
 * words. Otherwise as postTree(). */
napi_value
rp_tree_post_call(napi_env env, napi_callback_info info) {
  return post(env, info, true, "postCall needs a slot, two words and 1 to 61 values");
}

/* What is left of a message that is being read. */
typedef struct reader {
  rp_env *e;
  const uint8_t *at, *end;
  uint32_t depth;
} reader;

/* These call each other, at most RP_TREE_DEPTH times. */
/* NOLINTBEGIN(misc-no-recursion) */
static napi_value read_value(reader *r);

static bool
read_values(reader *r, uint32_t count, napi_value *values) {
  if (r->depth == RP_TREE_DEPTH) return false;
  r->depth++;
  for (uint32_t i = 0; i < count; i++) {
    values[i] = read_value(r);
    if (values[i] == NULL) return false;
  }
  r->depth--;
  return true;
}

static napi_value
read_object(reader *r) {
  napi_value values[RP_FLAT_MAX], make = NULL, undefined = NULL, object = NULL;
  napi_env env = r->e->env;

  if (r->end - r->at < 4) return NULL;

  const rp_flat_shape *shape = rp_flat_find(r->e, get_u32(r->at));

  r->at += 4;
  if (shape == NULL || shape->make == NULL || !read_values(r, shape->count, values))
    return NULL;
  if (napi_get_reference_value(env, shape->make, &make) != napi_ok ||
      napi_get_undefined(env, &undefined) != napi_ok ||
      napi_call_function(env, undefined, make, shape->count, values, &object) != napi_ok)
    return NULL;
  return object;
}

static napi_value
read_array(reader *r, uint32_t length) {
  napi_value values[SMALL_ARRAYS];

  return read_values(r, length, values) ? rp_env_collect(r->e, length, values) : NULL;
}

static napi_value
read_value(reader *r) {
  if (r->at == r->end) return NULL;

  uint8_t op = *r->at;

  if (op != OP_OBJECT && (op < OP_SMALL_ARRAY || op >= OP_SMALL_ARRAY + SMALL_ARRAYS))
    return rp_primitives_get(r->e, &r->at, r->end);

  uint32_t weight = r->depth == 0 ? 1 : RP_TREE_NESTED;

  if (r->e->flats_left < weight) return NULL;
  r->e->flats_left -= weight;
  r->at++;
  return op == OP_OBJECT ? read_object(r) : read_array(r, op - OP_SMALL_ARRAY);
}

/* NOLINTEND(misc-no-recursion) */

napi_value
rp_tree_read(rp_env *e, const uint8_t *at, const uint8_t *end) {
  reader r = {e, at, end, 0};
  napi_value value = read_value(&r);

  return r.at == end ? value : NULL;
}
