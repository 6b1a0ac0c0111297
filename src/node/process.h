/*
 * process.h - the addon's functions for what threads share besides channels: shapes,
 * spawns, the table of threads.
 */
#ifndef RP_NODE_PROCESS_H_
#define RP_NODE_PROCESS_H_

#include <node_api.h>

napi_value rp_process_intern_shape(napi_env env, napi_callback_info info);
napi_value rp_process_shape_text(napi_env env, napi_callback_info info);
napi_value rp_process_spawn_begin(napi_env env, napi_callback_info info);
napi_value rp_process_spawn_commit(napi_env env, napi_callback_info info);
napi_value rp_process_spawn_abort(napi_env env, napi_callback_info info);
napi_value rp_process_join(napi_env env, napi_callback_info info);
napi_value rp_process_spawn_entrust(napi_env env, napi_callback_info info);
napi_value rp_process_lost(napi_env env, napi_callback_info info);
napi_value rp_process_spawn_forget(napi_env env, napi_callback_info info);
napi_value rp_process_thread_online(napi_env env, napi_callback_info info);
napi_value rp_process_thread_run(napi_env env, napi_callback_info info);
napi_value rp_process_mark(napi_env env, napi_callback_info info);
napi_value rp_process_counts(napi_env env, napi_callback_info info);

#endif
