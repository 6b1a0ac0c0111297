/*
 * threads.h - the addon's functions that list the threads of the process and their ports,
 * whichever thread asks.
 *
 * The asking thread holds two locks: of the table of threads, so that no listed
 * environment is freed, and the ports_lock of the environment it reads, so that no
 * endpoint leaves its port. An endpoint in a port is not closed, which keeps its channel
 * and the memory of its peer. A mark is set under the lock, too.
 *
 *   WORD                  STORED BY                       LOADED BY
 *   counters of a thread  that thread                     the asking thread
 *   counters of a port    its thread                      the asking thread
 *   inbox.sent            the thread of the other port    its thread, the asking thread
 *
 * All of these are relaxed: each was exact at some moment, but not all at the same. The
 * message path takes no lock for this and stores two words more for each batch that it
 * has received.
 */
#ifndef RP_NODE_THREADS_H_
#define RP_NODE_THREADS_H_

#include <node_api.h>

napi_value rp_threads_describe(napi_env env, napi_callback_info info);
napi_value rp_threads_ports(napi_env env, napi_callback_info info);
napi_value rp_threads_answer(napi_env env, napi_callback_info info);
napi_value rp_threads_answering(napi_env env, napi_callback_info info);

#endif
