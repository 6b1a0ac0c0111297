/*
 * What a thread has compiled is there for all threads, with newer data if there is any; the table says when it is full
 * and goes on to serve what is in it.
 */
#include "support.h"

#include "core/process/code_cache.h"
#include "core/error.h"

enum { THREADS = 4, NAMES = 100 };

static char names[RP_CODE_CACHE_FILES_MAX + 1][16];

static rp_code_cache_entry
code_of(uint32_t i, const char *text) {
  rp_code_cache_entry code = {names[i], text, strlen(text), "data", i % 5, 0};

  return code;
}

static void
data_is_put_again_once(void) {
  static const char *const data[] = {"cold", "warm", "late"};
  rp_code_cache_entry code = code_of(0, "text"), found[3];

  assert(rp_code_cache_get(names[0], &found[0]) == RP_ENOENT);
  for (uint32_t i = 0; i < 3; i++) {
    code.data = data[i];
    code.data_length = 4;
    assert(rp_code_cache_put(&code) == RP_OK);
    assert(rp_code_cache_get(names[0], &found[i]) == RP_OK);
    assert(found[i].text == found[0].text && found[i].text != code.text);
    assert(found[i].generation == (i == 0 ? 1 : RP_CODE_CACHE_GENERATIONS));
  }
  assert(memcmp(found[0].data, "cold", 4) == 0); /* as it was for who reads it */
  assert(memcmp(found[1].data, "warm", 4) == 0);
  assert(found[2].data == found[1].data && found[1].data != data[1]);
}

static void *
put_all(void *argument) {
  const char *text = argument;

  for (uint32_t i = 1; i < NAMES; i++) {
    rp_code_cache_entry code = code_of(i, text), found;

    assert(rp_code_cache_put(&code) == RP_OK);
    assert(rp_code_cache_get(names[i], &found) == RP_OK);
    /* Whoever put it: all of it is by the same thread. */
    assert(found.generation >= 1 && found.data_length == i % 5 &&
           memcmp(found.data, "data", i % 5) == 0);
    for (size_t at = 0; at < found.text_length; at++)
      assert(found.text[at] == found.text[0]);
    assert(found.text_length == (size_t) (found.text[0] - '0'));
  }
  return NULL;
}

static void
threads_agree(void) {
  static const char *const texts[THREADS] = {"1", "22", "333", "4444"};
  pthread_t threads[THREADS];

  for (uint32_t t = 0; t < THREADS; t++)
    threads[t] = start(put_all, (void *) (uintptr_t) texts[t]);
  for (uint32_t t = 0; t < THREADS; t++) finish(threads[t]);
}

static void
is_bounded(void) {
  rp_code_cache_entry found;

  for (uint32_t i = NAMES; i <= RP_CODE_CACHE_FILES_MAX; i++) {
    rp_code_cache_entry code = code_of(i, "");

    assert(rp_code_cache_put(&code) == (i < RP_CODE_CACHE_FILES_MAX ? RP_OK : RP_FULL));
  }
  assert(rp_code_cache_get(names[RP_CODE_CACHE_FILES_MAX], &found) == RP_ENOENT);
  assert(rp_code_cache_get(names[RP_CODE_CACHE_FILES_MAX - 1], &found) == RP_OK);
  assert(found.text_length == 0);
}

int
main(void) {
  for (uint32_t i = 0; i <= RP_CODE_CACHE_FILES_MAX; i++)
    (void) snprintf(names[i], sizeof(names[i]), "/lib/%u.js", i);
  data_is_put_again_once();
  threads_agree();
  is_bounded();
  return 0;
}
