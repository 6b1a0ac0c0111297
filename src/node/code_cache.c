/*
 * code_cache.c - codeOf() and keepCode(): the scripts of the wrapper, and the code that
 * the engine compiles them to.
 */
#include "node/code_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/lock.h"
#include "node/code_files.h"
#include "node/value.h"

static rp_lock lock = RP_LOCK_INIT;
/* The place of compiled code (code_files.c) that this process uses; set once. */
static char *place;

/* Convert a string to UTF-8; the caller frees it. NULL on failure. */
static char *
to_utf8(napi_env env, napi_value value) {
  size_t length = 0;

  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return NULL;

  char *text = malloc(length + 1);

  if (text == NULL) return NULL;
  if (napi_get_value_string_utf8(env, value, text, length + 1, NULL) == napi_ok)
    return text;
  free(text);
  return NULL;
}

/* Of Node-API 10, in Node 20 from 20.4 on. An external string takes no heap. */
#if defined(__GNUC__) && !defined(_WIN32)
NAPI_EXTERN napi_status NAPI_CDECL node_api_create_external_string_latin1(
    napi_env env, char *text, size_t length, napi_finalize finalize, void *hint,
    napi_value *result, bool *copied) __attribute__((weak));
#define HAS_EXTERNAL (node_api_create_external_string_latin1 != NULL)
#else
#define HAS_EXTERNAL 0
#define node_api_create_external_string_latin1(env, text, length, finalize, hint,        \
                                               result, copied)                           \
  ((void) (copied), napi_generic_failure)
#endif

static napi_value
kept_string(napi_env env, const rp_code_cache_entry *code) {
  napi_value string = NULL;
  bool copied;
  char *text;

  memcpy(&text, &code->text, sizeof(text)); /* Node-API takes no const; it only reads */
  if (HAS_EXTERNAL &&
      node_api_create_external_string_latin1(env, text, code->text_length, NULL, NULL,
                                             &string, &copied) == napi_ok)
    return string;
  (void) napi_create_string_latin1(env, code->text, code->text_length, &string);
  return string;
}

/* A buffer of the compiled code: external, or a copy where the runtime forbids that. */
static napi_value
kept_data(napi_env env, const rp_code_cache_entry *code) {
  napi_value buffer = NULL;
  void *data;

  memcpy(&data, &code->data, sizeof(data)); /* as above */
  if (napi_create_external_buffer(env, code->data_length, data, NULL, NULL, &buffer) !=
      napi_ok)
    (void) napi_create_buffer_copy(env, code->data_length, data, NULL, &buffer);
  return buffer;
}

/* Return the place of compiled code, or "" if no thread has named it. The first thread
 * decides for the process: some flags differ between threads, but not those of the
 * engine. */
static const char *
place_of(napi_env env, napi_value value) {
  char *given = to_utf8(env, value);

  rp_lock_take(&lock);
  if (place == NULL) {
    place = given;
    given = NULL;
  }
  const char *agreed = place;

  rp_lock_drop(&lock);
  free(given);
  return agreed != NULL ? agreed : "";
}

/* Convert several strings. False if one fails; the caller frees the others anyway. */
static bool
to_strings(napi_env env, const napi_value *values, char **strings, size_t count) {
  bool all = true;

  for (size_t i = 0; i < count; i++)
    all = (strings[i] = to_utf8(env, values[i])) != NULL && all;
  return all;
}

static void
free_strings(char **strings, size_t count) {
  for (size_t i = 0; i < count; i++) free(strings[i]);
}

/* codeOf(folder, build, name, place) -> [text, compiled code or undefined, true if more
 * complete code is wanted, true if code is wanted should the engine reject this one,
 * place]; undefined if there is no such script. The folder is dist/. */
napi_value
rp_code_get(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], result = NULL, parts[5] = {NULL};
  char *names[3];
  rp_code_cache_entry code;

  (void) rp_arguments(env, info, argv);

  const char *at = place_of(env, argv[3]);
  bool found = to_strings(env, argv, names, 3) &&
               rp_code_files_find(names[0], names[1], names[2], at, &code);

  free_strings(names, 3);
  if (!found || (parts[0] = kept_string(env, &code)) == NULL) return NULL;

  bool again = code.generation < RP_CODE_CACHE_GENERATIONS;

  parts[1] = code.data_length > 0 ? kept_data(env, &code) : NULL;
  parts[2] = rp_from_bool(env, code.shallow && again);
  parts[3] = rp_from_bool(env, again);
  if (napi_create_string_utf8(env, at, NAPI_AUTO_LENGTH, &parts[4]) != napi_ok ||
      napi_create_array_with_length(env, 5, &result) != napi_ok)
    return NULL;
  for (uint32_t i = 0; i < 5; i++)
    if (parts[i] != NULL && napi_set_element(env, result, i, parts[i]) != napi_ok)
      return NULL;
  return result;
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): rp_code_cache_put() takes what it keeps. */
/* keepCode([folder, build, name], code, shallow): keep what Script#createCachedData() has
 * returned. `shallow`: more complete code may follow. Without memory nothing is kept. */
napi_value
rp_code_keep(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], values[3] = {NULL, NULL, NULL};
  char *names[3];
  bool shallow = false;
  size_t length = 0;
  uint8_t *data = NULL;

  (void) rp_arguments(env, info, argv);
  if (!rp_to_memory(env, argv[1], &data, &length))
    return rp_throw_type(env, "keepCode needs a buffer");
  (void) napi_get_value_bool(env, argv[2], &shallow);
  for (uint32_t i = 0; i < 3; i++) (void) napi_get_element(env, argv[0], i, &values[i]);

  char *key = to_strings(env, values, names, 3)
                  ? rp_code_files_key(names[0], names[1], names[2])
                  : NULL;
  void *copy = key != NULL ? malloc(length) : NULL;

  if (copy != NULL) {
    memcpy(copy, data, length);
    if (rp_code_cache_put(key, copy, length, shallow) != RP_OK) free(copy);
  }
  free(key);
  free_strings(names, 3);
  return NULL;
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

/* checksum(Uint8Array) -> see rp_code_files_checksum(). */
napi_value
rp_code_checksum(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  size_t length = 0;
  uint8_t *data = NULL;

  (void) rp_arguments(env, info, argv);
  if (!rp_to_memory(env, argv[0], &data, &length))
    return rp_throw_type(env, "checksum needs a Uint8Array");
  return rp_from_u32(env, rp_code_files_checksum((const char *) data, length));
}
