/*
 * primitives.c - messages that are one primitive value, written and read without the codec.
 *
 * A message is one byte of flags (0 here), one op, and what the op says; integers are little-endian.
 * lib/codec/ops.js is the table of ops, and the codec reads and writes the same.
 */
#include "primitives.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "value.h"
#include "yield.h"

enum {
  OP_SMALL_STRING = 0x40, /* and the length, up to 63 characters of one byte */
  OP_UNDEFINED = 0x80,
  OP_NULL,
  OP_TRUE,
  OP_FALSE,
  OP_UINT8,
  OP_INT16,
  OP_INT32,
  OP_DOUBLE,
  OP_LATIN1, /* u32 length, characters of one byte */
  OP_UTF16,  /* u32 length, code units */
  OP_BLOCK_STRING =
      0xa4, /* u32 index, u8 1 if one byte a character, length as a number */
};

/* In the STATUS word: not a value for these functions. */
#define NOT_PRIMITIVE 1

/* Flags of a record; see lib/endpoint.js. */
#define FLAG_TRAILER 1u
#define FLAG_WHOLE 8u

/* Strings of up to so many code units are written without malloc. */
#define STRING_STACK 512u
/* From so many bytes on, a string travels as a block; the codec has the same line. */
#define BLOCK_LINE (32u * 1024)

static uint8_t *
put_u16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t) value;
  at[1] = (uint8_t) (value >> 8);
  return at + 2;
}

static uint8_t *
put_u32(uint8_t *at, uint32_t value) {
  return put_u16(put_u16(at, value), value >> 16);
}

static uint32_t
get_u16(const uint8_t *at) {
  return at[0] | (uint32_t) at[1] << 8;
}

static uint32_t
get_u32(const uint8_t *at) {
  return get_u16(at) | get_u16(at + 2) << 16;
}

static uint8_t *
put_double(uint8_t *at, double number) {
  uint64_t bits;

  *at++ = OP_DOUBLE;
  memcpy(&bits, &number, sizeof(bits));
  return put_u32(put_u32(at, (uint32_t) bits), (uint32_t) (bits >> 32));
}

static double
get_double(const uint8_t *at) {
  uint64_t bits = get_u32(at) | (uint64_t) get_u32(at + 4) << 32;
  double number;

  memcpy(&number, &bits, sizeof(number));
  return number;
}

/* At most 9 bytes. */
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

static int
write_message(rp_env *e, rp_half *half, uint32_t flags, const uint8_t *bytes,
              size_t length, const rp_block *block) {
  rp_port *port = &e->ports[half->slot];
  uint32_t mark = rp_order_mark(e, port);
  uint32_t count = block != NULL;
  int result = rp_half_write(half, flags | mark, bytes, length, block, count);

  if (result != RP_OK) return result;
  if (mark != 0) rp_order_marked(e, port);
  rp_count(&e->counters.messages_out, 1);
  rp_count(&e->counters.bytes_out, rp_message_size(length, block, count));
  rp_yield("post:written");
  return RP_OK;
}

static bool
is_narrow(const char16_t *units, size_t length) {
  uint32_t all = 0;

  for (size_t i = 0; i < length; i++) all |= units[i];
  return all <= UINT8_MAX;
}

/* One byte a character, in place. */
static void
narrow(char16_t *units, size_t length) {
  uint8_t *bytes = (uint8_t *) units;

  for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t) units[i];
}

/* Two bytes a code unit, little-endian. */
static uint8_t *
put_units(uint8_t *at, const char16_t *units, size_t length) {
  for (size_t i = 0; i < length; i++) at = put_u16(at, units[i]);
  return at;
}

/* The op and length of a string that is written inline; at most 5 bytes. */
static uint8_t *
put_string_head(uint8_t *at, size_t length, bool one_byte) {
  if (one_byte && length < OP_UNDEFINED - OP_SMALL_STRING) {
    *at = (uint8_t) (OP_SMALL_STRING + length);
    return at + 1;
  }
  *at = one_byte ? OP_LATIN1 : OP_UTF16;
  return put_u32(at + 1, (uint32_t) length);
}

