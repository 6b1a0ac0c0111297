/*
 * counters.c - in place of that of the core: nobody waits for a counter, and each would be a step.
 */
#include "core/ring/wait_queue.h"

void
rp__side_count(rp_side *side, rp_number *counter, double by) {
  (void) side, (void) counter, (void) by;
}

void
rp__side_count_up(rp_side *side) {
  (void) side;
}

void
rp__side_look_at_fill(rp_side *side) {
  (void) side;
}
