/*
 * code_files.c - the files in dist/: the scripts of the wrapper and their compiled code.
 *
 * dist/scripts.txt has the text of all scripts. Its first line is the build, the second
 * one the name, length and checksum of each script. The first thread opens the file and
 * it stays open: later there may be no file descriptor left, or the package may be gone.
 * The checksum detects a file that was overwritten or whose descriptor was closed and
 * reused by others.
 *
 * dist/.code/NAME-BUILD-PLACE is compiled code that an earlier process has left; PLACE
 * names the Node and its flags. The file ends with its own name and a checksum, since the
 * engine does not notice damage.
 *
 *   OFFSET         SIZE    DESCRIPTION
 *   0              length  what Script#createCachedData() returned
 *   length         name's  NAME-BUILD-PLACE
 *   length+name's  9       the checksum in eight hexadecimal digits, and `-` or `+`: `-` if only the
 *                          functions that are used early on are compiled
 */
#include "node/code_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/error.h"
#include "core/lock.h"

#define END_SIZE 9u
#define CODE_FILE_MAX (64u << 20)
/* Longest first two lines of scripts.txt. */
#define HEAD_MAX 2048u

/* A script whose text is in an open file. */
typedef struct listed {
  char *key;
  int64_t offset;
  size_t length;
  uv_file file;
  uint32_t sum;
} listed;

static rp_lock lock = RP_LOCK_INIT;
static listed list[RP_CODE_CACHE_SCRIPTS_MAX];
static size_t list_length;

/* Concatenate strings; the caller frees the result. NULL without memory. */
static char *
join(const char *a, const char *b, const char *c, const char *d) {
  size_t size = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1;
  char *all = malloc(size);

  if (all != NULL) (void) snprintf(all, size, "%s%s%s%s", a, b, c, d);
  return all;
}

uint32_t
rp_code_files_checksum(const char *data, size_t length) {
  uint64_t hash = 0xcbf29ce484222325u, word;

  for (size_t at = 0; at < length; at += sizeof(word)) {
    size_t rest = length - at;

    word = rest; /* the last bytes count their number, too */
    memcpy(&word, data + at, rest < sizeof(word) ? rest : sizeof(word));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  }
  return (uint32_t) hash;
}

/* Read up to `size` bytes from an offset on. Returns how many there are. */
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

/* Open a file for reading. Negative if that fails. */
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

/* Read a whole file; the caller frees it. NULL if it cannot be read or is empty. */
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

char *
rp_code_files_key(const char *folder, const char *build, const char *name) {
  char *file = join(folder, "/", name, " ");
  char *key = file != NULL ? join(file, build, "", "") : NULL;

  free(file);
  return key;
}

/* The lock is held. */
static listed *
find_listed(const char *key) {
  for (size_t i = 0; i < list_length; i++)
    if (strcmp(list[i].key, key) == 0) return &list[i];
  return NULL;
}

/* List the scripts of scripts.txt, which begins with `head`. The lock is held. False if
 * none was added. */
static bool
list_scripts(uv_file file, char *head, const char *folder, const char *build) {
  size_t before = list_length, build_length = strlen(build);
  char *end, *at = head + build_length + 1;

  /* It may be another build, just being installed. */
  if (strncmp(head, build, build_length) != 0 || head[build_length] != '\n' ||
      (end = strchr(at, '\n')) == NULL)
    return false;

  int64_t offset = end + 1 - head;

  for (*end = 0; *at != 0 && list_length < RP_CODE_CACHE_SCRIPTS_MAX;) {
    char name[32];
    listed one = {NULL, offset, 0, file, 0};
    size_t name_length = strcspn(at, " ");

    if (name_length >= sizeof(name)) break;
    memcpy(name, at, name_length);
    name[name_length] = 0;
    one.length = (size_t) strtoull(at + name_length, &at, 10);
    one.sum = (uint32_t) strtoul(at, &at, 16);
    at += *at == ' ';
    if ((one.key = rp_code_files_key(folder, build, name)) == NULL) break;
    if (find_listed(one.key) != NULL) { /* listed by another thread */
      free(one.key);
      break;
    }
    list[list_length++] = one;
    offset += (int64_t) one.length;
  }
  return list_length > before;
}

/* Open scripts.txt, which stays open. */
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

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): rp_code_cache_add() and rp_code_cache_put()
 * take what they keep. */
/* Read the text of a script into the code cache. Does nothing on failure. */
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
      rp_code_files_checksum(text, one.length) != one.sum ||
      rp_code_cache_add(key, text, one.length) != RP_OK)
    free(text);
}

/* Read the compiled code that an earlier process has left; the caller frees it. NULL if
 * there is none, or it is damaged. */
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
      (void) snprintf(sum, sizeof(sum), "%08" PRIx32,
                      rp_code_files_checksum(bytes, *length));
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

bool
rp_code_files_find(const char *folder, const char *build, const char *name,
                   const char *at, rp_code_cache_entry *code) {
  char *key = rp_code_files_key(folder, build, name);
  bool found = key != NULL && rp_code_cache_get(key, code) == RP_OK;

  if (!found && key != NULL) {
    load_text(key, folder, build);
    found = rp_code_cache_get(key, code) == RP_OK;
  }
  if (found && code->generation == 0) {
    bool shallow = false;
    size_t length = 0;
    char *data = load_data(folder, build, name, at, &length, &shallow);

    if (data != NULL && rp_code_cache_put(key, data, length, shallow) == RP_OK)
      (void) rp_code_cache_get(key, code);
    else
      free(data);
  }
  free(key);
  return found;
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */
