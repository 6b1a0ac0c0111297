/*
 * atomic.h - the atomic operations of the core, named by their memory order.
 *
 * Every call names its order: there are no default-order atomics and no fences in the
 * core, since ThreadSanitizer does not see fences. The model checker replaces these
 * wrappers to run the real sources under its own scheduler.
 */
#ifndef RP_CORE_ATOMIC_H_
#define RP_CORE_ATOMIC_H_

#include <stdatomic.h>
#include <stdint.h>

/* Positions and flags live in words of 32 bits. The type is lock-free everywhere we
 * build. */
typedef _Atomic uint32_t rp_word;

/* Counters, and positions that must not wrap around. Lock-free everywhere we build. */
typedef _Atomic uint64_t rp_atomic_u64;

_Static_assert(sizeof(rp_word) == 4, "a word is 4 bytes, also in shared memory");
_Static_assert(sizeof(rp_atomic_u64) == 8, "8 bytes, also in shared memory");

#define rp_load_relaxed(p) atomic_load_explicit((p), memory_order_relaxed)
#define rp_load_acquire(p) atomic_load_explicit((p), memory_order_acquire)
#define rp_store_relaxed(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define rp_store_release(p, v) atomic_store_explicit((p), (v), memory_order_release)
/* Sequentially consistent: for a store that must not pass the load of another word. */
#define rp_load_seq(p) atomic_load_explicit((p), memory_order_seq_cst)
#define rp_store_seq(p, v) atomic_store_explicit((p), (v), memory_order_seq_cst)
#define rp_exchange(p, v) atomic_exchange_explicit((p), (v), memory_order_acq_rel)
#define rp_fetch_or(p, v) atomic_fetch_or_explicit((p), (v), memory_order_acq_rel)

/* Strong compare and swap: acq_rel on success, acquire on failure. */
#define rp_cas(p, expected, desired)                                                     \
  atomic_compare_exchange_strong_explicit((p), (expected), (desired),                    \
                                          memory_order_acq_rel, memory_order_acquire)

#endif
