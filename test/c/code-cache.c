/*
 * The code cache returns a script to every thread, with its newest code. When the table
 * is full it says so, and continues to serve what it has.
 */
#include "support.h"

#include "core/process/code_cache.h"
#include "core/error.h"

enum { THREADS = 4, NAMES = 100 };

static char names[RP_CODE_CACHE_SCRIPTS_MAX + 1][16];

static void
data_is_put_again_but_not_for_ever(void) {
  static const char *const data[] = {"cold", "warm", "late", "last"};
  rp_code_cache_entry found[RP_CODE_CACHE_GENERATIONS + 1];

  _Static_assert(sizeof(data) / sizeof(data[0]) == RP_CODE_CACHE_GENERATIONS,
                 "one for each");
  assert(rp_code_cache_get(names[0], &found[0]) == RP_ENOENT);
  assert(rp_code_cache_put(names[0], "early", 5, false) == RP_ENOENT);
  assert(rp_code_cache_add(names[0], "text", 4) == RP_OK);
  assert(rp_code_cache_add(names[0], "other", 5) == RP_EBUSY);
  assert(rp_code_cache_get(names[0], &found[0]) == RP_OK);
  assert(found[0].generation == 0 && found[0].data_length == 0 && found[0].shallow);
  for (uint32_t i = 0; i < RP_CODE_CACHE_GENERATIONS; i++) {
    assert(rp_code_cache_put(names[0], data[i], 4, i < 2) == RP_OK);
    assert(rp_code_cache_get(names[0], &found[i + 1]) == RP_OK);
    assert(found[i + 1].text == found[0].text && found[i + 1].text_length == 4);
    assert(found[i + 1].data == data[i] && found[i + 1].shallow == (i < 2));
    assert(found[i + 1].generation == i + 1);
  }
  assert(rp_code_cache_put(names[0], "more", 4, false) == RP_EBUSY);
  assert(rp_code_cache_get(names[0], &found[0]) == RP_OK);
  assert(found[0].data == data[RP_CODE_CACHE_GENERATIONS - 1]);
}

static void *
add_all(void *argument) {
  const char *text = argument;

  for (uint32_t i = 1; i < NAMES; i++) {
    rp_code_cache_entry found;
    int added = rp_code_cache_add(names[i], text, strlen(text));

    assert(added == RP_OK || added == RP_EBUSY);
    assert(rp_code_cache_get(names[i], &found) == RP_OK);
    assert((found.text == text) == (added == RP_OK));
    /* Whoever added it: all of it is by the same thread. */
    assert(found.text_length == (size_t) (found.text[0] - '0'));
    (void) rp_code_cache_put(names[i], text, strlen(text), false);
    assert(rp_code_cache_get(names[i], &found) == RP_OK);
    assert(found.data_length == (size_t) (((const char *) found.data)[0] - '0'));
  }
  return NULL;
}

static void
threads_agree(void) {
  static const char *const texts[THREADS] = {"1", "22", "333", "4444"};
  pthread_t threads[THREADS];

  for (uint32_t t = 0; t < THREADS; t++)
    threads[t] = start(add_all, (void *) (uintptr_t) texts[t]);
  for (uint32_t t = 0; t < THREADS; t++) finish(threads[t]);
}

static void
is_bounded(void) {
  rp_code_cache_entry found;

  for (uint32_t i = NAMES; i <= RP_CODE_CACHE_SCRIPTS_MAX; i++)
    assert(rp_code_cache_add(names[i], "", 0) ==
           (i < RP_CODE_CACHE_SCRIPTS_MAX ? RP_OK : RP_FULL));
  assert(rp_code_cache_get(names[RP_CODE_CACHE_SCRIPTS_MAX], &found) == RP_ENOENT);
  assert(rp_code_cache_get(names[RP_CODE_CACHE_SCRIPTS_MAX - 1], &found) == RP_OK);
  assert(found.text_length == 0);
}

int
main(void) {
  for (uint32_t i = 0; i <= RP_CODE_CACHE_SCRIPTS_MAX; i++)
    (void) snprintf(names[i], sizeof(names[i]), "/lib/%u.js", i);
  data_is_put_again_but_not_for_ever();
  threads_agree();
  is_bounded();
  return 0;
}
