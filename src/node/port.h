/*
 * port.h - the addon's functions for ports: open, post, receive, close, detach, attach.
 *
 * A port is named by its slot. A call for a slot that is not open does nothing and
 * reports that by its result or by RP_CLOSED in the control word STATUS.
 */
#ifndef RP_NODE_PORT_H_
#define RP_NODE_PORT_H_

#include <node_api.h>

napi_value rp_port_open(napi_env env, napi_callback_info info);
napi_value rp_port_bind(napi_env env, napi_callback_info info);
napi_value rp_port_post(napi_env env, napi_callback_info info);
napi_value rp_port_post_many(napi_env env, napi_callback_info info);
napi_value rp_port_read_values(napi_env env, napi_callback_info info);
napi_value rp_port_receive(napi_env env, napi_callback_info info);
napi_value rp_port_release(napi_env env, napi_callback_info info);
napi_value rp_port_set_receiving(napi_env env, napi_callback_info info);
napi_value rp_port_close(napi_env env, napi_callback_info info);
napi_value rp_port_announce(napi_env env, napi_callback_info info);
napi_value rp_port_peer(napi_env env, napi_callback_info info);
napi_value rp_port_detach(napi_env env, napi_callback_info info);
napi_value rp_port_withdraw(napi_env env, napi_callback_info info);
napi_value rp_port_restore(napi_env env, napi_callback_info info);
napi_value rp_port_attach(napi_env env, napi_callback_info info);
napi_value rp_port_want_views(napi_env env, napi_callback_info info);
napi_value rp_port_peer_views(napi_env env, napi_callback_info info);
napi_value rp_port_peer_declared(napi_env env, napi_callback_info info);
napi_value rp_port_claim_offer(napi_env env, napi_callback_info info);
napi_value rp_port_peer_closed(napi_env env, napi_callback_info info);
napi_value rp_port_queued(napi_env env, napi_callback_info info);
napi_value rp_port_peer_lost(napi_env env, napi_callback_info info);

#endif
