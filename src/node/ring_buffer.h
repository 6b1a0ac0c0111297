/*
 * ring_buffer.h - shared rings for the wrapper: handles by slot, their waits, their end.
 *
 * In spsc the wrapper runs claim, publish, peek and release itself, on the words of
 * shared_memory.h, and comes here to open, wait, wake and end; in the other modes
 * everything goes through here.
 */
#ifndef RP_NODE_RING_BUFFER_H_
#define RP_NODE_RING_BUFFER_H_

#include <node_api.h>

#include "node/ring_wakeups.h"

/* Words of a handle, written by the wrapper and read here when the handle waits or
 * ends. */
enum {
  RP_LOCAL_POSITION,  /* spsc: how far it has published or read */
  RP_LOCAL_DELIVERED, /* else: how many of the records taken have been given to the user */
  RP_LOCAL_WORDS,
};

/* The handle that argument `value` names by its slot, NULL if there is none. */
rp_ring_slot *rp_rings_slot(rp_env *e, napi_value value);

/* The words shared with the wrapper; only after rp_rings_setup(). */
uint32_t *rp_rings_words(rp_env *e);

/* Where ringRead() copies records to. */
const rp_view *rp_rings_inbox(rp_env *e);

/* Tell the core how far the wrapper is, where that knows it better. */
void rp_rings_locate(rp_ring_slot *s);

/* Give back the records that were delivered; the others come again. */
void rp_rings_settle(rp_ring_slot *s);

/* The environment is closing: end every handle, so that nobody rings it any more. */
void rp_rings_close(rp_env *e);

/* Free what rp_rings_close() has left. */
void rp_rings_free(rp_env *e);

/* ringSetup(receiver, rung, words, inbox): the wrapper introduces itself; rung(slot) is
 * called for a handle that was woken. */
napi_value rp_rings_setup(napi_env env, napi_callback_info info);

/* ringSize(mode, capacity, slot) -> bytes of memory, 0: there is no such ring. */
napi_value rp_rings_size(napi_env env, napi_callback_info info);

/* ringFormat(memory, mode, capacity, slot), ringMap(memory). Memory is a Uint8Array, here
 * and below. Map: mode, capacity and slot are in the words from RP_RING_RECORDS on. */
napi_value rp_rings_format(napi_env env, napi_callback_info info);
napi_value rp_rings_map(napi_env env, napi_callback_info info);

/* ringOpen(memory, role, local) -> slot, undefined on an error. OFFSET: of its counters,
 * -1 if it has none of its own. local: Int32Array[RP_LOCAL_WORDS]. */
napi_value rp_rings_open(napi_env env, napi_callback_info info);

/* ringEnd(slot): records that were delivered are released; whatever is open is given
 * up. */
napi_value rp_rings_end(napi_env env, napi_callback_info info);

/* ringOthers(slot) -> how many handles of the other role there are. */
napi_value rp_rings_others(napi_env env, napi_callback_info info);

/* ringClose(memory): nothing more can be written by anyone. */
napi_value rp_rings_close_memory(napi_env env, napi_callback_info info);

/* ringPark(slot, length): `rung` will be called when there is something to read, or room
 * for `length` bytes. STATUS: 0 if there is already. ringUnpark(slot): take that back. */
napi_value rp_rings_park(napi_env env, napi_callback_info info);
napi_value rp_rings_unpark(napi_env env, napi_callback_info info);

/* ringWait(slot, length, milliseconds): block that long at most. STATUS: 0 if it is worth
 * to look. */
napi_value rp_rings_wait(napi_env env, napi_callback_info info);

/* ringWake(slot, records): spsc; this handle has published or released that many and
 * found the other asleep. */
napi_value rp_rings_wake(napi_env env, napi_callback_info info);

/* ---- modes other than spsc ---- */

/* ringWrite(slot, bytes): the first LENGTH of the bytes as a record. */
napi_value rp_rings_write(napi_env env, napi_callback_info info);

/* ringWriteMany(slot, bytes, lengths, count): records that lie one behind the other;
 * published at once. COUNT: of those that there was room for. */
napi_value rp_rings_write_many(napi_env env, napi_callback_info info);

/* ringClaim(slot, length): OFFSET. ringCommit(slot): and publish. ringAbort(slot). */
napi_value rp_rings_claim(napi_env env, napi_callback_info info);
napi_value rp_rings_commit(napi_env env, napi_callback_info info);
napi_value rp_rings_abort(napi_env env, napi_callback_info info);

/* ringRead(slot): the next record into the inbox, LENGTH bytes. If it is larger than that
 * it is taken, at OFFSET, as by ringTake(slot, 1). */
napi_value rp_rings_read(napi_env env, napi_callback_info info);

/* ringGather(slot, bytes): copy records one behind the other, as many as fit, in any
 * mode. LENGTH: how many bytes these are. */
napi_value rp_rings_gather(napi_env env, napi_callback_info info);

/* ringTake(slot, limit): COUNT records, valid until ringRelease(slot), which gives back
 * as many of them as are delivered; the others come again. */
napi_value rp_rings_take(napi_env env, napi_callback_info info);
napi_value rp_rings_release(napi_env env, napi_callback_info info);

#endif
