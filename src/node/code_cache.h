/*
 * code_cache.h - gives the wrapper its scripts and their compiled code, and keeps
 * compiled code for later threads.
 */
#ifndef RP_NODE_CODE_CACHE_H_
#define RP_NODE_CODE_CACHE_H_

#include <node_api.h>

napi_value rp_code_keep(napi_env env, napi_callback_info info);
napi_value rp_code_checksum(napi_env env, napi_callback_info info);
napi_value rp_code_get(napi_env env, napi_callback_info info);

#endif