static int
post_short_string(rp_env *e, rp_half *half, napi_value value) {
  uint8_t message[8 + 2 * STRING_STACK];
  char16_t units[STRING_STACK + 1];
  uint8_t *end;
  size_t length;

  (void) napi_get_value_string_utf16(e->env, value, units, STRING_STACK + 1, &length);
  message[0] = 0;
  if (is_narrow(units, length)) {
    end = put_string_head(message + 1, length, true);
    for (size_t i = 0; i < length; i++) *end++ = (uint8_t) units[i];
  } else {
    end = put_units(put_string_head(message + 1, length, false), units, length);
  }
  return write_message(e, half, 0, message, (size_t) (end - message), NULL);
}

/* A string as the block of a message that says no more than that. */
static int
post_block(rp_env *e, rp_half *half, rp_block block, size_t length, bool one_byte) {
  uint8_t message[32] = {0, OP_BLOCK_STRING};
  uint8_t *end = put_u32(message + 2, 0);

  *end++ = one_byte;
  end = put_number(end, (double) length);

  /* The trailer: how many bytes these are, and no message of the Node channel. */
  size_t trailer = ((size_t) (end - message) + 7) & ~(size_t) 7;

  (void) put_u32(put_u32(message + trailer, (uint32_t) (end - message)), 0);
  return write_message(e, half, FLAG_TRAILER, message, trailer + 8, &block);
}

static int
post_long_string(rp_env *e, rp_half *half, napi_value value, size_t length) {
  rp_block block = rp_block_new(length * sizeof(char16_t));
  char16_t *units = block.data;
  int result;

  if (units == NULL) return RP_ENOMEM;
  (void) napi_get_value_string_utf16(e->env, value, units, length + 1, &length);

  bool one_byte = is_narrow(units, length);
  size_t size = one_byte ? length : length * 2;

  if (size >= BLOCK_LINE && one_byte) {
    rp_block half_size = rp_block_new(length);
    uint8_t *bytes = half_size.data;

    if (bytes != NULL)
      for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t) units[i];
    rp_block_free(block);
    if (bytes == NULL) return RP_ENOMEM;
    block = half_size;
  }
  if (size >= BLOCK_LINE) {
    result = post_block(e, half, block, length, one_byte);
    if (result != RP_OK) rp_block_free(block);
    return result;
  }

  uint8_t *message = malloc(size + 8);

  if (message != NULL) {
    message[0] = 0;

    uint8_t *end = put_string_head(message + 1, length, one_byte);

    if (one_byte) {
      narrow(units, length);
      memcpy(end, units, length);
      end += length;
    } else {
      end = put_units(end, units, length);
    }
    result = write_message(e, half, 0, message, (size_t) (end - message), NULL);
  } else {
    result = RP_ENOMEM;
  }
  free(message);
  rp_block_free(block);
  return result;
}

static int
post_string(rp_env *e, rp_half *half, napi_value value) {
  size_t length = 0;

  if (napi_get_value_string_utf16(e->env, value, NULL, 0, &length) != napi_ok)
    return NOT_PRIMITIVE;
  if (length > UINT32_MAX / 4) return NOT_PRIMITIVE; /* more than an engine has */
  if (length <= STRING_STACK) return post_short_string(e, half, value);
  return post_long_string(e, half, value, length);
}

static int
post_value(rp_env *e, rp_half *half, napi_value value) {
  uint8_t message[16] = {0};
  uint8_t *end = message + 1;
  napi_valuetype type;
  double number;
  bool truth;

  if (napi_typeof(e->env, value, &type) != napi_ok) return NOT_PRIMITIVE;
  switch (type) {
    case napi_number:
      (void) napi_get_value_double(e->env, value, &number);
      end = put_number(end, number);
      break;
    case napi_string:
      return post_string(e, half, value);
    case napi_boolean:
      (void) napi_get_value_bool(e->env, value, &truth);
      *end++ = truth ? OP_TRUE : OP_FALSE;
      break;
    case napi_undefined:
      *end++ = OP_UNDEFINED;
      break;
    case napi_null:
      *end++ = OP_NULL;
      break;
    default:
      return NOT_PRIMITIVE;
  }
  return write_message(e, half, 0, message, (size_t) (end - message), NULL);
}

/* postValue(slot, value): send a primitive. STATUS: 0, RP_SEALED, or NOT_PRIMITIVE and nothing is sent. */
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
  int status = RP_SEALED;

  if (port != NULL) {
    status = post_value(e, port->half, argv[1]);
    if (status == RP_OK) {
      port->linger.asked = true;
      rp_half_publish(port->half);
      rp_yield("post:published");
    } else if (status != RP_SEALED && status != NOT_PRIMITIVE) {
      return rp_throw_memory(env);
    }
  }
  rp_control(e)[RP_CONTROL_STATUS] = (uint32_t) status;
  return NULL;
}

