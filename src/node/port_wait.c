/*
 * port_wait.c - the addon's functions that block the thread until a port has something
 * to read.
 *
 * Before it sleeps, the thread spins on the inbox for twice as long as a sleep costs:
 * once for the other thread's wake-up, once for its own. Meanwhile it holds the token and
 * its ready list does not rest, so neither side makes a system call while both are awake.
 * Messages for other ports wait until waitEnd().
 */
#include "node/port_wait.h"

#include "core/failpoint.h"
#include "core/port/blocked.h"
#include "node/env.h"
#include "node/port_spin.h"
#include "node/sleep_cost.h"
#include "node/value.h"

/* Time between two looks: each takes the cache line of tail away from the sender. */
#define GAP (RP_MICROSECOND / 4)
/* Time between two yields: the other thread may be waiting for this very core. */
#define YIELD (4 * RP_MICROSECOND)
/* Most spins skipped in a row after unsuccessful ones. */
#define MOST 4

/* Look until there is something to read, or until `until`. */
static bool
look(rp_port *port, uint64_t until) {
  for (uint64_t now = uv_hrtime(); now < until;) {
    now = rp_spin_until(now + GAP);
    if (rp_port_has_news(port)) return true;
  }
  return false;
}

/* Look for a while. True if there is something to read. */
static bool
spin(rp_env *e, rp_port *port) {
  uint64_t limit = e->turn_spin.limit;

  if (limit == 0 || !rp_spin_pays() || rp_backoff_skips(&e->wait.vain)) return false;
  if (limit == RP_LIMIT_MEASURED) limit = 2 * rp_sleep_cost();

  for (uint64_t now = uv_hrtime(), until = now + limit; now < until;) {
    bool met = look(port, now + YIELD);

    now = uv_hrtime();
    if (!met) {
      uint64_t begin = now;

      now = rp_spin_yield();
      met = rp_port_has_news(port);
      if (!met && now - begin > RP_YIELD_LONG) break; /* others need the core */
    }
    if (!met) continue;
    rp_backoff_succeed(&e->wait.vain);
    return true;
  }
  rp_backoff_fail(&e->wait.vain, MOST);
  return false;
}

napi_value
rp_port_wait_begin(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  bool watched = false;

  (void) napi_get_value_bool(env, argv[1], &watched);
  if (port == NULL) return rp_from_u32(env, 0);
  if (e->wait.depth++ == 0) e->wait.watches = rp_ready_list_watch(&e->ready_list);
  rp_endpoint_wake_up(port->endpoint);
  if (watched) rp_endpoint_watch(port->endpoint, true);
  return rp_from_u32(env, rp_endpoint_ticket());
}

/* When to return, given a time in milliseconds. */
static uint64_t
deadline_of(double milliseconds) {
  const double day = 24 * 3600 * 1e3;

  if (!(milliseconds > 0)) return 0;
  return rp_now() + (uint64_t) ((milliseconds < day ? milliseconds : day) * 1e6);
}

napi_value
rp_port_wait(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);
  double milliseconds = 0;
  uint32_t ticket = 0;
  int status = RP_CLOSED;

  (void) napi_get_value_double(env, argv[1], &milliseconds);
  (void) napi_get_value_uint32(env, argv[2], &ticket);
  if (port != NULL) {
    uint64_t deadline = deadline_of(milliseconds);

    rp_failpoint("wait:looking");
    status = rp_port_has_news(port) || spin(e, port)
                 ? RP_OK
                 : rp_endpoint_block(port->endpoint, deadline, ticket);
  }
  return rp_from_i32(env, status);
}

napi_value
rp_port_wait_end(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  if (port != NULL) {
    rp_endpoint *endpoint = port->endpoint;

    if (rp_load_relaxed(&endpoint->watched) != 0) rp_endpoint_watch(endpoint, false);
    /* In its own turn, or waiting for older posts, the port goes on by itself. */
    if (e->turn != endpoint && port->waits == 0 && port->state == RP_PORT_OPEN)
      rp_endpoint_end(endpoint, false, !port->receiving);
  }
  if (e->wait.depth == 0 || --e->wait.depth > 0 || !e->wait.watches) return NULL;
  e->wait.watches = false;
  if (e->loop_spin.watching || e->order.length > 0)
    return NULL; /* their callbacks let the thread rest */
  if (!rp_ready_list_rest(&e->ready_list)) (void) uv_async_send(e->doorbell);
  return NULL;
}

napi_value
rp_port_nudges_wanted(napi_env env, napi_callback_info info) {
  napi_value buffer = NULL;

  (void) info;
  if (napi_create_external_buffer(env, sizeof(rp_nudges_wanted), &rp_nudges_wanted, NULL,
                                  NULL, &buffer) != napi_ok)
    return NULL;
  return buffer;
}

napi_value
rp_port_nudge(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  if (port != NULL) rp_endpoint_nudge_peer(port->endpoint);
  return NULL;
}

napi_value
rp_port_is_awaited(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  return rp_from_bool(env, port != NULL && rp_endpoint_is_awaited(port->endpoint));
}
