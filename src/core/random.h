/*
 * random.h - unpredictable numbers, generated from a key that the process gets from the
 * system once.
 *
 * There is no weaker fallback: without a source of random numbers there is no key, and
 * callers get an error.
 */
#ifndef RP_CORE_RANDOM_H_
#define RP_CORE_RANDOM_H_

#include <stdint.h>

/* Get the key of this process, unless it has one. Any thread. Opens a file only where the
 * system has no call for it. Returns RP_ERANDOM if there is no source. */
int rp_random_prepare(void);

/* Return number `index` of the sequence that belongs to the key: always the same for an
 * index, and it reveals no other number. Any thread. Aborts if there is no key and
 * rp_random_prepare() fails. */
uint64_t rp_random_number(uint64_t index);

#endif
