/*
 * adopt.h - ArrayBuffers of memory that was not V8's, and are like any other.
 */
#ifndef RP_NODE_ADOPT_H_
#define RP_NODE_ADOPT_H_

#include <node_api.h>
#include <stdbool.h>

#include "message.h"

/* Whether this process can do it. Any thread that runs JavaScript; the first call finds out. */
bool rp_adopt_works(napi_env env);

/* An ArrayBuffer that owns the block, which is freed when the last of its owners lets go of the memory:
 * in any thread, perhaps after this environment. NULL without memory: the block is still the caller's. */
napi_value rp_adopt(rp_block block);

#endif
