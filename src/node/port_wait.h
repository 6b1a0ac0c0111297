/*
 * port_wait.h - the addon's functions that block the thread until a port has something
 * to read; see core/port/blocked.h.
 */
#ifndef RP_NODE_PORT_WAIT_H_
#define RP_NODE_PORT_WAIT_H_

#include <node_api.h>

/* waitBegin(slot, watched) -> a ticket: the wrapper is about to look and wait.
 * `watched`: also for what the peer posts by Node's channel. */
napi_value rp_port_wait_begin(napi_env env, napi_callback_info info);

/* wait(slot, milliseconds, ticket) -> RP_OK: look; RP_EMPTY: the time is up; RP_CLOSED:
 * no such port; RP_EDEADLOCK, if there is a ticket: the peer's thread waits for this
 * one, and has begun earlier. The wrapper calls it again after a while, so that the
 * thread can be terminated. */
napi_value rp_port_wait(napi_env env, napi_callback_info info);

/* waitEnd(slot): the port is as before, and what is left in it gets its turn. */
napi_value rp_port_wait_end(napi_env env, napi_callback_info info);

/* isAwaited(slot) -> whether the peer's thread waits without end for this one. */
napi_value rp_port_is_awaited(napi_env env, napi_callback_info info);

/* nudgesWanted() -> a buffer over rp_nudges_wanted; undefined where a runtime has no
 * external buffers. */
napi_value rp_port_nudges_wanted(napi_env env, napi_callback_info info);

/* nudge(slot): something has been posted for the peer by Node's channel. */
napi_value rp_port_nudge(napi_env env, napi_callback_info info);

#endif
