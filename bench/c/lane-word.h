/*
 * lane-word.h - one atomic word: the cost of moving a cache line, the lower limit for any
 * ring. It holds one sequence number, so it can only do the ping-pong.
 */
#include <stdatomic.h>

struct lane {
  _Alignas(128) _Atomic uint64_t word;
  _Alignas(128) uint64_t taken;
};

static lane *
lane_new(void) {
  return lane_memory(sizeof(lane));
}

static inline void
lane_flush(lane *l) {
  (void) l;
}

static inline bool
lane_put(lane *l, const record *r) {
  /* Pairs with the acquire in lane_take(). */
  atomic_store_explicit(&l->word, r->sequence, memory_order_release);
  return true;
}

static inline bool
lane_take(lane *l, record *r) {
  /* Pairs with the release in lane_put(). */
  r->sequence = atomic_load_explicit(&l->word, memory_order_acquire);
  if (r->sequence == l->taken) return false;
  l->taken = r->sequence;
  return true;
}
