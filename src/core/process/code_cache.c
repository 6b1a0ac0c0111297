/*
 * code_cache.c - the scripts of the wrapper with their compiled code, shared by all
 * threads of this process.
 *
 * There are about a dozen, and a thread looks each up once, so a lock and an array will
 * do.
 */
#include "core/process/code_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/lock.h"

static rp_lock lock = RP_LOCK_INIT;
static rp_code_cache_entry scripts[RP_CODE_CACHE_SCRIPTS_MAX];
static size_t count;

/* The lock is held here and in add() and put(). */
static rp_code_cache_entry *
find(const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(scripts[i].name, name) == 0) return &scripts[i];
  return NULL;
}

static int
add(const char *name, const char *text, size_t length) {
  size_t size = strlen(name) + 1;
  char *copy;

  if (find(name) != NULL) return RP_EBUSY;
  if (count == RP_CODE_CACHE_SCRIPTS_MAX) return RP_FULL;
  if ((copy = malloc(size)) == NULL) return RP_ENOMEM;
  memcpy(copy, name, size);
  scripts[count].name = copy;
  scripts[count].text = text;
  scripts[count].text_length = length;
  scripts[count].shallow = true;
  count++;
  return RP_OK;
}

int
rp_code_cache_add(const char *name, const char *text, size_t length) {
  rp_lock_take(&lock);
  int result = add(name, text, length);

  rp_lock_drop(&lock);
  return result;
}

/* The old data is not freed: another thread may be reading it. */
static int
put(const char *name, const void *data, size_t length, bool shallow) {
  rp_code_cache_entry *script = find(name);

  if (script == NULL) return RP_ENOENT;
  if (script->generation == RP_CODE_CACHE_GENERATIONS) return RP_EBUSY;
  script->data = data;
  script->data_length = length;
  script->shallow = shallow;
  script->generation++;
  return RP_OK;
}

int
rp_code_cache_put(const char *name, const void *data, size_t length, bool shallow) {
  rp_lock_take(&lock);
  int result = put(name, data, length, shallow);

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
