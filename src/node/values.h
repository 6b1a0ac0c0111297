/*
 * values.h - the messages in a run of records as an array of values, without the codec.
 */
#ifndef RP_NODE_VALUES_H_
#define RP_NODE_VALUES_H_

#include <node_api.h>

#include "node/env.h"

/* An array of the values of the first records in a run, as far as they are primitives;
 * NULL if the first is not one. bytes, count: in: of the run; out: of those records. */
napi_value rp_values_read(rp_env *e, const uint8_t *run, uint32_t *bytes,
                          uint32_t *count);

/* So many values at a time: what a listener leaves has been made in vain. */
#define RP_VALUES_MAX 64u

#endif
