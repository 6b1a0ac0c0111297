/*
 * Equal texts get the same shape number in every thread, for the life of the process.
 * When the table is full it says so, and continues to serve what it has.
 */
#include "support.h"

#include "core/process/shapes.h"

enum { THREADS = 4, SHARED = 500 };

static size_t
text_of(uint32_t i, char *text) {
  /* Lengths from 0 up, some with a zero byte inside: it is bytes, not a string. */
  size_t length = (size_t) snprintf(text, 64, "%u,x%u,key", i * 7919u, i);

  if (i % 3 == 0) text[1] = '\0';
  return i == 0 ? 0 : length;
}

static void *
intern_all(void *argument) {
  uint32_t *numbers = argument;
  uint32_t first = numbers[0];

  for (uint32_t n = 0; n < SHARED; n++) {
    uint32_t i = (first + n) % SHARED;
    char text[64];
    size_t length = text_of(i, text);

    assert(rp_shapes_intern(text, length, &numbers[i]) == RP_OK);

    const char *back;
    size_t back_length;

    assert(rp_shapes_get(numbers[i], &back, &back_length) == RP_OK);
    assert(back_length == length && memcmp(back, text, length) == 0);
  }
  return NULL;
}

static void
threads_agree(void) {
  static uint32_t numbers[THREADS][SHARED];
  pthread_t threads[THREADS];

  for (uint32_t t = 0; t < THREADS; t++) {
    numbers[t][0] = t * SHARED / THREADS; /* where it starts */
    threads[t] = start(intern_all, numbers[t]);
  }
  for (uint32_t t = 0; t < THREADS; t++) finish(threads[t]);

  bool seen[SHARED] = {false};

  for (uint32_t i = 0; i < SHARED; i++) {
    for (uint32_t t = 1; t < THREADS; t++) assert(numbers[t][i] == numbers[0][i]);
    assert(numbers[0][i] < SHARED && !seen[numbers[0][i]]);
    seen[numbers[0][i]] = true;
  }
}

static void
too_long(void) {
  static char text[RP_SHAPE_TEXT_MAX + 1];
  uint32_t number = 12345;

  memset(text, 'k', sizeof(text));
  assert(rp_shapes_intern(text, sizeof(text), &number) == RP_ETOOBIG && number == 12345);
  assert(rp_shapes_intern(text, sizeof(text) - 1, &number) == RP_OK && number == SHARED);
}

static void
full(void) {
  const char *text;
  size_t length;
  char made[64];
  uint32_t number, again;

  for (uint32_t i = SHARED; i < RP_SHAPES_MAX - 1; i++) {
    assert(rp_shapes_get(i + 1, &text, &length) == RP_ENOENT);
    assert(rp_shapes_intern(made, text_of(i, made), &number) == RP_OK && number == i + 1);
  }
  assert(rp_shapes_intern("one more", 8, &number) == RP_FULL);
  assert(rp_shapes_intern(made, text_of(SHARED + 5, made), &again) == RP_OK);
  assert(again == SHARED + 6);
  assert(rp_shapes_get(RP_SHAPES_MAX, &text, &length) == RP_ENOENT);
  assert(rp_shapes_get(UINT32_MAX, &text, &length) == RP_ENOENT);
}

int
main(void) {
  threads_agree();
  too_long();
  full();
  return 0;
}
