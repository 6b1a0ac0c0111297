/*
 * code_cache.c - what the threads of this process have compiled of the wrapper, for the threads to come.
 *
 * A few dozen files, looked for when a thread loads them: a lock and a list do.
 */
#include "core/process/code_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/lock.h"

static rp_lock lock = RP_LOCK_INIT;
static rp_code_cache_entry files[RP_CODE_CACHE_FILES_MAX];
static size_t count;

/* Under the lock, as all of these. */
static rp_code_cache_entry *
find(const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(files[i].name, name) == 0) return &files[i];
  return NULL;
}

static int
add(const rp_code_cache_entry *code) {
  size_t name_size = strlen(code->name) + 1;

  if (count == RP_CODE_CACHE_FILES_MAX) return RP_FULL;

  char *memory = malloc(code->data_length + code->text_length + name_size);

  if (memory == NULL) return RP_ENOMEM;

  /* The data first: the engine wants it aligned. */
  char *text = memory + code->data_length;
  char *name = text + code->text_length;

  if (code->data_length > 0) memcpy(memory, code->data, code->data_length);
  memcpy(text, code->text, code->text_length);
  memcpy(name, code->name, name_size);
  files[count++] =
      (rp_code_cache_entry){name, text, code->text_length, memory, code->data_length, 1};
  return RP_OK;
}

/* The old data stays: somebody may be reading it. None at all is no news: two threads may bring the text. */
static int
replace(rp_code_cache_entry *kept, const rp_code_cache_entry *code) {
  if (kept->generation == RP_CODE_CACHE_GENERATIONS || code->data_length == 0)
    return RP_OK;

  void *data = malloc(code->data_length);

  if (data == NULL) return RP_ENOMEM;
  memcpy(data, code->data, code->data_length);
  kept->data = data;
  kept->data_length = code->data_length;
  kept->generation++;
  return RP_OK;
}

int
rp_code_cache_put(const rp_code_cache_entry *code) {
  rp_lock_take(&lock);
  rp_code_cache_entry *kept = find(code->name);
  int result = kept != NULL ? replace(kept, code) : add(code);

  rp_lock_drop(&lock);
  return result;
}

int
rp_code_cache_get(const char *name, rp_code_cache_entry *code) {
  rp_lock_take(&lock);
  const rp_code_cache_entry *found = find(name);

  if (found != NULL) *code = *found;
  rp_lock_drop(&lock);
  return found != NULL ? RP_OK : RP_ENOENT;
}
