/*
 * units.h - conversions between the code units of a string and its bytes in a message.
 */
#ifndef RP_NODE_UNITS_H_
#define RP_NODE_UNITS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* Whether code units in memory are as in a message, little-endian. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define RP_UNITS_SAME 0
#else
#define RP_UNITS_SAME 1
#endif

/* Return whether each code unit fits one byte. */
bool rp_units_narrow(const char16_t *units, size_t length);

/* Write one byte for each code unit. Returns the end. */
uint8_t *rp_units_put_bytes(uint8_t *restrict at, const char16_t *restrict units,
                            size_t length);

/* Write two bytes for each code unit, little-endian; `at` may be `units`.
 * Returns the end. */
uint8_t *rp_units_put(uint8_t *at, const char16_t *units, size_t length);

/* Read `length` code units, little-endian. */
void rp_units_get(char16_t *restrict units, const uint8_t *restrict at, size_t length);

#endif
