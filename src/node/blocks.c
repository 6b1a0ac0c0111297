/*
 * blocks.c - large bytes and strings, which travel beside a message by pointer.
 */
#include "node/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "node/env.h"
#include "node/ports.h"
#include "node/value.h"
#include "core/failpoint.h"

void
rp_blocks_drop(rp_block block) {
  rp_endpoint_lost(rp_block_endpoint(block));
  rp_block_free(block);
}

/* Make room for one more staged block. False after throwing. */
static bool
reserve(rp_env *e) {
  if (e->staged_length < e->staged_capacity) return true;

  uint32_t capacity = e->staged_capacity == 0 ? 4 : e->staged_capacity * 2;
  rp_block *staged = NULL;

  if (capacity <= RP_MESSAGE_BLOCKS_MAX)
    staged = realloc(e->staged, capacity * sizeof(*staged));
  if (staged == NULL) {
    (void) rp_throw_memory(e->env);
    return false;
  }
  e->staged = staged;
  e->staged_capacity = capacity;
  return true;
}

/* Stage a block, which is freed on failure. Returns its index, NULL after throwing. */
static napi_value
stage(rp_env *e, rp_block block) {
  if (!reserve(e)) {
    rp_block_free(block);
    return NULL;
  }
  rp_failpoint("block:staging");
  e->staged[e->staged_length] = block;
  return rp_from_u32(e->env, e->staged_length++);
}

/* stageBytes(Uint8Array) -> index of the block, a copy. */
napi_value
rp_blocks_stage_bytes(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint8_t *data;
  size_t length;

  if (!rp_to_memory(env, argv[0], &data, &length))
    return rp_throw_type(env, "stageBytes needs a Uint8Array");

  rp_block block = rp_block_new(length);

  if (block.data == NULL) return rp_throw_memory(env);
  if (length > 0) memcpy(block.data, data, length);
  return stage(e, block);
}

/* stageString(string, oneByte) -> index of the block, one or two bytes a code unit. */
napi_value
rp_blocks_stage_string(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  bool one_byte = false;
  size_t length = 0;

  (void) napi_get_value_bool(env, argv[1], &one_byte);
  if (napi_get_value_string_utf16(env, argv[0], NULL, 0, &length) != napi_ok)
    return rp_throw_type(env, "stageString needs a string");

  rp_block block = rp_block_new(one_byte ? length : length * 2);

  if (block.data == NULL) return rp_throw_memory(env);

  napi_status status =
      one_byte
          ? napi_get_value_string_latin1(env, argv[0], block.data, length + 1, &length)
          : napi_get_value_string_utf16(env, argv[0], block.data, length + 1, &length);

  if (status == napi_ok) return stage(e, block);
  rp_block_free(block);
  return rp_throw_memory(env);
}

/* stageEndpoint(slot) -> id of the endpoint, which is in transit now and is lost with the
 * message; undefined if there is none. The port stays without an endpoint, for restore()
 * or detach(). Staging and detaching are one call, since a thread may be terminated
 * between two. */
napi_value
rp_blocks_stage_endpoint(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_port *port = rp_env_readable_port(e, argv[0]);

  if (port == NULL || !reserve(e)) return NULL;

  uint64_t id = rp_ports_withdraw(e, port);

  rp_failpoint("block:endpoint-away");
  e->staged[e->staged_length++] = (rp_block){NULL, id};
  rp_failpoint("block:endpoint-staged");
  return rp_from_id(env, id);
}

/* unstage(from): drop the staged blocks from this index on. */
napi_value
rp_blocks_unstage(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint32_t from;

  if (napi_get_value_uint32(env, argv[0], &from) != napi_ok)
    return rp_throw_type(env, "unstage needs an index");
  rp_failpoint("block:unstaging");
  while (e->staged_length > from) rp_blocks_drop(e->staged[--e->staged_length]);
  return NULL;
}

/* Get the record at an offset of the current batch, in the ring. False if there is
 * none. */
static bool
batch_record(rp_env *e, napi_value offset_value, rp_record *record) {
  uint32_t offset, header[2];

  if (e->batch_slot == RP_NO_SLOT) return false;
  if (napi_get_value_uint32(e->env, offset_value, &offset) != napi_ok) return false;
  /* Not offset + header > bytes, which could wrap around. */
  if (offset % 8 != 0 || e->batch_bytes < RP_RECORD_HEADER) return false;
  if (offset > e->batch_bytes - RP_RECORD_HEADER) return false;
  memcpy(header, e->batch + offset, sizeof(header));
  record->length = header[0];
  record->type = header[1];
  /* In the ring: the record is ours until we release it, so we may take its blocks. */
  record->payload = e->batch + offset + RP_RECORD_HEADER;
  return record->length <= e->batch_bytes - offset - RP_RECORD_HEADER;
}

/* Take the block that the first two arguments (offset of the record, index of the block)
 * name, or with `keep` only look at it. */
static rp_block
take(rp_env *e, const napi_value argv[RP_ARGS_MAX], bool keep) {
  rp_record record;
  rp_block block = {NULL, 0};
  uint32_t index;

  if (!batch_record(e, argv[0], &record)) return block;
  if (napi_get_value_uint32(e->env, argv[1], &index) != napi_ok) return block;
  if (keep) return rp_message_peek_block(&record, index);
  block = rp_message_take_block(&record, index);
  if (block.data != NULL) {
    rp_count(&e->counters.bytes_in, block.length);
    rp_count(&e->ports[e->batch_slot].counts.bytes_in, block.length);
  }
  return block;
}

