/*
 * model.h - the interface for scenarios: threads that the model interleaves, doorbells,
 * checks.
 */
#ifndef MODEL_H_
#define MODEL_H_

#include <stdbool.h>
#include <stdint.h>

#include "shim.h"

enum { MODEL_THREADS = 4 };

typedef struct scenario {
  const char *name;
  void (*setup)(void); /* before the threads */
  void (*thread[MODEL_THREADS])(void);
  void (*check)(void); /* when every thread has ended, or sleeps for good */
  void (*state)(void); /* in every state; may only look */
  int preemptions;     /* times a thread that could go on is interrupted; -1: no bound */
} scenario;

/* Register a scenario. */
#define SCENARIO(id, ...)                                                                \
  static const scenario id = {__VA_ARGS__};                                              \
  __attribute__((section("model_scenarios"),                                             \
                 used)) static const scenario *const id##_at = &id

/* Fail this run if the condition does not hold. */
#define CHECK(condition)                                                                 \
  ((condition) ? (void) 0 : model_fail("%s:%d: %s", __FILE__, __LINE__, #condition))

_Noreturn void model_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A doorbell, by number. Two rings without a wake-up in between are an error: the token
 * was in two places. A run may end while threads sleep; check() sees which. A doorbell
 * provides no happens-before: the token must make visible what the woken thread reads. */
void model_ring(int bell);
void model_sleep(int bell);
bool model_rung(int bell);

/* Allocated and not freed. */
int model_blocks(void);

/* The newest value of an atomic word, whoever may see it: for state(). */
#define model_raw(word) (*(const volatile uint32_t *) (const void *) (word))

#endif
