/*
 * threads.c - the table of threads: who has ringport loaded, and what each thread has
 * sent and received.
 */
#include "core/process/threads.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/lock.h"

typedef struct entry {
  struct entry *next;
  const void *parent;    /* will call rp_threads_forget(); NULL: nobody will */
  rp_counters *counters; /* NULL: not loaded yet, or final and in `info` */
  rp_thread_info info;
} entry;

static rp_lock lock = RP_LOCK_INIT;
static entry *entries; /* by id */

/* Return a link to the first entry of this thread, or to where it belongs. The lock is
 * held, as in the functions below. */
static entry **
find(uint64_t id) {
  entry **at = &entries;

  while (*at != NULL && (*at)->info.id < id) at = &(*at)->next;
  return at;
}

static entry **
find_running(const rp_counters *counters) {
  entry **at = &entries;

  while (*at != NULL && (*at)->counters != counters) at = &(*at)->next;
  return at;
}

static entry *
insert(uint64_t id) {
  entry *made = calloc(1, sizeof(*made));
  entry **at = find(id);

  if (made == NULL) return NULL;
  made->info.id = id;
  made->next = *at;
  *at = made;
  return made;
}

static void
discard(entry **at) {
  entry *gone = *at;

  *at = gone->next;
  free(gone);
}

/* Set the name, truncated at a character; an empty one changes nothing. */
static void
set_name(entry *e, const char *name) {
  size_t length = strlen(name);

  if (length == 0) return;
  if (length >= RP_THREAD_NAME_MAX) {
    length = RP_THREAD_NAME_MAX - 1;
    while (length > 0 && ((uint8_t) name[length] & 0xC0u) == 0x80) length--;
  }
  memcpy(e->info.name, name, length);
  e->info.name[length] = '\0';
}

static void
read_counters(rp_thread_info *info, rp_counters *counters) {
  if (counters == NULL) return;
  info->messages_in = rp_load_relaxed(&counters->messages_in);
  info->messages_out = rp_load_relaxed(&counters->messages_out);
  info->bytes_in = rp_load_relaxed(&counters->bytes_in);
  info->bytes_out = rp_load_relaxed(&counters->bytes_out);
  info->wakeups = rp_load_relaxed(&counters->wakeups);
  info->ports = rp_load_relaxed(&counters->ports);
  info->by_node = rp_load_relaxed(&counters->by_node);
  info->stalls = rp_load_relaxed(&counters->stalls);
}

void
rp_threads_start(const void *parent, uint64_t id, const char *name) {
  rp_lock_take(&lock);
  entry *e = *find(id);

  if (e == NULL || e->info.id != id) e = insert(id);
  if (e != NULL) {
    e->parent = parent;
    if (e->info.name[0] == '\0') set_name(e, name);
  }
  rp_lock_drop(&lock);
}

int
rp_threads_run(uint64_t id, const char *name, rp_counters *counters) {
  rp_lock_take(&lock);
  entry *e = *find(id);

  /* Running already: this is a second copy of ringport, which gets its own entry. */
  if (e == NULL || e->info.id != id || e->counters != NULL) e = insert(id);
  if (e != NULL) {
    e->counters = counters;
    e->info.state = RP_THREAD_RUNNING;
    set_name(e, name);
  }
  rp_lock_drop(&lock);
  return e != NULL ? RP_OK : RP_ENOMEM;
}

void
rp_threads_online(uint64_t id) {
  rp_lock_take(&lock);
  entry *e = *find(id);

  if (e != NULL && e->info.id == id && e->info.state == RP_THREAD_STARTING)
    e->info.state = RP_THREAD_RUNNING;
  rp_lock_drop(&lock);
}

void
rp_threads_stop(const rp_counters *counters) {
  rp_lock_take(&lock);
  entry *e = *find_running(counters);

  if (e != NULL) e->info.state = RP_THREAD_STOPPING;
  rp_lock_drop(&lock);
}

void
rp_threads_exit(const rp_counters *counters) {
  rp_lock_take(&lock);
  entry **at = find_running(counters);
  entry *e = *at;

  if (e != NULL && e->parent == NULL) {
    discard(at);
  } else if (e != NULL) {
    read_counters(&e->info, e->counters);
    e->counters = NULL;
    e->info.state = RP_THREAD_EXITED;
  }
  rp_lock_drop(&lock);
}

/* Nobody will see this thread exit: discard it now, or when it ends. True if now. */
static bool
orphan(entry **at) {
  (*at)->parent = NULL;
  if ((*at)->counters != NULL) return false;
  discard(at);
  return true;
}

void
rp_threads_forget(uint64_t id) {
  rp_lock_take(&lock);
  entry **at = find(id);

  while (*at != NULL && (*at)->info.id == id)
    if (!orphan(at)) at = &(*at)->next;
  rp_lock_drop(&lock);
}

void
rp_threads_forget_all(const void *parent) {
  rp_lock_take(&lock);
  for (entry **at = &entries; *at != NULL;)
    if ((*at)->parent != parent || !orphan(at)) at = &(*at)->next;
  rp_lock_drop(&lock);
}

size_t
rp_threads_list(rp_thread_info *infos, size_t capacity) {
  size_t count = 0;

  rp_lock_take(&lock);
  for (entry *e = entries; e != NULL; e = e->next) {
    if (count < capacity) {
      infos[count] = e->info;
      read_counters(&infos[count], e->counters);
    }
    count++;
  }
  rp_lock_drop(&lock);
  return count;
}

void
rp_threads_each(void (*visit)(uint64_t id, rp_counters *counters, void *data),
                void *data) {
  rp_lock_take(&lock);
  for (entry *e = entries; e != NULL; e = e->next)
    if (e->counters != NULL) visit(e->info.id, e->counters, data);
  rp_lock_drop(&lock);
}