/* blockLength(offset, index) -> length of a block in bytes, -1 if there is none. */
napi_value
rp_blocks_length(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], result = NULL;
  rp_env *e = rp_arguments(env, info, argv);
  rp_block block = take(e, argv, true);

  (void) napi_create_double(env, block.data == NULL ? -1 : (double) block.length,
                            &result);
  return result;
}

/* takeBytes(offset, index, Uint8Array) -> true if the block was moved into the array. It
 * must have the length of the array. */
napi_value
rp_blocks_take_bytes(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint8_t *data;
  size_t length;
  bool moved = false;

  if (!rp_to_memory(env, argv[2], &data, &length))
    return rp_throw_type(env, "takeBytes needs a Uint8Array");

  rp_block block = take(e, argv, true);

  if (block.data != NULL && block.length == length) {
    block = take(e, argv, false);
    rp_failpoint("block:taken");
    if (block.data != NULL && length > 0) memcpy(data, block.data, length);
    rp_block_free(block);
    moved = true;
  }
  return rp_from_bool(env, moved);
}

/* address(Uint8Array) -> the address of its bytes as a number. */
napi_value
rp_blocks_address(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], result = NULL;
  uint8_t *data = NULL;
  size_t length;

  (void) rp_arguments(env, info, argv);
  if (!rp_to_memory(env, argv[0], &data, &length))
    return rp_throw_type(env, "address needs a Uint8Array");
  (void) napi_create_double(env, (double) (uintptr_t) data, &result);
  return result;
}

/* The memory of an ArrayBuffer that lend() has made. Freed when the ArrayBuffer is
 * garbage-collected. */
typedef struct loan {
  rp_block block; /* no data: not lent, or returned */
} loan;

static void
on_collected(napi_env env, void *data, void *hint) {
  loan *l = hint;

  (void) env;
  (void) data;
  rp_block_free(l->block);
  free(l);
}

/* lend(offset, index) -> [ArrayBuffer, loan]: the block without a copy. undefined if
 * there is none, or if the runtime forbids external memory (V8's sandbox): then the block
 * stays in the record. */
napi_value
rp_blocks_lend(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], buffer = NULL, result = NULL, external = NULL;
  rp_env *e = rp_arguments(env, info, argv);
  rp_block block = take(e, argv, true);
  loan *l = block.data == NULL ? NULL : malloc(sizeof(*l));

  if (l == NULL) return NULL;
  *l = (loan){{NULL, 0}};
  if (napi_create_external_arraybuffer(env, block.data, block.length, on_collected, l,
                                       &buffer) != napi_ok) {
    free(l);
    return NULL;
  }
  if (napi_create_array_with_length(env, 2, &result) != napi_ok ||
      napi_create_external(env, l, NULL, NULL, &external) != napi_ok ||
      napi_set_element(env, result, 0, buffer) != napi_ok ||
      napi_set_element(env, result, 1, external) != napi_ok)
    return NULL; /* nobody gets the ArrayBuffer, and the block is still the record's */
  rp_failpoint("block:lending");
  l->block = take(e, argv, false);
  rp_failpoint("block:lent");
  return result;
}

/* endLoan([ArrayBuffer, loan]): detach the ArrayBuffer and free its memory for the next
 * message. */
napi_value
rp_blocks_end_loan(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], buffer, external;
  void *data = NULL;
  bool moved = false;

  (void) rp_arguments(env, info, argv);
  if (napi_get_element(env, argv[0], 0, &buffer) != napi_ok ||
      napi_get_element(env, argv[0], 1, &external) != napi_ok ||
      napi_get_value_external(env, external, &data) != napi_ok)
    return rp_throw_type(env, "endLoan needs what lend has made");

  /* The user has transferred it: another ArrayBuffer has the memory now. */
  if (napi_is_detached_arraybuffer(env, buffer, &moved) != napi_ok || moved) return NULL;

  loan *l = data;
  rp_block block = l->block;

  /* Detaching schedules on_collected(), which must not free the block again. */
  l->block = (rp_block){NULL, 0};
  rp_failpoint("block:loan-ending");
  if (napi_detach_arraybuffer(env, buffer) == napi_ok)
    rp_block_free(block);
  else
    l->block = block;
  return NULL;
}

/* takeString(offset, index, oneByte) -> the string in a block, undefined if there is no
 * such block. */
napi_value
rp_blocks_take_string(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX], result = NULL;
  rp_env *e = rp_arguments(env, info, argv);
  bool one_byte = false;
  rp_block block = take(e, argv, false);

  if (block.data == NULL) return NULL;
  rp_failpoint("block:string-taken");
  (void) napi_get_value_bool(env, argv[2], &one_byte);
  if (one_byte)
    (void) napi_create_string_latin1(env, block.data, block.length, &result);
  else
    (void) napi_create_string_utf16(env, block.data, block.length / 2, &result);
  rp_block_free(block);
  return result;
}

/* dropBlocks(offset, read): free the blocks left in the record. Unless it was read, its
 * endpoints are lost. */
napi_value
rp_blocks_drop_rest(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  rp_record record;
  bool read = false;

  (void) napi_get_value_bool(env, argv[1], &read);
  if (!batch_record(e, argv[0], &record)) return NULL;
  for (uint32_t i = 0; !read && i < rp_message_blocks(&record); i++)
    rp_endpoint_lost(rp_block_endpoint(rp_message_peek_block(&record, i)));
  rp_message_drop(&record);
  return NULL;
}
