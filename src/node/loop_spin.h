/*
 * loop_spin.h - what a thread does when its loop has nothing to do: sleep, or spin for
 * messages first.
 */
#ifndef RP_NODE_LOOP_SPIN_H_
#define RP_NODE_LOOP_SPIN_H_

#include <node_api.h>

#include "node/env.h"

/* setIdle(spin, linger): in microseconds, 0 is off; linger 0xffffffff: as long as a sleep
 * costs. */
napi_value rp_loop_spin_set(napi_env env, napi_callback_info info);

/* The doorbell has rung and is about to be served. Owner's thread. */
void rp_loop_spin_woken(rp_env *e);

/* Everything on the ready list has been served: let the thread rest. If there is news
 * again it comes back, by spinning if that is on and worth while, else by another ring.
 */
void rp_loop_spin_rest(rp_env *e);

/* The environment is closing. */
void rp_loop_spin_close(rp_env *e);

#endif
