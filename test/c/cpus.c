/* How many CPUs a process may use, read from cgroup files in a temporary directory. */
#include "support.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/process/cpus.h"

static char root[] = "/tmp/ringport-cpus-XXXXXX";

/* Write a file below the root, with the directories that it is in. */
static void
write_file(const char *name, const char *text) {
  char path[12000];
  FILE *file;

  assert(snprintf(path, sizeof(path), "%s/%s", root, name) < (int) sizeof(path));
  for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
    *at = '\0';
    assert(mkdir(path, 0700) == 0 || errno == EEXIST);
    *at = '/';
  }
  assert((file = fopen(path, "w")) != NULL);
  assert(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void
clear(void) {
  char command[200];

  assert(snprintf(command, sizeof(command), "rm -rf '%s'/*", root) > 0);
  assert(system(command) == 0);
}

/* A process in the cgroup of version 2 with this cpu.max. */
static uint32_t
quota_v2(const char *max) {
  clear();
  write_file("proc/self/cgroup", "0::/app\n");
  write_file("sys/fs/cgroup/app/cpu.max", max);
  return rp_cpus_quota(root);
}

/* The same of version 1. */
static uint32_t
quota_v1(const char *quota, const char *period) {
  clear();
  write_file("proc/self/cgroup", "5:memory:/app\n4:cpu,cpuacct:/app\n1:name=systemd:/\n");
  write_file("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", quota);
  write_file("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", period);
  return rp_cpus_quota(root);
}

static void
a_quota_is_rounded_down_to_one_at_least(void) {
  assert(quota_v2("200000 100000\n") == 2);
  assert(quota_v2("199999 100000\n") == 1);
  assert(quota_v2("100000 100000\n") == 1);
  assert(quota_v2("1000 100000\n") == 1);
  assert(quota_v2("0 100000\n") == 1);
  assert(quota_v2("6400000 100000") == 64);
  assert(quota_v1("200000\n", "100000\n") == 2);
  assert(quota_v1("199999\n", "100000\n") == 1);
  assert(quota_v1("1000\n", "100000\n") == 1);
}

static void
without_a_quota_there_is_no_limit(void) {
  assert(quota_v2("max 100000\n") == RP_CPUS_UNLIMITED);
  assert(quota_v1("-1\n", "100000\n") == RP_CPUS_UNLIMITED);
  clear();
  assert(rp_cpus_quota(root) == RP_CPUS_UNLIMITED);
  write_file("proc/self/cgroup", "0::/\n");
  assert(rp_cpus_quota(root) == RP_CPUS_UNLIMITED);
}

static void
what_makes_no_sense_is_no_limit(void) {
  static const char *const wrong[] = {
      "",         "\n",           "max",      "200000",     "200000\n",
      "200000 ",  "200000 max\n", "x y\n",    "200000 0\n", "-5 100\n",
      " 200 100", "200,100",      "200\t100",
  };

  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    assert(quota_v2(wrong[i]) == RP_CPUS_UNLIMITED);
  assert(quota_v2("18446744073709551616 100000\n") == RP_CPUS_UNLIMITED);
  assert(quota_v2("99999999999999999999999999 1\n") == RP_CPUS_UNLIMITED);
  assert(quota_v2("1000000000000000000 1\n") == RP_CPUS_UNLIMITED);
  assert(quota_v2("4294967294 1\n") == 4294967294u);
  assert(quota_v1("200000\n", "0\n") == RP_CPUS_UNLIMITED);
  assert(quota_v1("200000\n", "") == RP_CPUS_UNLIMITED);
  assert(quota_v1("", "100000\n") == RP_CPUS_UNLIMITED);
  clear();
  write_file("proc/self/cgroup", "\n:\n::\n0:\n0:cpu\nnothing\n4:cpu\n");
  assert(rp_cpus_quota(root) == RP_CPUS_UNLIMITED);
}

static void
the_smallest_of_the_parents_holds(void) {
  clear();
  write_file("proc/self/cgroup", "0::/a/b/c\n");
  write_file("sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
  assert(rp_cpus_quota(root) == 8);
  write_file("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  assert(rp_cpus_quota(root) == 3);
  write_file("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  assert(rp_cpus_quota(root) == 3);
  write_file("sys/fs/cgroup/cpu.max", "100000 50000\n");
  assert(rp_cpus_quota(root) == 2);
  write_file("sys/fs/cgroup/a/bc/cpu.max", "1 100000\n");
  assert(rp_cpus_quota(root) == 2);
}

/* The container has a hierarchy of its own, and a path that only its host knows. */
static void
a_path_of_the_host_is_looked_up_from_the_mount_point(void) {
  clear();
  write_file("proc/self/cgroup", "4:cpu,cpuacct:/docker/0123\n0::/docker/0123\n");
  write_file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "150000\n");
  write_file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  assert(rp_cpus_quota(root) == 1);
  clear();
  write_file("proc/self/cgroup", "0::/../docker/0123\n");
  write_file("sys/fs/cgroup/cpu.max", "250000 100000\n");
  assert(rp_cpus_quota(root) == 2);
}

static void
the_controller_cpu_is_found_wherever_it_stands(void) {
  static const char *const lines[] = {"4:cpu:/app\n", "4:cpuacct,cpu:/app\n",
                                      "4:cpuacct,cpu,rdma:/app:1\n"};
  static const char *const others[] = {"4:cpuset:/app\n", "4:cpuacct:/app\n",
                                       "4:name=cpu:/app\n"};

  clear();
  write_file("sys/fs/cgroup/cpu/app/cpu.cfs_quota_us", "400000\n");
  write_file("sys/fs/cgroup/cpu/app/cpu.cfs_period_us", "100000\n");
  write_file("sys/fs/cgroup/cpu/app:1/cpu.cfs_quota_us", "400000\n");
  write_file("sys/fs/cgroup/cpu/app:1/cpu.cfs_period_us", "100000\n");
  for (int i = 0; i < 3; i++) {
    write_file("proc/self/cgroup", lines[i]);
    assert(rp_cpus_quota(root) == 4);
    write_file("proc/self/cgroup", others[i]);
    assert(rp_cpus_quota(root) == RP_CPUS_UNLIMITED);
  }
}

/* Longer than the buffers: found as far as they go, and nothing is written beyond. */
static void
long_files_and_paths_are_cut(void) {
  static char text[40000];

  for (size_t length = 4060; length < 4120; length++) {
    clear();
    memset(text, 'x', length);
    memcpy(text, "0::/", 4);
    text[length] = '\0';
    write_file("proc/self/cgroup", text);
    write_file("sys/fs/cgroup/cpu.max", "200000 100000\n");
    assert(rp_cpus_quota(root) == 2);
  }
  memset(text, '7', sizeof(text) - 1);
  assert(quota_v2(text) == RP_CPUS_UNLIMITED);
  memset(text, 'r', sizeof(text) - 1);
  assert(rp_cpus_quota(text) == RP_CPUS_UNLIMITED);
}

/* As the system says: no more than the affinity mask, and the same for ever. */
static void
no_more_than_the_affinity_is_available(void) {
  cpu_set_t set;
  uint32_t cpus;

  assert(sched_getaffinity(0, sizeof(set), &set) == 0);
  cpus = rp_cpus_available();
  assert(cpus >= 1 && cpus <= (uint32_t) CPU_COUNT(&set));
  assert(cpus == (uint32_t) CPU_COUNT(&set) || cpus == rp_cpus_quota(""));
  CPU_ZERO(&set);
  CPU_SET((size_t) sched_getcpu(), &set);
  if (sched_setaffinity(0, sizeof(set), &set) == 0) assert(rp_cpus_available() == cpus);
}

int
main(void) {
  assert(mkdtemp(root) != NULL);
  a_quota_is_rounded_down_to_one_at_least();
  without_a_quota_there_is_no_limit();
  what_makes_no_sense_is_no_limit();
  the_smallest_of_the_parents_holds();
  a_path_of_the_host_is_looked_up_from_the_mount_point();
  the_controller_cpu_is_found_wherever_it_stands();
  long_files_and_paths_are_cut();
  no_more_than_the_affinity_is_available();
  clear();
  assert(rmdir(root) == 0);
  return 0;
}
