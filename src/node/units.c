/*
 * units.c - conversions between the code units of a string and its bytes in a message.
 */
#include "node/units.h"

#include <string.h>

/* GCC makes vector instructions of these loops only with -O3: 64 KiB take 5 instead of
 * 40 us. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

/* Units that are looked at before the rest: most wide strings end there. */
#define FIRST 32u

static uint32_t
all_bits(const char16_t *units, size_t length) {
  char16_t all = 0;

  for (size_t i = 0; i < length; i++) all |= units[i];
  return all;
}

bool
rp_units_narrow(const char16_t *units, size_t length) {
  size_t first = length < FIRST ? length : FIRST;

  if (all_bits(units, first) > UINT8_MAX) return false;
  return all_bits(units + first, length - first) <= UINT8_MAX;
}

uint8_t *
rp_units_put_bytes(uint8_t *restrict at, const char16_t *restrict units, size_t length) {
  for (size_t i = 0; i < length; i++) at[i] = (uint8_t) units[i];
  return at + length;
}

uint8_t *
rp_units_put(uint8_t *at, const char16_t *units, size_t length) {
  if (RP_UNITS_SAME) {
    memmove(at, units, length * 2);
    return at + length * 2;
  }
  for (size_t i = 0; i < length; i++) {
    char16_t unit = units[i];

    *at++ = (uint8_t) unit;
    *at++ = (uint8_t) (unit >> 8);
  }
  return at;
}

void
rp_units_get(char16_t *restrict units, const uint8_t *restrict at, size_t length) {
  if (RP_UNITS_SAME) {
    memcpy(units, at, length * 2);
    return;
  }
  for (size_t i = 0; i < length; i++)
    units[i] = (char16_t) (at[2 * i] | (uint32_t) at[2 * i + 1] << 8);
}
