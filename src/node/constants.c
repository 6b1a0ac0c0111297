/*
 * constants.c - the numbers that JavaScript shares with the addon, for
 * scripts/constants.js, which writes lib/constants.js.
 */
#include "node/constants.h"

#include <stddef.h>

#include "core/error.h"
#include "core/port/message.h"
#include "core/ring/shared_memory.h"
#include "node/env.h"
#include "node/flat.h"
#include "node/ops.h"
#include "node/primitives.h"
#include "node/ring_wakeups.h"
#include "node/tree.h"
#include "node/value.h"

typedef struct constant {
  const char *name;
  int32_t value;
} constant;

#define ERROR_CODE(name, value) {#name, RP_##name},
#define CONTROL(name) {#name, RP_CONTROL_##name},
#define RING(name, value) {#name, RP_RING_##name},
#define STATUS(name, value) {#name, RP_STATUS_##name},
#define WORD(name, field)                                                                \
  { name, (int32_t) offsetof(rp_shared_words, field) }
#define COUNTER(name, field)                                                             \
  { name, (int32_t) (offsetof(rp_shared_counters, field) / sizeof(rp_atomic_u64)) }

static const constant errors[] = {RP_ERROR_LIST(ERROR_CODE)};
static const constant controls[] = {RP_CONTROL_LIST(CONTROL){"WORDS", RP_CONTROL_WORDS},
                                    RP_STATUS_LIST(STATUS){"ALL", RP_MAX_ALL}};
static const constant rings[] = {RP_RING_LIST(RING){"WORDS", RP_RING_WORDS}};
static const constant layout[] = {
    {"MAGIC", (int32_t) RP_SHARED_MAGIC},
    {"VERSION", (int32_t) RP_SHARED_VERSION},
    WORD("STATE", state),
    WORD("DATA_WANTED", data_wanted),
    WORD("ROOM_WANTED", room_wanted),
    WORD("TAIL", tail),
    WORD("HEAD", head),
    WORD("COUNTERS", counters),
    {"BLOCK", (int32_t) sizeof(rp_shared_counters)},
    {"BLOCKS", (int32_t) RP_SHARED_BLOCKS},
    {"DATA", (int32_t) RP_SHARED_DATA},
    {"CLOSED", (int32_t) RP_STATE_CLOSED},
};
static const constant counters[] = {
    COUNTER("RECORDS", records),       COUNTER("BYTES", bytes),
    COUNTER("WAKE_UPS", wakeups),      COUNTER("STALLS", stalls),
    COUNTER("HIGH_WATER", high_water), COUNTER("ABORTED", aborted),
};

static const constant records[] = {
    {"HEADER", (int32_t) RP_RECORD_HEADER},
    {"LARGE", (int32_t) RP_MESSAGE_LARGE},
    {"TABLE", (int32_t) RP_MESSAGE_TABLE},
    {"BLOCK", (int32_t) sizeof(rp_block)},
};

static const constant plain[] = {
    {"FIELDS", (int32_t) RP_FLAT_MAX},   {"ELEMENTS", SMALL_ARRAYS - 1},
    {"VALUES", RP_TREE_VALUES},          {"DEPTH", RP_TREE_DEPTH},
    {"CHARACTERS", RP_PRIMITIVES_UNITS}, {"NESTED", RP_TREE_NESTED},
};

static const struct {
  const char *name;
  const constant *list;
  size_t count;
} all[] = {
    {"error", errors, sizeof(errors) / sizeof(errors[0])},
    {"control", controls, sizeof(controls) / sizeof(controls[0])},
    {"ring", rings, sizeof(rings) / sizeof(rings[0])},
    {"layout", layout, sizeof(layout) / sizeof(layout[0])},
    {"counter", counters, sizeof(counters) / sizeof(counters[0])},
    {"record", records, sizeof(records) / sizeof(records[0])},
    {"plain", plain, sizeof(plain) / sizeof(plain[0])},
};

napi_value
rp_constants_get(napi_env env, napi_callback_info info) {
  napi_value result = NULL;

  (void) info;
  if (napi_create_object(env, &result) != napi_ok) return NULL;
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    napi_value object = NULL;

    if (napi_create_object(env, &object) != napi_ok) return NULL;
    for (size_t k = 0; k < all[i].count; k++) {
      napi_value number = rp_from_i32(env, all[i].list[k].value);

      if (napi_set_named_property(env, object, all[i].list[k].name, number) != napi_ok)
        return NULL;
    }
    if (napi_set_named_property(env, result, all[i].name, object) != napi_ok) return NULL;
  }
  return result;
}
