/*
 * Random numbers come from the system, whether or not a file can be opened. Without a
 * source, calls return RP_ERANDOM until there is one. A number reveals no other one.
 *
 * link: -Wl,--wrap=syscall,--wrap=open,--wrap=open64
 */
#include <stdarg.h>

#include "core/error.h"
#include "core/random.h"
#include "core/port/transfer_registry.h"
#include "support.h"

#ifdef __linux__
#include <sys/syscall.h>

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

static bool no_call, no_file;
static int interruptions, calls, files;

long
__wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
  if (number != SYS_getrandom) return __real_syscall(number, a, b, c, d, e, f);
  calls++;
  errno = no_call ? ENOSYS : EINTR;
  if (no_call || interruptions-- > 0) return -1;
  return __real_syscall(number, a, b, c, d, e, f);
}

int
__wrap_open(const char *path, int flags, ...) {
  files++;
  errno = EMFILE;
  return no_file ? -1 : __real_open(path, flags);
}

int
__wrap_open64(const char *path, int flags, ...) {
  return __wrap_open(path, flags);
}

static void
nothing_is_made_of_nothing(void) {
  no_call = no_file = true;
  assert(rp_random_prepare() == RP_ERANDOM);
  assert(rp_random_prepare() == RP_ERANDOM);
  assert(calls == 2 && files == 2);
}

static void
a_file_will_do(void) {
  no_file = false;
  assert(rp_random_prepare() == RP_OK);
  assert(files == 3);
}

/* In processes of their own: the key is made once. */
static void
the_call_needs_no_file(void) {
  no_call = false;
  no_file = true;
  interruptions = 3;
  calls = files = 0;
  assert(rp_random_prepare() == RP_OK);
  assert(calls == 4 && files == 0);
}
#else
#define nothing_is_made_of_nothing() ((void) 0)
#define a_file_will_do() ((void) 0)
#define the_call_needs_no_file() ((void) 0)
#endif

enum { NUMBERS = 20000 };

static int
compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

  return (x > y) - (x < y);
}

static void
numbers_are_spread(void) {
  static uint64_t numbers[NUMBERS];
  int bits = 0;

  for (uint64_t i = 0; i < NUMBERS; i++) {
    numbers[i] = rp_random_number(i);
    assert(numbers[i] == rp_random_number(i));
    if (i > 0) bits += __builtin_popcountll(numbers[i] ^ numbers[i - 1]);
  }
  /* Half of the bits change from one to the next. */
  assert(bits > NUMBERS * 31 && bits < NUMBERS * 33);
  qsort(numbers, NUMBERS, sizeof(numbers[0]), compare);
  for (int i = 1; i < NUMBERS; i++) assert(numbers[i] != numbers[i - 1]);
}

static void
ids_are_none_of_the_mark(void) {
  uint64_t mark = rp_random_number(0);

  for (int i = 0; i < 1000; i++) {
    uint64_t id = rp_transfer_new_id();

    assert(id != 0 && id != mark);
  }
}

int
main(int count, char **arguments) {
  if (count > 1) {
    the_call_needs_no_file();
    printf("%llx\n", (unsigned long long) rp_random_number(1));
    return 0;
  }
  nothing_is_made_of_nothing();
  a_file_will_do();
  numbers_are_spread();
  ids_are_none_of_the_mark();

  /* Two processes have different keys. */
  char command[4096], lines[2][64];
  const char *launcher = getenv("RP_LAUNCHER"); /* an emulator and its arguments */

  snprintf(command, sizeof(command), "%s '%s' again", launcher != NULL ? launcher : "",
           arguments[0]);
  for (int i = 0; i < 2; i++) {
    FILE *other = popen(command, "r");

    assert(other != NULL && fgets(lines[i], sizeof(lines[i]), other) != NULL);
    assert(pclose(other) == 0);
  }
  assert(strcmp(lines[0], lines[1]) != 0);
  return 0;
}
