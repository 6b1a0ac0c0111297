/*
 * kept.c - the scripts that scripts/bundle.js has made of the wrapper, and the code that the engine makes of them.
 *
 * dist/scripts.txt has the text of all scripts. Its first line is the version, the second one the name, the
 * length and the checksum of each. It is opened by the first thread and stays open: when a script is
 * needed there may be no file left to open, or no package. The file may have been overwritten, or the
 * number of it be another file's, which the checksum shows.
 *
 * dist/.code/NAME-BUILD-PLACE is the engine's code for a script, which an earlier process has left, where PLACE
 * says for which Node and flags. It ends with its own name and a checksum of the data
 * before: the engine does not notice damage.
 *
 *   OFFSET            SIZE             DESCRIPTION
 *   0                 length           what Script#createCachedData() returned
 *   length            name's           NAME-BUILD-PLACE
 *   length + name's   9                the checksum, eight digits of base 16, and `-` or `+`: whether there
 *                                      is the code of those functions only that are used early on
 */
#include "kept.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "code.h"
#include "error.h"
#include "lock.h"
#include "value.h"

#define END_SIZE 9u
#define CODE_FILE_MAX (64u << 20)
/* Of the first two lines of scripts.txt. */
#define HEAD_MAX 2048u

/* A script of which the text is in an open file. */
typedef struct listed {
  char *key;
  int64_t offset;
  size_t length;
  uv_file file;
  uint32_t sum;
} listed;

static rp_lock lock = RP_LOCK_INIT;
static listed list[RP_CODE_SCRIPTS_MAX];
static size_t list_length;
/* Where the engine's code for this process is; never changed once it has been set. */
static char *place;

/* A string as UTF-8, to be freed; NULL without memory, or for anything else. */
static char *
to_utf8(napi_env env, napi_value value) {
  size_t length = 0;

  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return NULL;

  char *text = malloc(length + 1);

  if (text != NULL) (void) napi_get_value_string_utf8(env, value, text, length + 1, NULL);
  return text;
}

/* Strings in one, to be freed; NULL without memory. */
static char *
join(const char *a, const char *b, const char *c, const char *d) {
  size_t size = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1;
  char *all = malloc(size);

  if (all != NULL) (void) snprintf(all, size, "%s%s%s%s", a, b, c, d);
  return all;
}

static uint32_t
checksum(const char *data, size_t length) {
  uint64_t hash = 0xcbf29ce484222325u, word;

  for (size_t at = 0; at < length; at += sizeof(word)) {
    size_t rest = length - at;

    word = rest; /* of the last ones: how many there are */
    memcpy(&word, data + at, rest < sizeof(word) ? rest : sizeof(word));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  }
  return (uint32_t) hash;
}

/* Read from an offset on, until the end or until there is as much as that. @returns how much there is */
static size_t
read_at(uv_file file, int64_t offset, char *bytes, size_t size) {
  size_t at = 0;

  while (at < size) {
    uv_fs_t request;
    uv_buf_t rest = uv_buf_init(bytes + at, (unsigned) (size - at));
    int got = uv_fs_read(NULL, &request, file, &rest, 1, offset + (int64_t) at, NULL);

    uv_fs_req_cleanup(&request);
    if (got <= 0) break;
    at += (size_t) got;
  }
  return at;
}

/* Negative: there is none. */
static uv_file
open_file(const char *path) {
  uv_fs_t request;
  uv_file file = (uv_file) uv_fs_open(NULL, &request, path, UV_FS_O_RDONLY, 0, NULL);

  uv_fs_req_cleanup(&request);
  return file;
}

static void
close_file(uv_file file) {
  uv_fs_t request;

  (void) uv_fs_close(NULL, &request, file, NULL);
  uv_fs_req_cleanup(&request);
}

/* A whole file, to be freed; NULL if it cannot be read, and if it is empty. */
static char *
read_file(const char *path, size_t *length) {
  uv_fs_t request;
  char *bytes = NULL;
  uv_file file = open_file(path);

  if (file < 0) return NULL;
  *length = 0;
  if (uv_fs_fstat(NULL, &request, file, NULL) == 0 &&
      request.statbuf.st_size <= CODE_FILE_MAX)
    *length = (size_t) request.statbuf.st_size;
  uv_fs_req_cleanup(&request);
  if (*length > 0 && (bytes = malloc(*length)) != NULL &&
      read_at(file, 0, bytes, *length) != *length) {
    free(bytes);
    bytes = NULL;
  }
  close_file(file);
  return bytes;
}

