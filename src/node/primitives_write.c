/*
 * primitives_write.c - posts messages that are one primitive value, without the codec.
 */
#include "node/primitives.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "node/ops.h"
#include "node/send.h"
#include "node/value.h"

#define NOT_PRIMITIVE RP_STATUS_OTHER

/* Flags of a record; see lib/ports/record.js. */
#define FLAG_TRAILER 1u
#define FLAG_WHOLE 8u

/* A string of so many bytes or more travels as a block; the codec has the same limit. */
#define BLOCK_LINE (32u * 1024)

static uint8_t *
put_double(uint8_t *at, double number) {
  uint64_t bits;

  *at++ = OP_DOUBLE;
  memcpy(&bits, &number, sizeof(bits));
  return put_u32(put_u32(at, (uint32_t) bits), (uint32_t) (bits >> 32));
}

/* Write a number, at most 9 bytes. Returns the end. */
static uint8_t *
put_number(uint8_t *at, double number) {
  if (!(number >= INT32_MIN && number <= INT32_MAX)) return put_double(at, number);

  int32_t integer = (int32_t) number;

  if (integer != number || (integer == 0 && signbit(number)))
    return put_double(at, number);
  if (integer >= 0 && integer < OP_SMALL_STRING) {
    *at = (uint8_t) integer;
    return at + 1;
  }
  if (integer >= 0 && integer <= UINT8_MAX) {
    at[0] = OP_UINT8;
    at[1] = (uint8_t) integer;
    return at + 2;
  }
  if (integer >= INT16_MIN && integer <= INT16_MAX) {
    *at = OP_INT16;
    return put_u16(at + 1, (uint32_t) integer);
  }
  *at = OP_INT32;
  return put_u32(at + 1, (uint32_t) integer);
}

static bool
is_narrow(const char16_t *units, size_t length) {
  uint32_t all = 0;

  for (size_t i = 0; i < length; i++) all |= units[i];
  return all <= UINT8_MAX;
}

/* Write one byte for each code unit. Returns the end. */
static uint8_t *
put_narrow(uint8_t *at, const char16_t *units, size_t length) {
  for (size_t i = 0; i < length; i++) *at++ = (uint8_t) units[i];
  return at;
}

/* Write two bytes for each code unit, little-endian. Returns the end. */
static uint8_t *
put_units(uint8_t *at, const char16_t *units, size_t length) {
  for (size_t i = 0; i < length; i++) at = put_u16(at, units[i]);
  return at;
}

/* Write the op and length of an inline string, at most 5 bytes. Returns the end. */
static uint8_t *
put_string_head(uint8_t *at, size_t length, bool one_byte) {
  if (one_byte && length < OP_UNDEFINED - OP_SMALL_STRING) {
    *at = (uint8_t) (OP_SMALL_STRING + length);
    return at + 1;
  }
  *at = one_byte ? OP_LATIN1 : OP_UTF16;
  return put_u32(at + 1, (uint32_t) length);
}

static uint8_t *
put_string(uint8_t *at, const char16_t *units, size_t length, bool one_byte) {
  at = put_string_head(at, length, one_byte);
  return one_byte ? put_narrow(at, units, length) : put_units(at, units, length);
}

static int
send_bytes(rp_env *e, rp_port *port, const uint8_t *message, const uint8_t *end) {
  return rp_send_write(e, port, 0, message, (size_t) (end - message), NULL, 0);
}

static int
post_short_string(rp_env *e, rp_port *port, napi_value value) {
  uint8_t message[8 + 2 * STRING_STACK] = {0};
  char16_t units[STRING_STACK + 1];
  size_t length;

  if (napi_get_value_string_utf16(e->env, value, units, STRING_STACK + 1, &length) !=
      napi_ok)
    return NOT_PRIMITIVE;
  return send_bytes(e, port, message,
                    put_string(message + 1, units, length, is_narrow(units, length)));
}

/* Send a message that is one string, which is in a block. Frees the block on failure. */
static int
post_block(rp_env *e, rp_port *port, rp_block block, size_t length, bool one_byte) {
  uint8_t message[32] = {0, OP_BLOCK_STRING};
  uint8_t *end = put_u32(message + 2, 0);

  *end++ = one_byte;
  end = put_number(end, (double) length);

  /* The trailer: number of bytes before it, and 0 messages of the Node channel. */
  size_t trailer = ((size_t) (end - message) + 7) & ~(size_t) 7;

  (void) put_u32(put_u32(message + trailer, (uint32_t) (end - message)), 0);

  int result = rp_send_write(e, port, FLAG_TRAILER, message, trailer + 8, &block, 1);

  if (result != RP_OK) rp_block_free(block);
  return result;
}

/* Send a string as a block of one byte for each code unit. */
static int
post_narrow_block(rp_env *e, rp_port *port, const char16_t *units, size_t length) {
  rp_block block = rp_block_new(length);

  if (block.data == NULL) return RP_ENOMEM;
  (void) put_narrow(block.data, units, length);
  return post_block(e, port, block, length, true);
}

