/*
 * ops.h - the encoding of a message that is one value: a byte of flags (0 here), an op,
 * and the operands of the op.
 *
 * Integers are little-endian. lib/codec/ops.js is the table of all ops; the codec reads
 * and writes the same bytes.
 */
#ifndef RP_NODE_OPS_H_
#define RP_NODE_OPS_H_

#include <stdint.h>

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
  OP_LATIN1,              /* u32 length, characters of one byte */
  OP_UTF16,               /* u32 length, code units */
  OP_OBJECT = 0x8b,       /* u32 number of its shape, its values; see tree.h */
  OP_BLOCK_STRING = 0xa4, /* u32 index, u8 1 if one byte a unit, length as a number */
  OP_SMALL_ARRAY = 0xc0,  /* and the length, below SMALL_ARRAYS; its elements */
  SMALL_ARRAYS = 16,
};

/* Strings of up to so many code units are converted on the stack. */
#define STRING_STACK 512u

static inline uint8_t *
put_u16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t) value;
  at[1] = (uint8_t) (value >> 8);
  return at + 2;
}

static inline uint8_t *
put_u32(uint8_t *at, uint32_t value) {
  return put_u16(put_u16(at, value), value >> 16);
}

static inline uint32_t
get_u16(const uint8_t *at) {
  return at[0] | (uint32_t) at[1] << 8;
}

static inline uint32_t
get_u32(const uint8_t *at) {
  return get_u16(at) | get_u16(at + 2) << 16;
}

#endif
