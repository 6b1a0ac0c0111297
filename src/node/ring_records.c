/*
 * ring_records.c - the addon's functions that write and read records of shared rings.
 *
 * For modes other than spsc: several handles of a role claim from one position, and a
 * thread that is terminated between claim and commit would leave a hole. JavaScript can
 * be terminated anywhere, a call into C cannot.
 */
#include <string.h>

#include "node/ring_buffer.h"
#include "node/value.h"

/* The type of the wrapper's records; 0 is not a type in a shared ring. */
#define TYPE_BYTES 1u

/* The handle of a call, the words and the arguments. */
typedef struct call {
  rp_env *e;
  rp_ring_slot *s;
  uint32_t *words;
  napi_value argv[RP_ARGS_MAX];
} call;

/* Look up the handle of a call. False after throwing. */
static bool
begin(call *c, napi_env env, napi_callback_info info) {
  c->e = rp_arguments(env, info, c->argv);
  c->s = rp_rings_slot(c->e, c->argv[0]);
  if (c->s == NULL) {
    (void) rp_throw_type(env, "there is no such handle");
    return false;
  }
  c->words = rp_rings_words(c->e);
  return true;
}

static void
done(call *c, int status) {
  c->words[RP_RING_STATUS] = (uint32_t) status;
}

/* Get the bytes of a Uint8Array of at least `length` bytes. NULL after throwing. */
static const uint8_t *
bytes_of(napi_env env, napi_value value, uint64_t length) {
  size_t size = 0;
  uint8_t *data = NULL;

  if (!rp_to_memory(env, value, &data, &size) || size < length) {
    (void) rp_throw_type(env, "a Uint8Array is needed that has all bytes of the record");
    return NULL;
  }
  return data == NULL ? (const uint8_t *) "" : data;
}

napi_value
rp_rings_write(napi_env env, napi_callback_info info) {
  call c;

  if (!begin(&c, env, info)) return NULL;

  uint32_t length = c.words[RP_RING_LENGTH];
  const uint8_t *bytes = bytes_of(env, c.argv[1], length);

  if (bytes != NULL) done(&c, rp_ring_write(c.s->handle, TYPE_BYTES, bytes, length));
  return NULL;
}

napi_value
rp_rings_write_many(napi_env env, napi_callback_info info) {
  call c;
  uint32_t count = 0, written = 0;
  napi_typedarray_type type;
  size_t capacity = 0;
  uint64_t total = 0; /* a 32-bit size_t could wrap around */
  void *data = NULL;

  if (!begin(&c, env, info)) return NULL;
  (void) napi_get_value_uint32(env, c.argv[3], &count);
  if (napi_get_typedarray_info(env, c.argv[2], &type, &capacity, &data, NULL, NULL) !=
          napi_ok ||
      type != napi_uint32_array || count > capacity)
    return rp_throw_type(env, "the lengths of the records are needed");

  const uint32_t *lengths = data; /* aligned, in a Uint32Array */

  for (uint32_t i = 0; i < count; i++) total += lengths[i];

  const uint8_t *bytes = bytes_of(env, c.argv[1], total);

  if (bytes == NULL) return NULL;
  done(&c, rp_ring_write_many(c.s->handle, TYPE_BYTES, bytes, lengths, count, &written));
  c.words[RP_RING_COUNT] = written;
  return NULL;
}

napi_value
rp_rings_claim(napi_env env, napi_callback_info info) {
  call c;
  uint32_t length;
  uint8_t *payload = NULL;

  if (!begin(&c, env, info)) return NULL;
  if (napi_get_value_uint32(env, c.argv[1], &length) != napi_ok)
    return rp_throw_type(env, "ringClaim needs a length");

  int status = rp_ring_claim(c.s->handle, TYPE_BYTES, length, &payload);

  done(&c, status);
  if (status == RP_OK) {
    c.words[RP_RING_OFFSET] = (uint32_t) (payload - c.s->bytes);
    c.words[RP_RING_LENGTH] = length;
  }
  return NULL;
}