/* By what a script is known in this process: a package can be replaced while it runs. */
static char *
key_of(const char *folder, const char *build, const char *name) {
  char *file = join(folder, "/", name, " ");
  char *key = file != NULL ? join(file, build, "", "") : NULL;

  free(file);
  return key;
}

/* Under the lock. */
static listed *
find_listed(const char *key) {
  for (size_t i = 0; i < list_length; i++)
    if (strcmp(list[i].key, key) == 0) return &list[i];
  return NULL;
}

/* List the scripts of scripts.txt, which begins with `head`; under the lock. False: there is none, and nothing of
 * this file has been listed. */
static bool
list_scripts(uv_file file, char *head, const char *folder, const char *build) {
  size_t before = list_length, build_length = strlen(build);
  char *end, *at = head + build_length + 1;

  /* Another version may be being installed. */
  if (strncmp(head, build, build_length) != 0 || head[build_length] != '\n' ||
      (end = strchr(at, '\n')) == NULL)
    return false;

  int64_t offset = end + 1 - head;

  for (*end = 0; *at != 0 && list_length < RP_CODE_SCRIPTS_MAX;) {
    char name[32];
    listed one = {NULL, offset, 0, file, 0};
    size_t name_length = strcspn(at, " ");

    if (name_length >= sizeof(name)) break;
    memcpy(name, at, name_length);
    name[name_length] = 0;
    one.length = (size_t) strtoull(at + name_length, &at, 10);
    one.sum = (uint32_t) strtoul(at, &at, 16);
    at += *at == ' ';
    if ((one.key = key_of(folder, build, name)) == NULL) break;
    if (find_listed(one.key) != NULL) { /* by another thread */
      free(one.key);
      break;
    }
    list[list_length++] = one;
    offset += (int64_t) one.length;
  }
  return list_length > before;
}

/* Open scripts.txt, for good. */
static void
open_scripts(const char *folder, const char *build) {
  char *path = join(folder, "/scripts.txt", "", "");
  uv_file file = path != NULL ? open_file(path) : -1;

  free(path);
  if (file < 0) return;

  char head[HEAD_MAX + 1];

  head[read_at(file, 0, head, HEAD_MAX)] = 0;
  rp_lock_take(&lock);
  bool used = list_scripts(file, head, folder, build);

  rp_lock_drop(&lock);
  if (!used) close_file(file);
}

static bool
find_in_list(const char *key, listed *found) {
  rp_lock_take(&lock);
  const listed *one = find_listed(key);

  if (one != NULL) *found = *one;
  rp_lock_drop(&lock);
  return one != NULL;
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): rp_code_add() and rp_code_put() take what they keep. */
/* Have the text of a script kept, if that can be read. */
static void
load_text(const char *key, const char *folder, const char *build) {
  listed one;

  if (!find_in_list(key, &one)) {
    open_scripts(folder, build);
    if (!find_in_list(key, &one)) return;
  }

  char *text = malloc(one.length);

  if (text == NULL) return;
  if (read_at(one.file, one.offset, text, one.length) != one.length ||
      checksum(text, one.length) != one.sum ||
      rp_code_add(key, text, one.length) != RP_OK)
    free(text);
}

/* The engine's code that an earlier process has left for a script, to be freed; NULL: there is none. */
static char *
load_data(const char *folder, const char *build, const char *name, const char *at,
          size_t *length, bool *shallow) {
  size_t size;
  char *front = join(name, "-", build, "-");
  char *file = front != NULL ? join(front, at, "", "") : NULL;
  char *path = file != NULL ? join(folder, "/.code/", file, "") : NULL;
  char *bytes = path != NULL ? read_file(path, &size) : NULL;

  free(front);
  free(path);
  if (bytes != NULL) {
    size_t name_length = strlen(file);
    char sum[END_SIZE];
    bool fine = size > name_length + END_SIZE;

    if (fine) {
      *length = size - name_length - END_SIZE;
      (void) snprintf(sum, sizeof(sum), "%08" PRIx32, checksum(bytes, *length));
      fine = memcmp(bytes + *length, file, name_length) == 0 &&
             memcmp(bytes + *length + name_length, sum, END_SIZE - 1) == 0;
      *shallow = bytes[size - 1] == '-';
    }
    if (!fine) {
      free(bytes);
      bytes = NULL;
    }
  }
  free(file);
  return bytes;
}

