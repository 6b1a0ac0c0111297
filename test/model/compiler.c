/*
 * compiler.c - implements the functions that code compiled by -fsanitize=thread calls:
 * ThreadSanitizer's runtime.
 */
#include "internal.h"

#define PLAIN(bytes)                                                                     \
  void __tsan_read##bytes(void *at);                                                     \
  void __tsan_write##bytes(void *at);                                                    \
  void __tsan_unaligned_read##bytes(void *at);                                           \
  void __tsan_unaligned_write##bytes(void *at);                                          \
  void __tsan_read##bytes(void *at) {                                                    \
    model_plain(at, bytes, false);                                                       \
  }                                                                                      \
  void __tsan_write##bytes(void *at) {                                                   \
    model_plain(at, bytes, true);                                                        \
  }                                                                                      \
  void __tsan_unaligned_read##bytes(void *at) {                                          \
    model_plain(at, bytes, false);                                                       \
  }                                                                                      \
  void __tsan_unaligned_write##bytes(void *at) {                                         \
    model_plain(at, bytes, true);                                                        \
  }

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

#define MODIFY(bits, name, how)                                                          \
  uint##bits##_t __tsan_atomic##bits##_##name(void *at, uint##bits##_t operand,          \
                                              int order);                                \
  uint##bits##_t __tsan_atomic##bits##_##name(void *at, uint##bits##_t operand,          \
                                              int order) {                               \
    return (uint##bits##_t) model_modify(at, bits / 8, how, operand, order);             \
  }

#define ATOMICS(bits)                                                                    \
  uint##bits##_t __tsan_atomic##bits##_load(const void *at, int order);                  \
  void __tsan_atomic##bits##_store(void *at, uint##bits##_t v, int order);               \
  int __tsan_atomic##bits##_compare_exchange_strong(                                     \
      void *at, void *expected, uint##bits##_t v, int order, int failure_order);         \
  uint##bits##_t __tsan_atomic##bits##_load(const void *at, int order) {                 \
    return (uint##bits##_t) model_load(at, bits / 8, order);                             \
  }                                                                                      \
  void __tsan_atomic##bits##_store(void *at, uint##bits##_t v, int order) {              \
    model_store(at, bits / 8, v, order);                                                 \
  }                                                                                      \
  int __tsan_atomic##bits##_compare_exchange_strong(                                     \
      void *at, void *expected, uint##bits##_t v, int order, int failure_order) {        \
    uint64_t old = model_raw_load(expected, bits / 8);                                   \
    bool same = model_cas(at, bits / 8, &old, v, order, failure_order);                  \
    memcpy(expected, &old, bits / 8);                                                    \
    return same;                                                                         \
  }                                                                                      \
  /* The same for clang. */                                                              \
  uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                             \
      void *at, uint##bits##_t expected, uint##bits##_t v, int order,                    \
      int failure_order);                                                                \
  uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                             \
      void *at, uint##bits##_t expected, uint##bits##_t v, int order,                    \
      int failure_order) {                                                               \
    uint64_t old = expected;                                                             \
    (void) model_cas(at, bits / 8, &old, v, order, failure_order);                       \
    return (uint##bits##_t) old;                                                         \
  }                                                                                      \
  MODIFY(bits, exchange, EXCHANGE)                                                       \
  MODIFY(bits, fetch_add, ADD)                                                           \
  MODIFY(bits, fetch_sub, SUB)                                                           \
  MODIFY(bits, fetch_and, AND)                                                           \
  MODIFY(bits, fetch_or, OR)                                                             \
  MODIFY(bits, fetch_xor, XOR)

ATOMICS(8)
ATOMICS(32)
ATOMICS(64)

void __tsan_atomic_signal_fence(int order);
void __tsan_init(void);
void __tsan_func_entry(void *at);
void __tsan_func_exit(void);
void __tsan_read_range(void *at, size_t size);
void __tsan_write_range(void *at, size_t size);
void *__tsan_memcpy(void *to, const void *from, size_t size);
void *__tsan_memset(void *to, int v, size_t size);

/* The model runs operations as the sources have them. */
void
__tsan_atomic_signal_fence(int order) {
  (void) order;
}
void
__tsan_init(void) {
}
void
__tsan_func_entry(void *at) {
  (void) at;
}
void
__tsan_func_exit(void) {
}
void
__tsan_read_range(void *at, size_t size) {
  model_plain(at, size, false);
}
void
__tsan_write_range(void *at, size_t size) {
  model_plain(at, size, true);
}
void *
__tsan_memcpy(void *to, const void *from, size_t size) {
  return model_copy(to, from, size);
}
void *
__tsan_memset(void *to, int v, size_t size) {
  return model_set(to, v, size);
}
