/*
 * explore.c - choices, states, the trace.
 *
 * A run is a list of choices. The next run repeats it up to the last choice with another
 * option left, and takes that: a depth-first search without saved states.
 */
#include <stdarg.h>

#include "internal.h"

enum { DEPTH = 4 * STEPS };

static struct { uint8_t options, taken; } choices[DEPTH];
static int depth, replayed;
static char failure[512];

static struct {
  int side;
  const char *what;
  const void *address;
  uint64_t bits;
} trace[STEPS * 2];
static int traced;

void
model_note(const char *what, const void *address, uint64_t bits) {
  if (model_looking || traced == STEPS * 2) return;
  trace[traced].side = model_current;
  trace[traced].what = what;
  trace[traced].address = address;
  trace[traced++].bits = bits;
}

_Noreturn void
model_fail(const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(failure, sizeof(failure), format, arguments);
  va_end(arguments);
  _longjmp(model_driver, FAILED);
}

/* assert() in the core ends here. */
_Noreturn void
__assert_fail(const char *what, const char *file, unsigned line, const char *function) {
  model_fail("%s:%u: %s: assertion %s", file, line, function, what);
}

/* The states seen, with the fewest preemptions that led there. */
typedef struct seen {
  uint64_t key;
  uint8_t preemptions;
} seen;

static seen *table;
static uint64_t table_size, table_used;

static seen *
find_state(seen *in, uint64_t size, uint64_t key) {
  uint64_t at = key & (size - 1);

  while (in[at].key != 0 && in[at].key != key) at = (at + 1) & (size - 1);
  return &in[at];
}

static void
grow_table(void) {
  uint64_t size = table_size ? table_size * 2 : 1 << 16;
  seen *larger = calloc(size, sizeof(*larger));

  if (larger == NULL) model_fail("no memory for more states");
  for (uint64_t i = 0; i < table_size; i++)
    if (table[i].key != 0) *find_state(larger, size, table[i].key) = table[i];
  free(table);
  table = larger;
  table_size = size;
}

bool
model_known_state(uint64_t key, int used) {
  if (depth < replayed) return false;
  key |= 1;
  if (table_used * 2 >= table_size) grow_table();

  seen *entry = find_state(table, table_size, key);

  if (entry->key == key && entry->preemptions <= used) return true;
  if (entry->key != key) table_used++;
  entry->key = key;
  entry->preemptions = (uint8_t) used;
  return false;
}

int
model_choose(int options) {
  if (options == 1) return 0;
  if (depth == DEPTH) model_fail("too many choices in one run");
  if (depth >= replayed) {
    choices[depth].options = (uint8_t) options;
    choices[depth].taken = 0;
    replayed = depth + 1;
  } else if (choices[depth].options != options) {
    model_fail("the scenario does not repeat itself");
  }
  return choices[depth++].taken;
}

/* Go on with the last choice that has an option left. */
bool
model_next_choices(void) {
  int last = depth;

  while (last > 0 && choices[last - 1].taken + 1 == choices[last - 1].options) last--;
  if (last == 0) return false;
  choices[last - 1].taken++;
  replayed = last;
  return true;
}

void
model_first_choices(void) {
  if (table == NULL) grow_table();
  memset(table, 0, table_size * sizeof(*table));
  table_used = 0;
  replayed = 0;
}

void
model_start_run(void) {
  depth = 0;
  traced = 0;
}

uint64_t
model_states(void) {
  return table_used;
}

const char *
model_failure(void) {
  return failure;
}

void
model_print_trace(void) {
  int from = traced > 120 ? traced - 120 : 0;

  for (int i = from; i < traced; i++) {
    printf("    %s%d %-12s", trace[i].side == MAIN ? "main " : "thread ", trace[i].side,
           trace[i].what);
    if (trace[i].address != NULL) printf(" %-20s", model_place(trace[i].address));
    printf(" %llx\n", (unsigned long long) trace[i].bits);
  }
}
