/*
 * code_cache.h - what threads keep of the wrapper's compiled code for the threads to
 * come.
 */
#ifndef RP_NODE_CODE_CACHE_H_
#define RP_NODE_CODE_CACHE_H_

#include <node_api.h>

napi_value rp_code_keep(napi_env env, napi_callback_info info);
napi_value rp_code_checksum(napi_env env, napi_callback_info info);
napi_value rp_code_get(napi_env env, napi_callback_info info);

#endif
