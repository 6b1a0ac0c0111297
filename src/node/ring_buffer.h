/*
 * ring_buffer.h - the addon's functions for shared rings: handles by slot, their waits
 * and their end.
 *
 * In spsc the wrapper claims, publishes, peeks and releases by itself, on the words of
 * shared_memory.h, and calls these functions to open, wait, wake and end. In the other
 * modes it calls them for everything.
 */
#ifndef RP_NODE_RING_BUFFER_H_
#define RP_NODE_RING_BUFFER_H_

#include <node_api.h>

#include "node/ring_wakeups.h"

/* Words of a handle. The wrapper writes them, and the binding reads them when the handle
 * waits or ends. */
enum {
  RP_LOCAL_POSITION,  /* spsc: how far it has published or read */
  RP_LOCAL_DELIVERED, /* others: how many of the records taken the user has got */
  RP_LOCAL_WORDS,
};

/* Return the handle whose slot is `value`, or NULL if there is none. */
rp_ring_slot *rp_rings_slot(rp_env *e, napi_value value);

/* Return the words shared with the wrapper; only after rp_rings_setup(). */
uint32_t *rp_rings_words(rp_env *e);

/* Return the memory that ringRead() copies records to. */
const rp_view *rp_rings_inbox(rp_env *e);

/* Tell the core the wrapper's position in an spsc ring. */
void rp_rings_locate(rp_ring_slot *s);

/* Release the records that the user has got; the others will be read again. */
void rp_rings_settle(rp_ring_slot *s);

/* The environment is closing: end every handle, so that nobody wakes it any more. */
void rp_rings_close(rp_env *e);

/* Free the rest, when the environment has closed. */
void rp_rings_free(rp_env *e);

/* ringSetup(receiver, rung, words, inbox): the wrapper introduces itself. rung(slot) will
 * be called for each handle that is woken. */
napi_value rp_rings_setup(napi_env env, napi_callback_info info);

/* ringSize(mode, capacity, slot) -> size of the memory in bytes; 0 if the parameters are
 * invalid. */
napi_value rp_rings_size(napi_env env, napi_callback_info info);

/* ringFormat(memory, mode, capacity, slot); ringMap(memory): find a ring, and store mode,
 * capacity and slot in the words from RP_RING_RECORDS on. Memory is a Uint8Array, here
 * and below. */
napi_value rp_rings_format(napi_env env, napi_callback_info info);
napi_value rp_rings_map(napi_env env, napi_callback_info info);

/* ringOpen(memory, role, local) -> slot, undefined on failure. OFFSET is that of its
 * counters, -1 if it has no block of its own. `local` is an Int32Array of
 * RP_LOCAL_WORDS. */
napi_value rp_rings_open(napi_env env, napi_callback_info info);

/* ringEnd(slot): end a handle. Records that the user has got are released; an open claim
 * is given up. */
napi_value rp_rings_end(napi_env env, napi_callback_info info);

/* ringOthers(slot) -> number of handles of the other role. */
napi_value rp_rings_others(napi_env env, napi_callback_info info);

/* ringClose(memory): see rp_shared_close(). */
napi_value rp_rings_close_memory(napi_env env, napi_callback_info info);

/* ringPark(slot, length): have `rung` called when there is something to read, or room for
 * `length` bytes. STATUS is 0 if there is already. ringUnpark(slot): undo that. */
napi_value rp_rings_park(napi_env env, napi_callback_info info);
napi_value rp_rings_unpark(napi_env env, napi_callback_info info);

/* ringWait(slot, length, milliseconds): block for at most that long. STATUS is 0 if it is
 * time to look again. */
napi_value rp_rings_wait(napi_env env, napi_callback_info info);

/* ringWake(slot, records): an spsc handle has published or released `records` and found
 * the other role asleep. */
napi_value rp_rings_wake(napi_env env, napi_callback_info info);

/* ---- modes other than spsc ---- */

/* ringWrite(slot, bytes): write a record of the first LENGTH bytes. */
napi_value rp_rings_write(napi_env env, napi_callback_info info);

/* ringWriteMany(slot, bytes, lengths, count): write contiguous records and publish once.
 * COUNT is the number that fitted. */
napi_value rp_rings_write_many(napi_env env, napi_callback_info info);

/* ringClaim(slot, length): OFFSET is where to write. ringCommit(slot, length): commit and
 * publish. ringAbort(slot): give up the claim. */
napi_value rp_rings_claim(napi_env env, napi_callback_info info);
napi_value rp_rings_commit(napi_env env, napi_callback_info info);
napi_value rp_rings_abort(napi_env env, napi_callback_info info);

/* ringRead(slot): copy the next record of LENGTH bytes into the inbox. A record that is
 * larger than the inbox is taken, at OFFSET, as by ringTake(slot, 1). */
napi_value rp_rings_read(napi_env env, napi_callback_info info);

/* ringGather(slot, bytes): copy as many records as fit, one behind the other, in any
 * mode. LENGTH is their size. */
napi_value rp_rings_gather(napi_env env, napi_callback_info info);

/* ringTake(slot, limit): take COUNT records, valid until ringRelease(slot), which
 * releases those that the user has got; the others will be read again. */
napi_value rp_rings_take(napi_env env, napi_callback_info info);
napi_value rp_rings_release(napi_env env, napi_callback_info info);

#endif
