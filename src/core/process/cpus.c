/*
 * cpus.c - how many CPUs the threads of this process can use at the same time.
 *
 * /proc/self/cgroup has a line ID:CONTROLLERS:PATH for each hierarchy. In version 2 that
 * is "0::PATH", and the quota is in cpu.max; in version 1 it is the line with the
 * controller "cpu", and the quota is in cpu.cfs_quota_us and cpu.cfs_period_us. Inside a
 * container, PATH may be as the host sees it while the mounted hierarchy begins with the
 * cgroup of the container. So missing files are skipped on the way up to the mount point.
 */
#include "core/process/cpus.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/atomic.h"

/* A path, or all of /proc/self/cgroup. What is longer is cut and names no cgroup. */
#define TEXT_MAX 4096u

/* Read a file as a string. False if there is none. */
static bool
read_file(const char *path, char text[TEXT_MAX]) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t got;

  if (file < 0) return false;
  do {
    got = read(file, text + length, TEXT_MAX - 1 - length);
    if (got > 0) length += (size_t) got;
  } while (got > 0 || (got < 0 && errno == EINTR));
  (void) close(file);
  text[length] = '\0';
  return got == 0;
}

/* Read an unsigned number and step over it. False if there is none or it is too large. */
static bool
read_number(const char **at, uint64_t *number) {
  const char *digit = *at;

  *number = 0;
  for (; *digit >= '0' && *digit <= '9'; digit++) {
    if (*number > (UINT64_MAX - 9) / 10) return false;
    *number = *number * 10 + (uint64_t) (*digit - '0');
  }
  if (digit == *at) return false;
  *at = digit;
  return true;
}

/* CPUs that `quota` microseconds in every `period` keep busy. Rounded down, as libuv's
 * uv_available_parallelism() does. */
static uint32_t
to_cpus(uint64_t quota, uint64_t period) {
  uint64_t cpus = period == 0 ? RP_CPUS_UNLIMITED : quota / period;

  if (cpus < 1) return 1;
  return cpus < RP_CPUS_UNLIMITED ? (uint32_t) cpus : RP_CPUS_UNLIMITED;
}

/* Where a hierarchy is mounted, and the first `length` bytes of the path of a cgroup. */
typedef struct cgroup {
  const char *root, *mount, *path;
  int length;
} cgroup;

static bool
read_cgroup_file(const cgroup *group, const char *name, char text[TEXT_MAX]) {
  char path[TEXT_MAX];
  int length = snprintf(path, sizeof(path), "%s/sys/fs/cgroup%s%.*s/%s", group->root,
                        group->mount, group->length, group->path, name);

  return length > 0 && (size_t) length < sizeof(path) && read_file(path, text);
}

/* The quota of one cgroup, its parents left out. */
static uint32_t
quota_of(const cgroup *group) {
  char text[TEXT_MAX];
  const char *at = text;
  uint64_t quota, period;

  /* "QUOTA PERIOD" or "max PERIOD". */
  if (read_cgroup_file(group, "cpu.max", text))
    return read_number(&at, &quota) && *at++ == ' ' && read_number(&at, &period)
               ? to_cpus(quota, period)
               : RP_CPUS_UNLIMITED;
  /* -1 without a quota. */
  if (!read_cgroup_file(group, "cpu.cfs_quota_us", text) || !read_number(&at, &quota))
    return RP_CPUS_UNLIMITED;
  at = text;
  if (!read_cgroup_file(group, "cpu.cfs_period_us", text) || !read_number(&at, &period))
    return RP_CPUS_UNLIMITED;
  return to_cpus(quota, period);
}

/* The smallest quota of a cgroup and its parents. */
static uint32_t
quota_on_way_up(cgroup group) {
  uint32_t smallest = RP_CPUS_UNLIMITED;

  for (;;) {
    uint32_t quota = quota_of(&group);

    if (quota < smallest) smallest = quota;
    if (group.length == 0) return smallest;
    do group.length--;
    while (group.length > 0 && group.path[group.length] != '/');
  }
}

/* Whether a list with commas has the controller "cpu". */
static bool
has_cpu(const char *controllers) {
  for (const char *at = controllers; at != NULL; at = strchr(at, ',')) {
    if (*at == ',') at++;
    if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0')) return true;
  }
  return false;
}

/* The quota in the hierarchy of one line of /proc/self/cgroup, which is cut to pieces. */
static uint32_t
quota_of_line(const char *root, char *line) {
  char mount[TEXT_MAX];
  char *controllers = strchr(line, ':');
  char *path = controllers == NULL ? NULL : strchr(controllers + 1, ':');

  if (path == NULL) return RP_CPUS_UNLIMITED;
  *controllers++ = '\0';
  *path++ = '\0';

  cgroup group = {root, "", path, (int) strlen(path)};

  if (*controllers == '\0') return quota_on_way_up(group);
  if (!has_cpu(controllers)) return RP_CPUS_UNLIMITED;
  /* Mounted under the name of all its controllers; "cpu" is usually a link to that. */
  (void) snprintf(mount, sizeof(mount), "/%s", controllers);
  group.mount = mount;

  uint32_t quota = quota_on_way_up(group);

  group.mount = "/cpu";
  return quota != RP_CPUS_UNLIMITED ? quota : quota_on_way_up(group);
}

uint32_t
rp_cpus_quota(const char *root) {
  char path[TEXT_MAX], text[TEXT_MAX], *rest = NULL;
  uint32_t smallest = RP_CPUS_UNLIMITED;
  int length = snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);

  if (length < 0 || (size_t) length >= sizeof(path) || !read_file(path, text))
    return RP_CPUS_UNLIMITED;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL;
       line = strtok_r(NULL, "\n", &rest)) {
    uint32_t quota = quota_of_line(root, line);

    if (quota < smallest) smallest = quota;
  }
  return smallest;
}

static uint32_t
affinity(void) {
  cpu_set_t set;

  /* Fails where there are more CPUs than the set has room for. */
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return RP_CPUS_UNLIMITED;
  return (uint32_t) CPU_COUNT(&set);
}

uint32_t
rp_cpus_available(void) {
  static rp_word available; /* 0: not read yet */
  /* Relaxed: nothing comes with the number, and threads that race for it agree. */
  uint32_t cpus = rp_load_relaxed(&available);

  if (cpus != 0) return cpus;

  uint32_t quota = rp_cpus_quota("");

  cpus = affinity();
  if (quota < cpus) cpus = quota;
  rp_store_relaxed(&available, cpus);
  return cpus;
}

#else

uint32_t
rp_cpus_available(void) {
  return RP_CPUS_UNLIMITED;
}

uint32_t
rp_cpus_quota(const char *root) {
  (void) root;
  return RP_CPUS_UNLIMITED;
}

#endif
