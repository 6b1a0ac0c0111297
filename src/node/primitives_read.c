/*
 * primitives_read.c - reads primitive values without the codec.
 */
#include "node/primitives.h"

#include <stdlib.h>
#include <string.h>

#include "node/ops.h"
#include "node/units.h"
#include "node/value.h"

static double
get_double(const uint8_t *at) {
  uint64_t bits = get_u32(at) | (uint64_t) get_u32(at + 4) << 32;
  double number;

  memcpy(&number, &bits, sizeof(number));
  return number;
}

/* A string of two bytes a code unit. */
static napi_value
read_utf16(rp_env *e, const uint8_t *at, uint32_t length) {
  napi_value result = NULL;
  char16_t few[STRING_STACK];
  char16_t *units;

  /* In a message of its own it is aligned. */
  if (RP_UNITS_SAME && (uintptr_t) at % sizeof(char16_t) == 0) {
    (void) napi_create_string_utf16(e->env, (const void *) at, length, &result);
    return result;
  }
  units = length <= STRING_STACK ? few : malloc(length * sizeof(char16_t));
  if (units == NULL) return NULL;
  rp_units_get(units, at, length);
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

/* A bigint of up to BIGINT_WORDS words. */
static napi_value
read_bigint(rp_env *e, const uint8_t **at, const uint8_t *end) {
  uint64_t words[BIGINT_WORDS] = {0};
  napi_value result = NULL;

  if (end - *at < 5) return NULL;

  uint8_t negative = (*at)[0];
  uint32_t length = get_u32(*at + 1);
  const uint8_t *from = *at + 5;

  if (negative > 1 || length == 0 || length > sizeof(words) ||
      length > (size_t) (end - from))
    return NULL;
  *at = from + length;

  uint32_t whole = length / 8;

  for (uint32_t i = 0; i < whole; i++) words[i] = get_big_u64(*at - 8 * (i + 1));
  for (const uint8_t *byte = from; byte < *at - 8 * whole; byte++)
    words[whole] = words[whole] << 8 | *byte;
  (void) napi_create_bigint_words(e->env, negative, (length + 7) / 8, words, &result);
  return result;
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
    case OP_BIGINT:
      return read_bigint(e, at, end);
    default:
      break;
  }
  return result;
}
