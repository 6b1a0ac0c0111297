/*
 * dispatch.h - calls the wrapper for each port and ring on the ready list.
 */
#ifndef RP_NODE_DISPATCH_H_
#define RP_NODE_DISPATCH_H_

#include "node/env.h"

/* Serve each endpoint on the ready list once. Owner's thread. Returns false if JavaScript
 * cannot run any more. */
bool rp_dispatch_serve(rp_env *e);

#endif