static int
post_inline(rp_env *e, rp_port *port, const char16_t *units, size_t length,
            bool one_byte) {
  uint8_t *message = malloc((one_byte ? length : length * 2) + 8);

  if (message == NULL) return RP_ENOMEM;
  message[0] = 0;

  int result =
      send_bytes(e, port, message, put_string(message + 1, units, length, one_byte));

  free(message);
  return result;
}

static int
post_long_string(rp_env *e, rp_port *port, napi_value value, size_t length) {
  rp_block block = rp_block_new(length * sizeof(char16_t));
  char16_t *units = block.data;
  int result;

  if (units == NULL) return RP_ENOMEM;
  if (napi_get_value_string_utf16(e->env, value, units, length + 1, &length) != napi_ok) {
    rp_block_free(block);
    return NOT_PRIMITIVE;
  }

  bool one_byte = is_narrow(units, length);
  bool is_long = (one_byte ? length : length * 2) >= BLOCK_LINE;

  if (is_long && !one_byte) return post_block(e, port, block, length, false);
  result = is_long ? post_narrow_block(e, port, units, length)
                   : post_inline(e, port, units, length, one_byte);
  rp_block_free(block);
  return result;
}

static int
post_string(rp_env *e, rp_port *port, napi_value value) {
  size_t length = 0;

  if (napi_get_value_string_utf16(e->env, value, NULL, 0, &length) != napi_ok)
    return NOT_PRIMITIVE;
  if (length > UINT32_MAX / 4) return NOT_PRIMITIVE; /* longer than any engine allows */
  if (length <= STRING_STACK) return post_short_string(e, port, value);
  return post_long_string(e, port, value, length);
}

uint8_t *
rp_primitives_put(rp_env *e, uint8_t *at, napi_value value, napi_valuetype type) {
  char16_t units[RP_PRIMITIVES_UNITS + 2];
  size_t length;
  double number;
  bool truth;

  switch (type) {
    case napi_number:
      if (napi_get_value_double(e->env, value, &number) != napi_ok) return NULL;
      return put_number(at, number);
    case napi_string:
      /* Room for one code unit more, to recognise longer strings. */
      if (napi_get_value_string_utf16(e->env, value, units, RP_PRIMITIVES_UNITS + 2,
                                      &length) != napi_ok ||
          length > RP_PRIMITIVES_UNITS)
        return NULL;
      return put_string(at, units, length, is_narrow(units, length));
    case napi_boolean:
      if (napi_get_value_bool(e->env, value, &truth) != napi_ok) return NULL;
      *at = truth ? OP_TRUE : OP_FALSE;
      return at + 1;
    case napi_null:
      *at = OP_NULL;
      return at + 1;
    default:
      return NULL;
  }
}

static int
post_value(rp_env *e, rp_port *port, napi_value value) {
  uint8_t message[16] = {0, OP_UNDEFINED};
  uint8_t *end = message + 2;
  napi_valuetype type;

  if (napi_typeof(e->env, value, &type) != napi_ok) return NOT_PRIMITIVE;
  if (type == napi_string) return post_string(e, port, value);
  if (type != napi_undefined) end = rp_primitives_put(e, message + 1, value, type);
  return end == NULL ? NOT_PRIMITIVE : send_bytes(e, port, message, end);
}

/* postValue(slot, value): send a primitive. STATUS: 0, RP_CLOSED, or NOT_PRIMITIVE: then
 * nothing was sent. */
napi_value
rp_primitives_post(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  size_t argc = 2;
  void *data = NULL;
  uint32_t slot = RP_NO_SLOT;

  (void) napi_get_cb_info(env, info, &argc, argv, NULL, &data);

  rp_env *e = data;

  (void) napi_get_value_uint32(env, argv[0], &slot);

  rp_port *port = rp_env_port_at(e, slot);

  return rp_send_end(e, port, port == NULL ? RP_CLOSED : post_value(e, port, argv[1]));
}

/* postWhole(slot, sequence, bytes): send a record that stands for message `sequence` of
 * the Node channel, which carries the value and has moved so many bytes with it. STATUS:
 * 0 or RP_CLOSED. */
napi_value
rp_primitives_post_whole(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  uint8_t message[16] = {0};
  int32_t sequence = 0;
  double bytes = 0;
  int status = RP_CLOSED;

  if (napi_get_value_int32(env, argv[1], &sequence) != napi_ok ||
      napi_get_value_double(env, argv[2], &bytes) != napi_ok)
    return rp_throw_type(env, "postWhole needs two numbers");
  memcpy(message, &sequence, sizeof(sequence));
  memcpy(message + 8, &bytes, sizeof(bytes));
  if (port != NULL)
    status = rp_send_write(e, port, FLAG_WHOLE, message, sizeof(message), NULL, 0);
  return rp_send_end(e, port, status);
}
