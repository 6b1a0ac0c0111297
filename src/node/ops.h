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
#include <string.h>

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
  OP_BIGINT,              /* u8 1 if negative, u32 length, magnitude, big-endian */
  OP_OBJECT = 0x8b,       /* u32 number of its shape, its values; see tree.h */
  OP_BLOCK_STRING = 0xa4, /* u32 index, u8 1 if one byte a unit, length as a number */
  OP_SMALL_ARRAY = 0xc0,  /* and the length, below SMALL_ARRAYS; its elements */
  SMALL_ARRAYS = 16,
};

/* Strings of up to so many code units are converted on the stack. */
#define STRING_STACK 512u

/* Words of 64 bits of the longest bigint that is written and read without the codec. */
#define BIGINT_WORDS 64u

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

static inline uint32_t
swap_u32(uint32_t value) {
  return value << 24 | (value & 0xff00) << 8 | (value >> 8 & 0xff00) | value >> 24;
}

/* Turn a word of a bigint to the order of bytes in a message, big-endian, or back. */
static inline uint64_t
big_u64(uint64_t value) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return value;
#else
  return (uint64_t) swap_u32((uint32_t) value) << 32 | swap_u32((uint32_t) (value >> 32));
#endif
}

static inline void
put_big_u64(uint8_t *at, uint64_t value) {
  value = big_u64(value);
  memcpy(at, &value, sizeof(value));
}

static inline uint64_t
get_big_u64(const uint8_t *at) {
  uint64_t value;

  memcpy(&value, at, sizeof(value));
  return big_u64(value);
}

#endif
