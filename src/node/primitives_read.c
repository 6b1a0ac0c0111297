/*
 * primitives_read.c - reads primitive values without the codec.
 */
#include "node/primitives.h"

#include <stdlib.h>
#include <string.h>

#include "node/ops.h"
#include "node/value.h"

static double
get_double(const uint8_t *at) {
  uint64_t bits = get_u32(at) | (uint64_t) get_u32(at + 4) << 32;
  double number;

  memcpy(&number, &bits, sizeof(number));
  return number;
}

static napi_value
read_utf16(rp_env *e, const uint8_t *at, uint32_t length) {
  napi_value result = NULL;
  char16_t few[STRING_STACK];
  char16_t *units = length <= STRING_STACK ? few : malloc(length * sizeof(char16_t));

  if (units == NULL) return NULL;
  for (uint32_t i = 0; i < length; i++) units[i] = (char16_t) get_u16(at + 2 * i);
  (void) napi_create_string_utf16(e->env, units, length, &result);
  if (units != few) free(units);
  return result;
}

/* A string of `length` code units, one byte each or two. */
static napi_value
read_string(rp_env *e, const uint8_t **at, const uint8_t *end, size_t length,
            bool one_byte) {
  size_t size = one_byte ? length : length * 2;
  const uint8_t *from = *at;
  napi_value result = NULL;

  if (size > (size_t) (end - from)) return NULL;
  *at += size;
  if (!one_byte) return read_utf16(e, from, (uint32_t) length);
  (void) napi_create_string_latin1(e->env, (const char *) from, length, &result);
  return result;
}

/* A string with a length of 32 bits, which may exceed the message. */
static napi_value
read_long_string(rp_env *e, const uint8_t **at, const uint8_t *end, bool one_byte) {
  if (end - *at < 4) return NULL;

  uint32_t length = get_u32(*at);

  *at += 4;
  return read_string(e, at, end, length, one_byte);
}

/* Return how many bytes follow an op of fixed size. */
static size_t
size_of(uint8_t op) {
  switch (op) {
    case OP_UINT8:
      return 1;
    case OP_INT16:
      return 2;
    case OP_INT32:
      return 4;
    case OP_DOUBLE:
      return 8;
    default:
      return 0;
  }
}

napi_value
rp_primitives_get(rp_env *e, const uint8_t **at, const uint8_t *end) {
  napi_value result = NULL;

  if (*at == end) return NULL;

  uint8_t op = *(*at)++;
  const uint8_t *from = *at;

  if (op < OP_SMALL_STRING) return rp_from_u32(e->env, op);
  if (op < OP_UNDEFINED) return read_string(e, at, end, op - OP_SMALL_STRING, true);
  if (size_of(op) > (size_t) (end - from)) return NULL;
  *at += size_of(op);
  switch (op) {
    case OP_UNDEFINED:
      (void) napi_get_undefined(e->env, &result);
      break;
    case OP_NULL:
      (void) napi_get_null(e->env, &result);
      break;
    case OP_TRUE:
    case OP_FALSE:
      return rp_from_bool(e->env, op == OP_TRUE);
    case OP_UINT8:
      return rp_from_u32(e->env, from[0]);
    case OP_INT16:
      return rp_from_i32(e->env, (int16_t) get_u16(from));
    case OP_INT32:
      return rp_from_i32(e->env, (int32_t) get_u32(from));
    case OP_DOUBLE:
      (void) napi_create_double(e->env, get_double(from), &result);
      break;
    case OP_LATIN1:
    case OP_UTF16:
      return read_long_string(e, at, end, op == OP_LATIN1);
    default:
      break;
  }
  return result;
}
