/*
 * primitives_write.c - posts messages that are one primitive value, without the codec.
 */
#include "node/primitives.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "node/ops.h"
#include "node/send.h"
#include "node/units.h"
#include "node/value.h"

#define NOT_PRIMITIVE RP_STATUS_OTHER

/* Flags of a record; see lib/ports/record.js. */
#define FLAG_TRAILER 1u

/* A string of so many bytes or more travels as a block; the codec has the same limit. */
#define BLOCK_LINE (32u * 1024)

/* The largest message with a string that is written on the stack. */
#define STRING_BYTES 8192u

/* Flags, op and length of a long string; even, so the code units are aligned. */
#define HEAD_BYTES 6u

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
  return one_byte ? rp_units_put_bytes(at, units, length)
                  : rp_units_put(at, units, length);
}

static int
send_bytes(rp_env *e, rp_port *port, const uint8_t *message, const uint8_t *end) {
  return rp_send_write(e, port, 0, message, (size_t) (end - message), NULL, 0);
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

/* What the wrapper knows of a long string. */
enum width { WIDTH_UNKNOWN, WIDTH_BYTES, WIDTH_UNITS };

/* Send a string whose code units all fit a byte: V8 copies the bytes. */
static int
post_bytes(rp_env *e, rp_port *port, napi_value value, size_t length) {
  uint8_t few[STRING_BYTES];
  rp_block block = {NULL, 0};
  char *chars;

  if (length < BLOCK_LINE) {
    uint8_t *message = length + 8 <= sizeof(few) ? few : malloc(length + 8);

    if (message == NULL) return RP_ENOMEM;
    message[0] = 0;
    chars = (char *) put_string_head(message + 1, length, true);
    (void) napi_get_value_string_latin1(e->env, value, chars, length + 1, &length);

    int result = send_bytes(e, port, message, (uint8_t *) chars + length);

    if (message != few) free(message);
    return result;
  }
  block = rp_block_new(length);
  if (block.data == NULL) return RP_ENOMEM;
  (void) napi_get_value_string_latin1(e->env, value, block.data, length + 1, &length);
  return post_block(e, port, block, length, true);
}

/* Send a string as a block of one byte for each code unit. */
static int
post_narrow_block(rp_env *e, rp_port *port, const char16_t *units, size_t length) {
  rp_block block = rp_block_new(length);

  if (block.data == NULL) return RP_ENOMEM;
  (void) rp_units_put_bytes(block.data, units, length);
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

/* Send a string of less than BLOCK_LINE bytes, two for each code unit. V8 writes the
 * units where the message has them. */
static int
post_wide(rp_env *e, rp_port *port, napi_value value, size_t length) {
  union {
    uint8_t bytes[STRING_BYTES];
    char16_t units[STRING_BYTES / sizeof(char16_t)];
  } few;
  size_t size = HEAD_BYTES + (length + 1) * sizeof(char16_t);
  uint8_t *message = size <= sizeof(few) ? few.bytes : malloc(size);

  if (message == NULL) return RP_ENOMEM;

  char16_t *units = (void *) (message + HEAD_BYTES);

  message[0] = 0;
  (void) put_string_head(message + 1, length, false);
  (void) napi_get_value_string_utf16(e->env, value, units, length + 1, &length);
  if (!RP_UNITS_SAME) (void) rp_units_put(message + HEAD_BYTES, units, length);

  int result = send_bytes(e, port, message, message + HEAD_BYTES + 2 * length);

  if (message != few.bytes) free(message);
  return result;
}

static int
post_units(rp_env *e, rp_port *port, napi_value value, size_t length, enum width width) {
  if (width == WIDTH_UNITS && length * 2 < BLOCK_LINE)
    return post_wide(e, port, value, length);

  rp_block block = rp_block_new(length * sizeof(char16_t));
  char16_t *units = block.data;
  int result;

  if (units == NULL) return RP_ENOMEM;
  (void) napi_get_value_string_utf16(e->env, value, units, length + 1, &length);

  bool one_byte = width == WIDTH_UNKNOWN && rp_units_narrow(units, length);
  bool is_long = (one_byte ? length : length * 2) >= BLOCK_LINE;

  if (is_long && !one_byte) return post_block(e, port, block, length, false);
  result = is_long ? post_narrow_block(e, port, units, length)
                   : post_inline(e, port, units, length, one_byte);
  rp_block_free(block);
  return result;
}

static int
post_long_string(rp_env *e, rp_port *port, napi_value value, enum width width) {
  size_t length = 0;

  (void) napi_get_value_string_utf16(e->env, value, NULL, 0, &length);
  if (length > UINT32_MAX / 4) return NOT_PRIMITIVE; /* longer than any engine allows */
  return width == WIDTH_BYTES ? post_bytes(e, port, value, length)
                              : post_units(e, port, value, length, width);
}

static int
post_string(rp_env *e, rp_port *port, napi_value value, enum width width) {
  char16_t units[STRING_STACK + 1];
  uint8_t message[8 + 2 * STRING_STACK];
  size_t length = 0;

  if (width != WIDTH_UNKNOWN) return post_long_string(e, port, value, width);
  if (napi_get_value_string_utf16(e->env, value, units, STRING_STACK + 1, &length) !=
      napi_ok)
    return NOT_PRIMITIVE;
  if (length == STRING_STACK) return post_long_string(e, port, value, width);
  message[0] = 0;
  return send_bytes(
      e, port, message,
      put_string(message + 1, units, length, rp_units_narrow(units, length)));
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
      return put_string(at, units, length, rp_units_narrow(units, length));
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

/* Send a bigint of up to BIGINT_WORDS words: its magnitude, big-endian. */
static int
post_bigint(rp_env *e, rp_port *port, napi_value value) {
  uint64_t words[BIGINT_WORDS];
  uint8_t message[8 + 8 * BIGINT_WORDS];
  size_t count = BIGINT_WORDS;
  int sign = 0;

  /* `count` becomes the number of words that the bigint has. */
  if (napi_get_value_bigint_words(e->env, value, &sign, &count, words) != napi_ok ||
      count > BIGINT_WORDS)
    return NOT_PRIMITIVE;
  if (count == 0) words[count++] = 0;
  message[0] = 0;
  message[1] = OP_BIGINT;
  message[2] = sign != 0;

  uint8_t *at = put_u32(message + 3, (uint32_t) count * 8);

  for (size_t i = count; i-- > 0; at += 8) put_big_u64(at, words[i]);
  return send_bytes(e, port, message, at);
}

static int
post_value(rp_env *e, rp_port *port, napi_value value, enum width width) {
  uint8_t message[16] = {0, OP_UNDEFINED};
  uint8_t *end = message + 2;
  napi_valuetype type;

  if (napi_typeof(e->env, value, &type) != napi_ok) return NOT_PRIMITIVE;
  if (type == napi_string) return post_string(e, port, value, width);
  if (type == napi_bigint) return post_bigint(e, port, value);
  if (type != napi_undefined) end = rp_primitives_put(e, message + 1, value, type);
  return end == NULL ? NOT_PRIMITIVE : send_bytes(e, port, message, end);
}

/* postValue(slot, value, width): send a primitive. STATUS: 0, RP_CLOSED, or
 * NOT_PRIMITIVE: then nothing was sent. `width` may be given for a string: 1: all its
 * code units fit a byte, 2: some do not. */
napi_value
rp_primitives_post(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  size_t argc = 3;
  void *data = NULL;
  uint32_t slot = RP_NO_SLOT, width = WIDTH_UNKNOWN;

  (void) napi_get_cb_info(env, info, &argc, argv, NULL, &data);

  rp_env *e = data;

  (void) napi_get_value_uint32(env, argv[0], &slot);
  if (argc == 3) (void) napi_get_value_uint32(env, argv[2], &width);

  rp_port *port = rp_env_port_at(e, slot);

  return rp_send_end(e, port,
                     port == NULL ? RP_CLOSED
                                  : post_value(e, port, argv[1], (enum width) width));
}

/* postWhole(slot, bytes): send a record that stands for a message of the Node channel,
 * which carries the value and has moved so many bytes with it; none without the second
 * argument. It is message START, or if END is not 0 the END-th from now on, without a
 * number. STATUS: 0 or RP_CLOSED. */
napi_value
rp_primitives_post_whole(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  size_t argc = 2;
  void *data = NULL;
  uint8_t message[16] = {0};
  uint32_t slot = RP_NO_SLOT;
  double bytes = 0;

  (void) napi_get_cb_info(env, info, &argc, argv, NULL, &data);
  if (argc == 2 && napi_get_value_double(env, argv[1], &bytes) != napi_ok)
    return rp_throw_type(env, "postWhole needs a number");

  rp_env *e = data;

  (void) napi_get_value_uint32(env, argv[0], &slot);

  rp_port *port = rp_env_port_at(e, slot);
  uint32_t which[2] = {rp_control(e)[RP_CONTROL_START], rp_control(e)[RP_CONTROL_END]};
  int status = RP_CLOSED;

  memcpy(message, which, sizeof(which));
  memcpy(message + 8, &bytes, sizeof(bytes));
  if (port != NULL)
    status = rp_send_write(e, port, RP_SEND_WHOLE, message, sizeof(message), NULL, 0);
  if (status == RP_OK) rp_send_by_node(e, port);
  return rp_send_end(e, port, status);
}
