/*
 * ports.c - the table of an environment's ports, by slot: how a port is added, withdrawn
 * and closed.
 */
#include "node/ports.h"

#include <stdlib.h>
#include <string.h>

#include "core/failpoint.h"
#include "node/flow.h"
#include "node/order.h"
#include "node/value.h"

/* Double the number of slots. False without memory. */
static bool
grow_ports(rp_env *e) {
  uint32_t length = e->ports_length == 0 ? 8 : e->ports_length * 2;

  rp_lock_take(&e->ports_lock);

  rp_port *ports = realloc(e->ports, length * sizeof(*ports));

  if (ports != NULL) {
    memset(ports + e->ports_length, 0, (length - e->ports_length) * sizeof(*ports));
    for (uint32_t slot = length; slot-- > e->ports_length;) {
      ports[slot].next_free = e->free_slot;
      e->free_slot = slot;
    }
    e->ports = ports;
    e->ports_length = length;
  }
  rp_lock_drop(&e->ports_lock);
  return ports != NULL;
}

/* Overwrite a port. */
static void
set_port(rp_env *e, rp_port *port, rp_port to) {
  rp_lock_take(&e->ports_lock);
  *port = to;
  rp_lock_drop(&e->ports_lock);
}

void
rp_ports_hold(rp_env *e, rp_port *port, rp_endpoint *endpoint) {
  rp_lock_take(&e->ports_lock);
  port->endpoint = endpoint;
  if (endpoint != NULL) {
    rp_store_relaxed(&port->counts.received, endpoint->inbox.received);
    port->serial = ++e->serial;
  }
  rp_lock_drop(&e->ports_lock);
}

uint32_t
rp_ports_add(rp_env *e, rp_endpoint *endpoint) {
  bool has_mark = endpoint->outflow != NULL;

  if (has_mark && !rp_flow_prepare(e)) return RP_NO_SLOT;
  if (e->free_slot == RP_NO_SLOT && !grow_ports(e)) return RP_NO_SLOT;

  uint32_t slot = e->free_slot;
  rp_port *port = &e->ports[slot];

  e->free_slot = port->next_free;
  set_port(e, port, (rp_port){.state = RP_PORT_OPEN});
  rp_ports_hold(e, port, endpoint);
  endpoint->slot = slot;
  rp_count(&e->counters.ports, 1);
  rp_control(e)[RP_CONTROL_FLOW] = has_mark;
  return slot;
}

uint64_t
rp_ports_withdraw(rp_env *e, rp_port *port) {
  rp_endpoint *endpoint = port->endpoint;

  if (e->batch_slot == endpoint->slot) e->batch_slot = RP_NO_SLOT;
  rp_ports_hold(e, port, NULL);
  port->away = 0;
  return rp_endpoint_detach(endpoint);
}

uint64_t
rp_ports_close_endpoint(rp_env *e, rp_port *port) {
  rp_endpoint *endpoint = port->endpoint;

  if (endpoint == NULL) return 0;
  rp_ports_hold(e, port, NULL); /* closing may free it */
  return rp_endpoint_close(endpoint);
}

typedef struct closing {
  rp_env *env;
  uint32_t slot;
} closing;

/* Close a port, in the closing phase of the loop. */
static void
close_port(rp_env *e, uint32_t slot) {
  napi_handle_scope scope;
  rp_port *port = &e->ports[slot];

  if (e->batch_slot == slot) e->batch_slot = RP_NO_SLOT;

  rp_failpoint("port:closing");

  uint64_t in_transit = rp_ports_close_endpoint(e, port);

  if (napi_open_handle_scope(e->env, &scope) == napi_ok) {
    napi_value argv[] = {rp_from_u32(e->env, slot), NULL};

    if (in_transit != 0) argv[1] = rp_from_id(e->env, in_transit);
    (void) rp_env_call(e, port->context, e->receiver, e->closed, in_transit != 0 ? 2 : 1,
                       argv);
    (void) napi_close_handle_scope(e->env, scope);
  }
  port = &e->ports[slot]; /* the callback may have opened ports */
  if (port->context != NULL) (void) napi_async_destroy(e->env, port->context);
  rp_order_leave(e, port);
  set_port(e, port, (rp_port){.state = RP_PORT_FREE, .next_free = e->free_slot});
  e->free_slot = slot;
}

static void
on_port_closed(uv_handle_t *handle) {
  closing *c = handle->data;
  rp_env *e = c->env;
  uint32_t slot = c->slot;

  free(c);
  free(handle);
  if (!rp_env_release_handle(e) && !e->closing) close_port(e, slot);
}

static void
on_reserve_closed(uv_handle_t *handle) {
  rp_env *e = handle->data;
  uint32_t slot = e->unclosed;

  e->unclosed = RP_NO_SLOT;
  if (rp_env_release_handle(e)) return;
  while (slot != RP_NO_SLOT && !e->closing) {
    uint32_t next = e->ports[slot].next_free;

    close_port(e, slot);
    slot = next;
  }
}

/* Without memory for a handle, close the port by the reserved one, which all such ports
 * share. */
static void
retire_by_reserve(rp_env *e, uint32_t slot) {
  bool closes = e->unclosed != RP_NO_SLOT;

  e->ports[slot].next_free = e->unclosed;
  e->unclosed = slot;
  if (closes) return;
  (void) uv_idle_init(e->loop, e->reserve);
  e->reserve->data = e;
  e->open_handles++;
  uv_close((uv_handle_t *) e->reserve, on_reserve_closed);
}

void
rp_ports_retire(rp_env *e, uint32_t slot) {
  rp_port *port = &e->ports[slot];
  uv_idle_t *handle = malloc(uv_handle_size(UV_IDLE));
  closing *c = malloc(sizeof(*c));

  port->receiving = false;
  port->state = RP_PORT_CLOSING;
  rp_count(&e->counters.ports, (uint64_t) -1);
  if (handle == NULL || c == NULL) {
    free(handle);
    free(c);
    retire_by_reserve(e, slot);
    return;
  }
  /* A handle need not be started to get to the closing phase of the loop. */
  *c = (closing){e, slot};
  (void) uv_idle_init(e->loop, handle);
  handle->data = c;
  e->open_handles++;
  rp_failpoint("port:retired");
  uv_close((uv_handle_t *) handle, on_port_closed);
}