napi_value
rp_rings_commit(napi_env env, napi_callback_info info) {
  call c;
  uint32_t length;

  if (!begin(&c, env, info)) return NULL;
  if (napi_get_value_uint32(env, c.argv[1], &length) != napi_ok)
    return rp_throw_type(env, "ringCommit needs a length");
  done(&c, rp_ring_commit(c.s->handle, length));
  rp_ring_publish(c.s->handle);
  return NULL;
}

napi_value
rp_rings_abort(napi_env env, napi_callback_info info) {
  call c;

  if (begin(&c, env, info)) rp_ring_abort(c.s->handle);
  return NULL;
}

napi_value
rp_rings_read(napi_env env, napi_callback_info info) {
  call c;
  uint32_t count = 0;

  if (!begin(&c, env, info)) return NULL;
  rp_rings_settle(c.s);
  c.s->local[RP_LOCAL_DELIVERED] = 0;

  int status = rp_ring_take(c.s->handle, c.s->records, 1, &count);

  if (status == RP_OK) {
    const rp_view *inbox = rp_rings_inbox(c.e);
    const rp_record *record = c.s->records;

    c.words[RP_RING_OFFSET] = (uint32_t) (record->payload - c.s->bytes);
    c.words[RP_RING_LENGTH] = record->length;
    if (record->length <= inbox->length) {
      memcpy(inbox->data, record->payload, record->length);
      rp_ring_release(c.s->handle);
    } else {
      c.s->taken = 1;
    }
  } else {
    rp_ring_release(c.s->handle); /* padding that was skipped */
  }
  done(&c, status);
  return NULL;
}

napi_value
rp_rings_gather(napi_env env, napi_callback_info info) {
  call c;
  size_t room = 0, used = 0;
  uint8_t *data = NULL;
  rp_record record;

  if (!begin(&c, env, info)) return NULL;
  c.words[RP_RING_LENGTH] = 0;
  if (!rp_to_memory(env, c.argv[1], &data, &room))
    return rp_throw_type(env, "a Uint8Array is needed for the records");

  rp_ring_handle *handle = c.s->handle;
  bool spsc = rp_ring_shared(handle)->mode == RP_SPSC;

  rp_rings_locate(c.s);
  rp_rings_settle(c.s);
  /* Bounded: empty records take no room in `data`, and writers may be as fast. */
  for (size_t left = room + 1; left > 0 && rp_ring_peek(handle, &record) == RP_OK;
       left--) {
    if (record.length > room - used) break;
    memcpy(data + used, record.payload, record.length);
    used += record.length;
    rp_ring_advance(handle, &record);
  }
  rp_ring_release(handle);
  if (spsc) c.s->local[RP_LOCAL_POSITION] = (int32_t) rp_ring_position(handle);
  c.words[RP_RING_LENGTH] = (uint32_t) used;
  return NULL;
}

napi_value
rp_rings_take(napi_env env, napi_callback_info info) {
  call c;
  uint32_t limit = 0, count = 0;

  if (!begin(&c, env, info)) return NULL;
  (void) napi_get_value_uint32(env, c.argv[1], &limit);
  if (limit > RP_RING_TAKE_MAX) limit = RP_RING_TAKE_MAX;
  rp_rings_settle(c.s);
  c.s->local[RP_LOCAL_DELIVERED] = 0;

  int status = rp_ring_take(c.s->handle, c.s->records, limit, &count);

  if (status != RP_OK) rp_ring_release(c.s->handle);
  c.s->taken = count;
  for (uint32_t i = 0; i < count; i++) {
    c.words[RP_RING_RECORDS + 2 * i] = (uint32_t) (c.s->records[i].payload - c.s->bytes);
    c.words[RP_RING_RECORDS + 2 * i + 1] = c.s->records[i].length;
  }
  c.words[RP_RING_COUNT] = count;
  done(&c, status);
  return NULL;
}

napi_value
rp_rings_release(napi_env env, napi_callback_info info) {
  call c;

  if (begin(&c, env, info)) rp_rings_settle(c.s);
  return NULL;
}
