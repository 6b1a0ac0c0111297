/*
 * value.h - conversions between JavaScript values and C.
 *
 * The wrapper in lib/ is the only caller and checks what users pass. So the binding
 * checks only what would be unsafe: a wrong type throws a TypeError and never causes
 * undefined behaviour. Without a value of its own to return on failure, a conversion
 * returns NULL, which is undefined in JavaScript.
 */
#ifndef RP_NODE_VALUE_H_
#define RP_NODE_VALUE_H_

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

#define RP_ARGS_MAX 4

/* Get the arguments of a call, filled up with undefined. Returns the data of the
 * function. napi_get_cb_info() cannot fail with valid pointers. */
static inline void *
rp_arguments(napi_env env, napi_callback_info info, napi_value argv[RP_ARGS_MAX]) {
  size_t argc = RP_ARGS_MAX;
  void *data = NULL;

  (void) napi_get_cb_info(env, info, &argc, argv, NULL, &data);
  return data;
}

/* Return the data of the function. */
static inline void *
rp_callee(napi_env env, napi_callback_info info) {
  void *data = NULL;

  (void) napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
  return data;
}

static inline napi_value
rp_throw_type(napi_env env, const char *what) {
  (void) napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", what);
  return NULL;
}

static inline napi_value
rp_throw_memory(napi_env env) {
  (void) napi_throw_error(env, "ERR_MEMORY_ALLOCATION_FAILED",
                          "Failed to allocate memory");
  return NULL;
}

static inline napi_value
rp_from_u32(napi_env env, uint32_t number) {
  napi_value value = NULL;

  (void) napi_create_uint32(env, number, &value);
  return value;
}

static inline napi_value
rp_from_bool(napi_env env, bool truth) {
  napi_value value = NULL;

  (void) napi_get_boolean(env, truth, &value);
  return value;
}

static inline napi_value
rp_from_i32(napi_env env, int32_t number) {
  napi_value value = NULL;

  (void) napi_create_int32(env, number, &value);
  return value;
}

static inline napi_value
rp_from_id(napi_env env, uint64_t id) {
  napi_value value = NULL;

  (void) napi_create_bigint_uint64(env, id, &value);
  return value;
}

/* Get the memory of a Uint8Array, Int32Array or Uint32Array; `size` is in bytes. Returns
 * false for anything else. `bytes` may be NULL if it is empty. */
static inline bool
rp_to_memory(napi_env env, napi_value value, uint8_t **bytes, size_t *size) {
  napi_typedarray_type type;
  size_t length;
  void *data;

  if (napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL) != napi_ok)
    return false;
  *bytes = data;
  *size = type == napi_uint8_array ? length : length * sizeof(uint32_t);
  return type == napi_uint8_array || type == napi_int32_array ||
         type == napi_uint32_array;
}

/* Return the id in a BigInt; 0, which is nobody's, for anything else. */
static inline uint64_t
rp_to_id(napi_env env, napi_value value) {
  uint64_t id = 0;
  bool lossless = false;

  if (napi_get_value_bigint_uint64(env, value, &id, &lossless) != napi_ok) return 0;
  return lossless ? id : 0;
}

#endif
