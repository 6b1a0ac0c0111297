/*
 * code_cache.c - what threads keep of the wrapper's compiled code for the threads to come.
 */
#include "node/code_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/process/code_cache.h"
#include "core/error.h"
#include "node/value.h"

/* A string as UTF-8, to be freed; NULL without memory, or for anything else. */
static char *
to_utf8(napi_env env, napi_value value) {
  size_t length = 0;

  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return NULL;

  char *text = malloc(length + 1);

  if (text != NULL) (void) napi_get_value_string_utf8(env, value, text, length + 1, NULL);
  return text;
}

/* Of Node-API 10; Node 20 has it from 20.4 on. Strings that stay where they are cost a thread no heap. */
#if defined(__GNUC__) && !defined(_WIN32)
NAPI_EXTERN napi_status NAPI_CDECL node_api_create_external_string_latin1(
    napi_env env, char *text, size_t length, napi_finalize finalize, void *hint,
    napi_value *result, bool *copied) __attribute__((weak));
#define HAS_EXTERNAL (node_api_create_external_string_latin1 != NULL)
#else
#define HAS_EXTERNAL 0
#define node_api_create_external_string_latin1(...) napi_generic_failure
#endif

static napi_value
kept_string(napi_env env, const rp_code_cache_entry *code) {
  napi_value string = NULL;
  bool copied;
  char *text;

  memcpy(&text, &code->text,
         sizeof(text)); /* Node-API wants it without const; it only reads */
  if (HAS_EXTERNAL &&
      node_api_create_external_string_latin1(env, text, code->text_length, NULL, NULL,
                                             &string, &copied) == napi_ok)
    return string;
  (void) napi_create_string_latin1(env, code->text, code->text_length, &string);
  return string;
}

/* keepCode(file, text, data): buffers of latin1 and of what Script#createCachedData() returned. For want of
 * memory nothing is kept. */
napi_value
rp_code_keep(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_code_cache_entry code = {0};
  void *text = NULL, *data = NULL;

  (void) rp_arguments(env, info, argv);
  if (napi_get_buffer_info(env, argv[1], &text, &code.text_length) != napi_ok ||
      napi_get_buffer_info(env, argv[2], &data, &code.data_length) != napi_ok)
    return rp_throw_type(env, "keepCode needs two buffers");

  char *name = to_utf8(env, argv[0]);

  code.name = name;
  code.text = text;
  code.data = data;
  if (name != NULL) (void) rp_code_cache_put(&code);
  free(name);
  return NULL;
}

/* The data where it lies, or a copy where Node-API does not allow that. */
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

/* codeOf(file) -> [text, data, whether newer data is wanted]; undefined if it is not kept. */
napi_value
rp_code_get(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], result = NULL, parts[3] = {NULL, NULL, NULL};
  rp_code_cache_entry code;

  (void) rp_arguments(env, info, argv);

  char *name = to_utf8(env, argv[0]);
  bool found = name != NULL && rp_code_cache_get(name, &code) == RP_OK;

  free(name);
  if (!found || (parts[0] = kept_string(env, &code)) == NULL ||
      (parts[1] = kept_data(env, &code)) == NULL ||
      napi_get_boolean(env, code.generation < RP_CODE_CACHE_GENERATIONS, &parts[2]) !=
          napi_ok ||
      napi_create_array_with_length(env, 3, &result) != napi_ok)
    return NULL;
  for (uint32_t i = 0; i < 3; i++) (void) napi_set_element(env, result, i, parts[i]);
  return result;
}

/* checksum(Uint8Array) -> of its bytes, eight at a time. */
napi_value
rp_code_checksum(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  napi_typedarray_type type;
  uint64_t hash = 0xcbf29ce484222325u, word = 0;
  uint8_t *data = NULL;
  size_t length = 0;

  (void) rp_arguments(env, info, argv);
  if (napi_get_typedarray_info(env, argv[0], &type, &length, (void **) &data, NULL,
                               NULL) != napi_ok ||
      type != napi_uint8_array)
    return rp_throw_type(env, "checksum needs a Uint8Array");
  for (size_t at = 0; at < length; at += sizeof(word)) {
    size_t rest = length - at;

    word = rest; /* of the last ones */
    memcpy(&word, data + at, rest < sizeof(word) ? rest : sizeof(word));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  }
  return rp_from_u32(env, (uint32_t) hash);
}
