/*
 * sleep_cost.h - what a sleep costs on this machine: how long a thread that expects an
 * answer spins first.
 */
#ifndef RP_NODE_SLEEP_COST_H_
#define RP_NODE_SLEEP_COST_H_

#include <stdint.h>

/* A doorbell has been rung, which took so many nanoseconds. Any thread, wait-free. */
void rp_sleep_cost_rung(uint64_t took);

/* Return the cost of a sleep in nanoseconds, 20 to 100 us. Any thread, wait-free. */
uint64_t rp_sleep_cost(void);

#endif
