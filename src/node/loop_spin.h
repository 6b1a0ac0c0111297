/*
 * loop_spin.h - what a thread does when its loop has nothing to do: sleep, or spin for
 * messages first.
 */
#ifndef RP_NODE_LOOP_SPIN_H_
#define RP_NODE_LOOP_SPIN_H_

#include <node_api.h>

#include "node/env.h"

/* setIdle(spin, linger): limits in microseconds for the loop and for ports (port_spin.h);
 * 0 is off. linger 0xffffffff: as long as a sleep costs. */
napi_value rp_loop_spin_set(napi_env env, napi_callback_info info);

/* The doorbell has rung and is about to be served. Owner's thread. */
void rp_loop_spin_woken(rp_env *e);

/* All endpoints on the ready list have been served: let the thread rest. If there is news
 * already, the thread looks again: by spinning if that pays, otherwise the doorbell
 * rings. Owner's thread. */
void rp_loop_spin_rest(rp_env *e);

/* Close the handles, when the environment is closing. Owner's thread. */
void rp_loop_spin_close(rp_env *e);

#endif
