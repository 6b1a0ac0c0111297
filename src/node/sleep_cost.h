/*
 * sleep_cost.h - what a sleep costs on this machine: how long a thread that expects an
 * answer spins before.
 */
#ifndef RP_NODE_SLEEP_COST_H_
#define RP_NODE_SLEEP_COST_H_

#include <stdint.h>

/* Ringing a thread's doorbell has taken this many nanoseconds. Any thread, wait-free. */
void rp_sleep_cost_rung(uint64_t took);

/* In nanoseconds, 20 to 100 us. Any thread, wait-free. */
uint64_t rp_sleep_cost(void);

#endif
