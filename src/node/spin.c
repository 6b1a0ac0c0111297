/*
 * spin.c - the adaptive spin: what its places ask the system.
 */
#include "node/spin.h"

#include <uv.h>

#include "core/process/cpus.h"

#if defined(_WIN32)
#include <windows.h>
#define yield_core() ((void) SwitchToThread())
#else
#include <poll.h>
#include <sched.h>
#define yield_core() ((void) sched_yield())
#endif

bool
rp_spin_pays(void) {
  return rp_cpus_available() > 1;
}

uint64_t
rp_spin_yield(void) {
  yield_core();
  return uv_hrtime();
}

bool
rp_spin_has_events(uv_loop_t *loop) {
#if defined(_WIN32)
  (void) loop;
  return true;
#else
  struct pollfd events = {.fd = uv_backend_fd(loop), .events = POLLIN};

  return poll(&events, 1, 0) != 0;
#endif
}
