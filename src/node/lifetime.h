/*
 * lifetime.h - how the data of a Node environment is made and freed.
 */
#ifndef RP_NODE_LIFETIME_H_
#define RP_NODE_LIFETIME_H_

#include "node/env.h"

/* Make the data of the environment and its doorbell, which are freed when the environment
 * ends. Returns NULL after throwing. */
rp_env *rp_env_new(napi_env env);

#endif
