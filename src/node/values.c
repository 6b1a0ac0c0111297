/*
 * values.c - reads the messages in a run of records as an array of values, without the
 * codec.
 */
#include "node/values.h"

#include <string.h>

#include "node/ops.h"
#include "node/send.h"
#include "node/tree.h"

/* Return true if the sender has set no flag. BEHIND does not matter here: the record has
 * waited. */
static bool
is_plain(uint32_t type) {
  return (type & ~RP_MESSAGE_BEHIND) == 0;
}

/* Return the value of a message; NULL if C cannot read it, or if bytes are left over. */
static napi_value
value_of(rp_env *e, const uint8_t *bytes, uint32_t length) {
  return length >= 2 && bytes[0] == 0 ? rp_tree_read(e, bytes + 1, bytes + length) : NULL;
}

napi_value
rp_values_read(rp_env *e, const uint8_t *run, uint32_t *bytes, uint32_t *count) {
  napi_value values[RP_VALUES_MAX];
  uint32_t at = 0, read = 0;

  for (; read < *count && read < RP_VALUES_MAX; read++) {
    uint32_t header[2]; /* length, type */

    memcpy(header, run + at, sizeof(header));
    if (!is_plain(header[1])) break;
    values[read] = value_of(e, run + at + RP_RECORD_HEADER, header[0]);
    if (values[read] == NULL) break;
    at += rp_record_size(header[0]);
  }
  *bytes = at;
  *count = read;
  return read == 0 ? NULL : rp_env_collect(e, read, values);
}

napi_value
rp_values_read_call(rp_env *e, const uint8_t *run, uint32_t *bytes, uint32_t *count,
                    uint32_t *words) {
  uint32_t header[2]; /* length, type */
  const uint8_t *from = run + RP_RECORD_HEADER;

  memcpy(header, run, sizeof(header));
  if ((header[1] & ~RP_MESSAGE_BEHIND) != RP_SEND_CALL || header[0] < RP_SEND_CALL_BYTES)
    return NULL;

  uint32_t room = header[0] - RP_SEND_CALL_BYTES;
  uint32_t length = get_u32(from + room + 8);
  napi_value value = length <= room ? value_of(e, from, length) : NULL;

  if (value == NULL) return NULL;
  words[0] = get_u32(from + room);
  words[1] = get_u32(from + room + 4);
  *bytes = rp_record_size(header[0]);
  *count = 1;
  return rp_env_collect(e, 1, &value);
}
