/*
 * cpus.h - how many CPUs the threads of this process can use at the same time.
 *
 * A container usually sees all CPUs of its host, and its cgroup limits the CPU time
 * instead. A thread that spins there spends time that the thread it waits for needs.
 */
#ifndef RP_CORE_PROCESS_CPUS_H_
#define RP_CORE_PROCESS_CPUS_H_

#include <stdint.h>

#define RP_CPUS_UNLIMITED UINT32_MAX

/* Return the number of CPUs in the affinity mask of the calling thread, or the quota of
 * its cgroup if that is smaller; RP_CPUS_UNLIMITED on systems other than Linux. The
 * first call reads files and decides for the process; later ones are one load. Any
 * thread, no allocation. */
uint32_t rp_cpus_available(void);

/* Return the CPU quota of this process in CPUs, rounded down to at least 1, or
 * RP_CPUS_UNLIMITED. It is the smallest quota of its cgroup and the parents of that,
 * of version 1 or 2. `root` is put in front of the paths "/proc/self/cgroup" and
 * "/sys/fs/cgroup": "" except in tests. Any thread, no allocation. */
uint32_t rp_cpus_quota(const char *root);

#endif
