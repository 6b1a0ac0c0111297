/*
 * input.h - for the fuzz targets: reads the fuzzer's bytes as numbers; a check that
 * aborts.
 *
 * At the end of the input, all numbers are zero, so any input is valid.
 */
#ifndef INPUT_H_
#define INPUT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                 \
  ((condition) ? (void) 0 : fuzz_fail(__FILE__, __LINE__, #condition))

_Noreturn static inline void
fuzz_fail(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: %s\n", file, line, condition);
  abort();
}

typedef struct input {
  const uint8_t *at;
  size_t left;
} input;

static inline uint8_t
take_u8(input *in) {
  if (in->left == 0) return 0;
  in->left--;
  return *in->at++;
}

static inline uint32_t
take_u32(input *in) {
  uint32_t value = 0;

  for (int i = 0; i < 4; i++) value |= (uint32_t) take_u8(in) << 8 * i;
  return value;
}

/* Small numbers mostly, large ones in few bytes: a digit and a power of two. */
static inline uint32_t
take_size(input *in) {
  uint8_t byte = take_u8(in);

  return byte < 192 ? byte : ((uint32_t) (byte & 7) + 1) << (8 + (byte >> 3) % 8 * 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