/* Find a script that is kept, or is in files. False: there is none. */
static bool
find_script(const char *folder, const char *build, const char *name, const char *at,
            rp_code *code) {
  char *key = key_of(folder, build, name);
  bool found = key != NULL && rp_code_get(key, code) == RP_OK;

  if (!found && key != NULL) {
    load_text(key, folder, build);
    found = rp_code_get(key, code) == RP_OK;
  }
  if (found && code->generation == 0) {
    bool shallow = false;
    size_t length = 0;
    char *data = load_data(folder, build, name, at, &length, &shallow);

    if (data != NULL && rp_code_put(key, data, length, shallow) == RP_OK)
      (void) rp_code_get(key, code);
    else
      free(data);
  }
  free(key);
  return found;
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
kept_string(napi_env env, const rp_code *code) {
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

/* The data where it lies, or a copy where Node-API does not allow that. */
static napi_value
kept_data(napi_env env, const rp_code *code) {
  napi_value buffer = NULL;
  void *data;

  memcpy(&data, &code->data, sizeof(data)); /* as above */
  if (napi_create_external_buffer(env, code->data_length, data, NULL, NULL, &buffer) !=
      napi_ok)
    (void) napi_create_buffer_copy(env, code->data_length, data, NULL, &buffer);
  return buffer;
}

/* The first thread to know it says where the engine's code is: some of the flags of a thread are its own, those of
 * the engine hold for the process. @returns it, "" if nobody has said */
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

/* The strings of a call; false if one of them is none, or there is no memory. */
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

/* codeOf(folder, build, name, place) -> [text, the engine's code or undefined, whether a better one is wanted, whether
 * another one is if that is refused, place]; undefined: there is no such script. The folder is dist/. */
napi_value
rp_kept_get(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], result = NULL, parts[5] = {NULL};
  char *names[3];
  rp_code code;

  (void) rp_arguments(env, info, argv);

  const char *at = place_of(env, argv[3]);
  bool found = to_strings(env, argv, names, 3) &&
               find_script(names[0], names[1], names[2], at, &code);

  free_strings(names, 3);
  if (!found || (parts[0] = kept_string(env, &code)) == NULL) return NULL;

  bool again = code.generation < RP_CODE_GENERATIONS;

  parts[1] = code.data_length > 0 ? kept_data(env, &code) : NULL;
  parts[2] = rp_from_bool(env, code.shallow && again);
  parts[3] = rp_from_bool(env, again);
  if (napi_create_string_utf8(env, at, NAPI_AUTO_LENGTH, &parts[4]) != napi_ok ||
      napi_create_array_with_length(env, 5, &result) != napi_ok)
    return NULL;
  for (uint32_t i = 0; i < 5; i++)
    if (parts[i] != NULL) (void) napi_set_element(env, result, i, parts[i]);
  return result;
}

/* keepCode([folder, build, name], code, whether a better one may come): what Script#createCachedData() returned. For
 * want of memory nothing is kept. */
napi_value
rp_kept_put(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], values[3] = {NULL, NULL, NULL};
  char *names[3];
  bool shallow = false;
  size_t length = 0;
  void *data = NULL;

  (void) rp_arguments(env, info, argv);
  if (napi_get_buffer_info(env, argv[1], &data, &length) != napi_ok)
    return rp_throw_type(env, "keepCode needs a buffer");
  (void) napi_get_value_bool(env, argv[2], &shallow);
  for (uint32_t i = 0; i < 3; i++) (void) napi_get_element(env, argv[0], i, &values[i]);

  char *key =
      to_strings(env, values, names, 3) ? key_of(names[0], names[1], names[2]) : NULL;
  void *copy = key != NULL ? malloc(length) : NULL;

  if (copy != NULL) {
    memcpy(copy, data, length);
    if (rp_code_put(key, copy, length, shallow) != RP_OK) free(copy);
  }
  free(key);
  free_strings(names, 3);
  return NULL;
}

/* checksum(Uint8Array) -> of its bytes, eight at a time. */
napi_value
rp_kept_checksum(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  napi_typedarray_type type;
  size_t length = 0;
  void *data = NULL;

  (void) rp_arguments(env, info, argv);
  if (napi_get_typedarray_info(env, argv[0], &type, &length, &data, NULL, NULL) !=
          napi_ok ||
      type != napi_uint8_array)
    return rp_throw_type(env, "checksum needs a Uint8Array");
  return rp_from_u32(env, checksum(data, length));
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */
