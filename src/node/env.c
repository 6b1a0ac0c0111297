/*
 * env.c - the data of one Node environment: what the wrapper shares with it, its handles,
 * its ports by slot.
 */
#include "node/env.h"

#include "node/value.h"

bool
rp_env_release_handle(rp_env *e) {
  if (--e->open_handles > 0) return false;
  e->finish(e);
  return true;
}

void
rp_env_handle_closed(uv_handle_t *handle) {
  rp_env *e = handle->data;

  free(handle);
  (void) rp_env_release_handle(e);
}

bool
rp_env_call(rp_env *e, napi_async_context context, napi_ref receiver_ref,
            napi_ref function_ref, size_t argc, const napi_value *argv) {
  napi_value receiver = NULL, function = NULL, error = NULL;

  if (napi_get_reference_value(e->env, receiver_ref, &receiver) != napi_ok ||
      napi_get_reference_value(e->env, function_ref, &function) != napi_ok)
    return false;

  napi_status status =
      napi_make_callback(e->env, context, receiver, function, argc, argv, NULL);

  if (status == napi_ok) return true;

  bool pending = false;

  (void) napi_is_exception_pending(e->env, &pending);
  if (!pending) return false; /* the thread was terminated */
  if (napi_get_and_clear_last_exception(e->env, &error) != napi_ok) return false;
  return napi_fatal_exception(e->env, error) == napi_ok;
}

/* Use the memory of a typed array of at least `least` bytes from now on. After throwing
 * `view` is as it was. */
static bool
set_view(rp_env *e, rp_view *view, napi_value value, size_t least) {
  napi_ref ref = NULL;
  uint8_t *data = NULL;
  size_t length = 0;

  if (!rp_to_memory(e->env, value, &data, &length) || data == NULL || length < least) {
    (void) rp_throw_type(e->env, "a typed array is needed, large enough for its use");
    return false;
  }
  if (napi_create_reference(e->env, value, 1, &ref) != napi_ok) {
    (void) rp_throw_memory(e->env);
    return false;
  }
  if (view->ref != NULL) (void) napi_delete_reference(e->env, view->ref);
  *view = (rp_view){ref, data, length};
  return true;
}

napi_value
rp_env_setup(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  if (!set_view(e, &e->control, argv[3], RP_CONTROL_WORDS * sizeof(uint32_t)))
    return NULL;
  if (napi_create_reference(env, argv[0], 1, &e->receiver) != napi_ok ||
      napi_create_reference(env, argv[1], 1, &e->dispatch) != napi_ok ||
      napi_create_reference(env, argv[2], 1, &e->closed) != napi_ok)
    return rp_throw_memory(env);
  return NULL;
}

napi_value
rp_env_set_scratch(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  (void) set_view(e, &e->scratch, argv[0], 1);
  return NULL;
}

napi_value
rp_env_set_outbox(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  (void) set_view(e, &e->outbox, argv[0], 1);
  return NULL;
}

napi_value
rp_env_set_posts(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  (void) set_view(e, &e->posts, argv[0], sizeof(uint32_t));
  return NULL;
}

napi_value
rp_env_set_inbox(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  (void) set_view(e, &e->inbox, argv[0], 1);
  return NULL;
}

napi_value
rp_env_set_collect(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);

  if (e->collect != NULL) return NULL;
  if (napi_get_value_uint32(env, argv[1], &e->flats_left) != napi_ok)
    return rp_throw_type(env, "setCollect needs a number");
  if (napi_create_reference(env, argv[0], 1, &e->collect) != napi_ok)
    return rp_throw_memory(env);
  return NULL;
}

napi_value
rp_env_collect(rp_env *e, uint32_t count, const napi_value *values) {
  napi_value array = NULL, function = NULL, undefined = NULL;

  if (napi_get_reference_value(e->env, e->collect, &function) != napi_ok ||
      napi_get_undefined(e->env, &undefined) != napi_ok ||
      napi_call_function(e->env, undefined, function, count, values, &array) != napi_ok)
    return NULL;
  return array;
}

napi_value
rp_env_fatal(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];

  (void) rp_arguments(env, info, argv);
  (void) napi_fatal_exception(env, argv[0]);
  return NULL;
}

napi_value
rp_env_set_ref(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  bool ref, rings = false;

  if (napi_get_value_bool(env, argv[0], &ref) != napi_ok)
    return rp_throw_type(env, "setRef needs a boolean");
  (void) napi_get_value_bool(env, argv[1], &rings); /* ports leave it out */
  if (e->closing) return NULL;
  if (rings)
    e->ref_by_rings = ref;
  else
    e->ref_by_ports = ref;
  if (e->ref_by_ports || e->ref_by_rings)
    uv_ref((uv_handle_t *) e->doorbell);
  else
    uv_unref((uv_handle_t *) e->doorbell);
  return NULL;
}

rp_port *
rp_env_used_port(rp_env *e, napi_value value) {
  uint32_t slot;

  if (napi_get_value_uint32(e->env, value, &slot) != napi_ok) return NULL;
  if (slot >= e->ports_length || e->ports[slot].state == RP_PORT_FREE) return NULL;
  return &e->ports[slot];
}

rp_port *
rp_env_port_at(rp_env *e, uint32_t slot) {
  return slot >= e->ports_length || e->ports[slot].endpoint == NULL ? NULL
                                                                    : &e->ports[slot];
}

rp_port *
rp_env_readable_port(rp_env *e, napi_value value) {
  uint32_t slot;

  if (napi_get_value_uint32(e->env, value, &slot) != napi_ok) return NULL;
  return rp_env_port_at(e, slot);
}

rp_port *
rp_env_port(rp_env *e, napi_value value) {
  rp_port *port = rp_env_readable_port(e, value);

  return port == NULL || port->state != RP_PORT_OPEN ? NULL : port;
}
