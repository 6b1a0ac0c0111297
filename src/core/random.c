/*
 * random.c - unpredictable numbers, generated from a key that the process gets from the
 * system once.
 */
#ifdef _WIN32
#define _CRT_RAND_S
#endif

#include "core/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/lock.h"

#if defined(_WIN32)
static bool
from_system(void *bytes, size_t size) {
  unsigned number;

  for (size_t at = 0; at < size; at++) {
    if (rand_s(&number) != 0) return false;
    ((uint8_t *) bytes)[at] = (uint8_t) number;
  }
  return true;
}
#elif defined(__linux__)
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* False also after a short read: the caller tries again some other time. */
static bool
from_file(void *bytes, size_t size) {
  int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  ssize_t got = -1;

  if (file < 0) return false;
  do got = read(file, bytes, size);
  while (got < 0 && errno == EINTR);
  (void) close(file);
  return got == (ssize_t) size;
}

/* glibc has getrandom() from 2.25 on, Linux from 3.17 on; a sandbox may forbid it. */
static bool
from_system(void *bytes, size_t size) {
#ifdef SYS_getrandom
  long got;

  do got = syscall(SYS_getrandom, bytes, size, 0);
  while (got < 0 && errno == EINTR);
  if (got == (long) size) return true;
#endif
  return from_file(bytes, size);
}
#else
/* arc4random_buf() of macOS and the BSDs cannot fail. */
static bool
from_system(void *bytes, size_t size) {
  arc4random_buf(bytes, size);
  return true;
}
#endif

static rp_lock lock = RP_LOCK_INIT;
static uint64_t key[2];
static bool is_made;

int
rp_random_prepare(void) {
  rp_lock_take(&lock);
  if (!is_made) is_made = from_system(key, sizeof(key));

  int result = is_made ? RP_OK : RP_ERANDOM;

  rp_lock_drop(&lock);
  return result;
}

/* One block of SipHash-1-3 over the index. */
static uint64_t
mix(uint64_t m) {
#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
  uint64_t v0 = key[0] ^ 0x736F6D6570736575u;
  uint64_t v1 = key[1] ^ 0x646F72616E646F6Du;
  uint64_t v2 = key[0] ^ 0x6C7967656E657261u;
  uint64_t v3 = (key[1] ^ 0x7465646279746573u) ^ m;

  for (int i = 0; i < 4; i++) {
    v0 += v1, v1 = ROTATE(v1, 13), v1 ^= v0, v0 = ROTATE(v0, 32);
    v2 += v3, v3 = ROTATE(v3, 16), v3 ^= v2;
    v0 += v3, v3 = ROTATE(v3, 21), v3 ^= v0;
    v2 += v1, v1 = ROTATE(v1, 17), v1 ^= v2, v2 = ROTATE(v2, 32);
    if (i == 0) v0 ^= m, v2 ^= 0xFF;
  }
  return v0 ^ v1 ^ v2 ^ v3;
#undef ROTATE
}

uint64_t
rp_random_number(uint64_t index) {
  /* Ids must not be guessed: they give access to endpoints of others. */
  if (rp_random_prepare() != RP_OK) abort();
  return mix(index);
}
