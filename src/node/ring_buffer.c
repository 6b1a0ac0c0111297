/*
 * ring_buffer.c - the addon's functions for shared rings: handles by slot, their waits
 * and their end.
 */
#include "node/ring_buffer.h"

#include <stdlib.h>
#include <string.h>

#include "core/lock.h"
#include "core/memory.h"
#include "node/value.h"
#include "core/failpoint.h"

rp_ring_slot *
rp_rings_slot(rp_env *e, napi_value value) {
  uint32_t slot;

  if (e->rings == NULL || napi_get_value_uint32(e->env, value, &slot) != napi_ok)
    return NULL;
  return slot < e->rings->length ? e->rings->handles[slot] : NULL;
}

uint32_t *
rp_rings_words(rp_env *e) {
  return (uint32_t *) (void *) e->rings->words.data;
}

const rp_view *
rp_rings_inbox(rp_env *e) {
  return &e->rings->inbox;
}

void
rp_rings_settle(rp_ring_slot *s) {
  uint32_t delivered = (uint32_t) s->local[RP_LOCAL_DELIVERED];

  if (s->taken == 0) return;
  if (delivered > s->taken) delivered = s->taken;
  if (delivered == s->taken)
    rp_ring_release(s->handle);
  else
    rp_ring_release_some(s->handle, s->records, s->taken, delivered);
  rp_failpoint("ring:settled");
  s->taken = 0;
}

void
rp_rings_locate(rp_ring_slot *s) {
  if (rp_ring_shared(s->handle)->mode == RP_SPSC)
    rp_ring_set_position(s->handle, (uint32_t) s->local[RP_LOCAL_POSITION]);
}

/* End a handle. What the wrapper has read counts as read, even if the thread was
 * terminated in the middle of its work. */
static void
end_handle(rp_ring_slot *s) {
  rp_rings_locate(s);
  if (s->role == RP_CONSUMER) {
    if (rp_ring_shared(s->handle)->mode == RP_SPSC)
      rp_ring_release(s->handle);
    else
      rp_rings_settle(s);
  }
  rp_failpoint("ring:ending");
  rp_ring_end(s->handle); /* from here on nobody wakes it */
  rp_failpoint("ring:ended");
  rp_rings_forget(s->rings, s);
  s->rings->handles[s->slot] = NULL;
  (void) napi_delete_reference(s->rings->env->env, s->memory);
  (void) napi_delete_reference(s->rings->env->env, s->local_ref);
  free(s);
}

void
rp_rings_close(rp_env *e) {
  if (e->rings == NULL) return;
  for (uint32_t slot = 0; slot < e->rings->length; slot++)
    if (e->rings->handles[slot] != NULL) end_handle(e->rings->handles[slot]);
}

void
rp_rings_free(rp_env *e) {
  if (e->rings == NULL) return;
  rp_lock_destroy(&e->rings->lock);
  free(e->rings->handles);
  rp_memory_give(e->rings, sizeof(*e->rings));
  e->rings = NULL;
}

/* Find a free slot. RP_NO_SLOT without memory. */
static uint32_t
free_slot(rp_rings *rings) {
  uint32_t slot = 0;

  while (slot < rings->length && rings->handles[slot] != NULL) slot++;
  if (slot < rings->length) return slot;

  uint32_t length = rings->length == 0 ? 8 : rings->length * 2;
  rp_ring_slot **handles = realloc(rings->handles, length * sizeof(void *));

  if (handles == NULL) return RP_NO_SLOT;
  memset(handles + rings->length, 0, (length - rings->length) * sizeof(void *));
  rings->handles = handles;
  rings->length = length;
  return slot;
}

static void
set_status(rp_env *e, int status) {
  rp_rings_words(e)[RP_RING_STATUS] = (uint32_t) status;
}

/* ---- for the wrapper ---- */

napi_value
rp_rings_setup(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  /* Not calloc(): the endpoint in it is aligned to 128. */
  rp_rings *rings = e->rings != NULL ? NULL : rp_memory_take(sizeof(*rings));

  if (rings == NULL) return rp_throw_memory(env);
  memset(rings, 0, sizeof(*rings));
  if (!rp_to_memory(env, argv[2], &rings->words.data, &rings->words.length) ||
      rings->words.length < RP_RING_WORDS * sizeof(uint32_t) ||
      !rp_to_memory(env, argv[3], &rings->inbox.data, &rings->inbox.length)) {
    rp_memory_give(rings, sizeof(*rings));
    return rp_throw_type(env, "ringSetup needs an Int32Array of words and an inbox");
  }
  if (napi_create_reference(env, argv[0], 1, &rings->receiver) != napi_ok ||
      napi_create_reference(env, argv[1], 1, &rings->rung) != napi_ok ||
      napi_create_reference(env, argv[2], 1, &rings->words.ref) != napi_ok ||
      napi_create_reference(env, argv[3], 1, &rings->inbox.ref) != napi_ok) {
    rp_memory_give(rings, sizeof(*rings));
    return rp_throw_memory(env);
  }
  rings->env = e;
  rp_lock_init(&rings->lock);
  e->rings = rings;
  return NULL;
}

napi_value
rp_rings_size(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], size = NULL;
  uint32_t numbers[3] = {0};

  (void) rp_arguments(env, info, argv);
  for (int i = 0; i < 3; i++) (void) napi_get_value_uint32(env, argv[i], &numbers[i]);
  (void) napi_create_double(
      env, (double) rp_shared_size((rp_mode) numbers[0], numbers[1], numbers[2]), &size);
  return size;
}

