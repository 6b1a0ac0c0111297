/*
 * lifetime.h - how one Node environment begins and ends.
 */
#ifndef RP_NODE_LIFETIME_H_
#define RP_NODE_LIFETIME_H_

#include "node/env.h"

/* Make the data of the environment and its doorbell. It frees them when the environment
 * ends. Throws and returns NULL if it cannot. */
rp_env *rp_env_new(napi_env env);

#endif