/* postWhole(slot, sequence, bytes): send a record that says that the value is in message `sequence` of the Node
 * channel, and that Node has moved so many bytes with it. STATUS: 0 or RP_SEALED. */
napi_value
rp_primitives_post_whole(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = NULL;
  uint8_t message[16] = {0};
  uint32_t slot = RP_NO_SLOT;
  int32_t sequence = 0;
  double bytes = 0;
  int status = RP_SEALED;

  (void) napi_get_value_uint32(env, argv[0], &slot);
  (void) napi_get_value_int32(env, argv[1], &sequence);
  (void) napi_get_value_double(env, argv[2], &bytes);
  port = rp_env_port_at(e, slot);
  if (port != NULL) {
    memcpy(message, &sequence, sizeof(sequence));
    memcpy(message + 8, &bytes, sizeof(bytes));
    status = write_message(e, port->half, FLAG_WHOLE, message, sizeof(message), NULL);
    if (status == RP_OK) {
      port->linger.asked = true;
      rp_half_publish(port->half);
      rp_yield("post:published");
    } else if (status != RP_SEALED) {
      return rp_throw_memory(env);
    }
  }
  rp_control(e)[RP_CONTROL_STATUS] = (uint32_t) status;
  return NULL;
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

static napi_value
rp_primitives_value(rp_env *e, const uint8_t *bytes, uint32_t length) {
  napi_value result = NULL;

  if (length < 2 || bytes[0] != 0) return NULL;

  const uint8_t *at = bytes + 2;
  uint8_t op = bytes[1];
  uint32_t more = length - 2; /* behind the op */

  if (op < OP_SMALL_STRING) return more == 0 ? rp_from_u32(e->env, op) : NULL;
  if (op < OP_UNDEFINED) {
    if (more != (uint32_t) op - OP_SMALL_STRING) return NULL;
    (void) napi_create_string_latin1(e->env, (const char *) at, more, &result);
    return result;
  }
  switch (op) {
    case OP_UNDEFINED:
      if (more == 0) (void) napi_get_undefined(e->env, &result);
      break;
    case OP_NULL:
      if (more == 0) (void) napi_get_null(e->env, &result);
      break;
    case OP_TRUE:
    case OP_FALSE:
      if (more == 0) (void) napi_get_boolean(e->env, op == OP_TRUE, &result);
      break;
    case OP_UINT8:
      if (more == 1) result = rp_from_u32(e->env, at[0]);
      break;
    case OP_INT16:
      if (more == 2) result = rp_from_i32(e->env, (int16_t) get_u16(at));
      break;
    case OP_INT32:
      if (more == 4) result = rp_from_i32(e->env, (int32_t) get_u32(at));
      break;
    case OP_DOUBLE:
      if (more == 8) (void) napi_create_double(e->env, get_double(at), &result);
      break;
    case OP_LATIN1:
      if (more >= 4 && get_u32(at) == more - 4)
        (void) napi_create_string_latin1(e->env, (const char *) at + 4, more - 4,
                                         &result);
      break;
    case OP_UTF16:
      if (more >= 4 && (more - 4) % 2 == 0 && get_u32(at) == (more - 4) / 2)
        result = read_utf16(e, at + 4, (more - 4) / 2);
      break;
    default:
      break;
  }
  return result;
}

/* The type of a record as its receiver sees it: that it had to wait does not matter any more. */
static bool
is_plain(uint32_t type) {
  return (type & ~RP_MESSAGE_BEHIND) == 0;
}

napi_value
rp_primitives_values(rp_env *e, const uint8_t *run, uint32_t *bytes, uint32_t *count) {
  napi_value values = NULL;
  uint32_t at = 0, read = 0;

  for (; read < *count; read++) {
    uint32_t header[2]; /* length, type */

    memcpy(header, run + at, sizeof(header));

    napi_value value =
        is_plain(header[1])
            ? rp_primitives_value(e, run + at + RP_RECORD_HEADER, header[0])
            : NULL;

    if (value == NULL) break;
    if (values == NULL &&
        napi_create_array_with_length(e->env, *count, &values) != napi_ok)
      return NULL;
    if (napi_set_element(e->env, values, read, value) != napi_ok) return NULL;
    at += rp_record_size(header[0]);
  }
  *bytes = at;
  *count = read;
  return values;
}
