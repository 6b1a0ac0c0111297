/*
 * values.h - reads the messages in a run of records as an array of values, without the
 * codec.
 */
#ifndef RP_NODE_VALUES_H_
#define RP_NODE_VALUES_H_

#include <node_api.h>

#include "node/env.h"

/* Read the first records of a run as far as C can read their values. In: `*bytes` and
 * `*count` of the run; out: of the records read. Returns an array of the values, or NULL
 * if the first is none of these. Owner's thread. */
napi_value rp_values_read(rp_env *e, const uint8_t *run, uint32_t *bytes,
                          uint32_t *count);

/* Read a record that is part of a request, as rp_values_read(); stores its two words in
 * `words`. Owner's thread. */
napi_value rp_values_read_call(rp_env *e, const uint8_t *run, uint32_t *bytes,
                               uint32_t *count, uint32_t *words);

/* Most values at a time: those that a listener leaves were made for nothing. */
#define RP_VALUES_MAX 64u

#endif
