/*
 * random.h - numbers that nobody guesses, from a key that the process gets from the
 * system once.
 *
 * There is no second best: without a source the key is not made, and whoever wants a
 * number is told so.
 */
#ifndef RP_CORE_RANDOM_H_
#define RP_CORE_RANDOM_H_

#include <stdint.h>

/* Make the key of this process, unless it is made. Any thread; opens no file where the
 * system has a call. RP_ERANDOM: the system gives no random numbers. */
int rp_random_prepare(void);

/* The number at `index` of the sequence that belongs to the key: the same for the same
 * index, and no other is known from it. Any thread. Ends the process if
 * rp_random_prepare() has not been called and fails. */
uint64_t rp_random_number(uint64_t index);

#endif