napi_value
rp_rings_format(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint32_t numbers[3] = {0};
  uint8_t *bytes;
  size_t size;
  int status = RP_EFORMAT;

  for (int i = 0; i < 3; i++) (void) napi_get_value_uint32(env, argv[i + 1], &numbers[i]);
  if (rp_to_memory(env, argv[0], &bytes, &size))
    status = rp_shared_format(bytes, size, (rp_mode) numbers[0], numbers[1], numbers[2]);
  set_status(e, status);
  return NULL;
}

napi_value
rp_rings_map(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint32_t *words = rp_rings_words(e);
  uint8_t *bytes;
  size_t size;
  rp_shared shared = {0};
  int status = RP_EFORMAT;

  if (rp_to_memory(env, argv[0], &bytes, &size))
    status = rp_shared_map(&shared, bytes, size);
  if (status == RP_OK) {
    words[RP_RING_RECORDS] = (uint32_t) shared.mode;
    words[RP_RING_RECORDS + 1] = shared.capacity;
    words[RP_RING_RECORDS + 2] = shared.slot;
  }
  set_status(e, status);
  return NULL;
}

/* Keep the memory and the words of a handle alive. False if that fails. */
static bool
keep(napi_env env, rp_ring_slot *s, const napi_value *argv) {
  if (napi_create_reference(env, argv[0], 1, &s->memory) != napi_ok) return false;
  return napi_create_reference(env, argv[2], 1, &s->local_ref) == napi_ok;
}

napi_value
rp_rings_open(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint32_t slot = free_slot(e->rings), role;
  uint8_t *local;
  size_t size = 0, local_size = 0;
  rp_ring_slot *s = calloc(1, sizeof(*s));

  if (s == NULL || slot == RP_NO_SLOT || e->closing) {
    free(s);
    return rp_throw_memory(env);
  }
  if (napi_get_value_uint32(env, argv[1], &role) != napi_ok ||
      !rp_to_memory(env, argv[0], &s->bytes, &size) ||
      !rp_to_memory(env, argv[2], &local, &local_size) ||
      local_size < RP_LOCAL_WORDS * sizeof(int32_t)) {
    free(s);
    return rp_throw_type(env, "ringOpen needs the memory, a role and words of its own");
  }
  s->rings = e->rings;
  s->slot = slot;
  s->role = role == RP_PRODUCER ? RP_PRODUCER : RP_CONSUMER;
  s->local = (int32_t *) (void *) local;

  int status = rp_ring_open(&s->handle, s->bytes, size, s->role, rp_rings_wake_up, s);

  set_status(e, status);
  if (status != RP_OK) {
    free(s);
    return NULL;
  }
  rp_failpoint("ring:opened");
  e->rings->handles[slot] = s;
  if (rp_ring_shared(s->handle)->mode == RP_SPSC)
    s->local[RP_LOCAL_POSITION] = (int32_t) rp_ring_position(s->handle);

  rp_shared_counters *counters = rp_ring_counters(s->handle);

  rp_rings_words(e)[RP_RING_OFFSET] =
      counters == NULL ? UINT32_MAX : (uint32_t) ((uint8_t *) counters - s->bytes);
  if (keep(env, s, argv)) return rp_from_u32(env, slot);
  end_handle(s);
  return rp_throw_memory(env);
}

napi_value
rp_rings_end(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_ring_slot *s = rp_rings_slot(e, argv[0]);

  if (s != NULL) end_handle(s);
  return NULL;
}

napi_value
rp_rings_others(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_ring_slot *s = rp_rings_slot(e, argv[0]);

  if (s == NULL) return NULL;

  rp_role other = s->role == RP_PRODUCER ? RP_CONSUMER : RP_PRODUCER;

  return rp_from_u32(env, rp_ring_count(s->handle, other));
}

napi_value
rp_rings_close_memory(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint8_t *bytes;
  size_t size;

  set_status(e, rp_to_memory(env, argv[0], &bytes, &size) ? rp_shared_close(bytes, size)
                                                          : RP_EFORMAT);
  return NULL;
}

napi_value
rp_rings_park(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_ring_slot *s = rp_rings_slot(e, argv[0]);
  uint32_t length = 0;

  if (s == NULL) return NULL;
  (void) napi_get_value_uint32(env, argv[1], &length);
  rp_rings_locate(s);
  /* A record that was taken can be read; parking would release it. */
  set_status(e, s->taken > 0 ? RP_OK : rp_ring_park(s->handle, length));
  return NULL;
}

napi_value
rp_rings_unpark(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_ring_slot *s = rp_rings_slot(e, argv[0]);

  if (s != NULL) (void) rp_ring_unpark(s->handle);
  return NULL;
}

/* Convert a timeout: 0 for NaN or below, at most a year. */
static uint64_t
nanoseconds(double milliseconds) {
  const double year = 365 * 24 * 3600 * 1e3;

  if (!(milliseconds > 0)) return 0;
  return (uint64_t) ((milliseconds < year ? milliseconds : year) * 1e6);
}

napi_value
rp_rings_wait(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_ring_slot *s = rp_rings_slot(e, argv[0]);
  uint32_t length = 0;
  double milliseconds = 0;

  if (s == NULL) return NULL;
  (void) napi_get_value_uint32(env, argv[1], &length);
  (void) napi_get_value_double(env, argv[2], &milliseconds);
  rp_rings_locate(s);
  set_status(e, rp_ring_wait(s->handle, length, nanoseconds(milliseconds)));
  return NULL;
}

napi_value
rp_rings_wake(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_ring_slot *s = rp_rings_slot(e, argv[0]);
  uint32_t records = 1;

  if (s == NULL) return NULL;
  (void) napi_get_value_uint32(env, argv[1], &records);
  rp_rings_locate(s);
  rp_ring_wake_others(s->handle, records);
  return NULL;
}
