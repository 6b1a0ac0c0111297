/*
 * handle.h - producers and consumers of a shared ring (shared_memory.h) of any mode, and
 * how they sleep.
 *
 * A handle is used by one thread at a time. What the handles of a ring in this process
 * must know of each other (who exists, who sleeps, how to wake them) is in a wait queue
 * that they share (wait_queue.h), found by the address of the memory. None of it is in
 * the ring, where anybody could overwrite it.
 *
 * Sleeping. A handle that finds nothing to read, or no room, parks: under the wait
 * queue's lock it joins the list of sleepers, sets `data_wanted` (`room_wanted`) in the
 * ring, and looks once more. A handle that publishes (releases) loads that word
 * afterwards. If it is set, the handle takes sleepers off the list and wakes them, the
 * longest waiting first, one for each record published (released). So a publish is a
 * store and a load, and it never rings a thread that is awake. Each store must not be
 * reordered with the load that follows it, so both are sequentially consistent, as
 * JavaScript's Atomics are.
 *
 * A handle that was woken must look at the ring or end. Both wake the next sleeper if
 * there is something left.
 *
 * Ending. rp_ring_end() can be called in any state of the handle: its open claim becomes
 * padding, so nobody waits for it; it leaves the list; all other sleepers are woken to
 * look for themselves. An spsc ring has one producer and one consumer at a time, an mpsc
 * ring one consumer; the next one continues where it stopped.
 *
 * Progress. claim, commit, publish, peek, advance and release are wait-free in spsc and
 * for the consumer of mpsc, otherwise lock-free. publish and release take the wait
 * queue's lock only if somebody sleeps, claim and peek only after having slept. All other
 * functions may wait for that lock, which is held briefly.
 */
#ifndef RP_CORE_RING_HANDLE_H_
#define RP_CORE_RING_HANDLE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ring/role.h"
#include "core/ring/shared_memory.h"

/* Open a handle on the ring in `memory`, which must stay valid until rp_ring_end().
 * `wake` may be NULL without rp_ring_park(). Any thread. Returns RP_EFORMAT if there is
 * no ring, RP_EBUSY if the role is taken, or RP_ENOMEM. On any error nothing has changed.
 * Invalid positions are reported by the first use. */
int rp_ring_open(rp_ring_handle **opened, void *memory, size_t size, rp_role role,
                 rp_ring_wake wake, void *context);

/* End and free the handle; see "Ending". `wake` is not called after it returns. */
void rp_ring_end(rp_ring_handle *handle);

/* Return where the ring is and its shape. */
const rp_shared *rp_ring_shared(const rp_ring_handle *handle);

/* Return the handle's own block of counters, or NULL if it uses the one that several
 * share. */
rp_shared_counters *rp_ring_counters(rp_ring_handle *handle);

/* ---- producer ---- */

/* Claim room for a record; a handle can have one open claim. `type` is from 1 to 254. On
 * RP_OK the caller fills `length` bytes at `*payload`. Returns RP_FULL if there is no
 * room now, RP_ETOOBIG if there never is, RP_ECLOSED, RP_ECLAIM if a claim is open, or
 * RP_ECORRUPT. On any error nothing has changed. */
int rp_ring_claim(rp_ring_handle *handle, uint32_t type, uint32_t length,
                  uint8_t **payload);

/* Complete the claim with its first `length` bytes. The record is visible after the next
 * rp_ring_publish() at the latest, and nobody is woken before that. Returns RP_ECLAIM if
 * there is no claim or it is shorter; then nothing has changed. */
int rp_ring_commit(rp_ring_handle *handle, uint32_t length);

/* Give up the claim. In mpsc and mpmc its room is taken until consumers have skipped it.
 * No-op without a claim. */
void rp_ring_abort(rp_ring_handle *handle);

/* Make all committed records visible, and wake consumers that sleep. */
void rp_ring_publish(rp_ring_handle *handle);

/* Claim, copy, commit and publish. Returns as rp_ring_claim(). */
int rp_ring_write(rp_ring_handle *handle, uint32_t type, const void *bytes,
                  uint32_t length);

/* Copy in `count` records, which are contiguous in `bytes`, and publish once. `*written`
 * is the number that fitted. Returns RP_OK if all did, otherwise the error of the first
 * that did not. */
int rp_ring_write_many(rp_ring_handle *handle, uint32_t type, const uint8_t *bytes,
                       const uint32_t *lengths, uint32_t count, uint32_t *written);

/* ---- consumer ---- */

/* Read the next record, which stays in the ring; in mpmc no other consumer gets it. It is
 * valid until rp_ring_release(); in mpmc only until the following record is read. Returns
 * RP_EMPTY if there is none now, RP_CLOSED if the ring is closed and drained, or
 * RP_ECORRUPT. */
int rp_ring_peek(rp_ring_handle *handle, rp_record *record);

/* Step over the record that rp_ring_peek() has read. */
void rp_ring_advance(rp_ring_handle *handle, const rp_record *record);

/* Peek and advance up to `limit` times; in mpmc at most 64 times, and only after the
 * records taken before are released. Returns RP_OK if there was at least one: the
 * `*taken` records are valid until rp_ring_release(). Otherwise as rp_ring_peek(). */
int rp_ring_take(rp_ring_handle *handle, rp_record *records, uint32_t limit,
                 uint32_t *taken);

/* Return the room of all records stepped over, and wake producers that sleep. */
void rp_ring_release(rp_ring_handle *handle);

/* After rp_ring_take(), which must be the last call: release the first `count` of the
 * `taken` records. The others will be read again. */
void rp_ring_release_some(rp_ring_handle *handle, const rp_record *records,
                          uint32_t taken, uint32_t count);

/* ---- both ---- */

/* Ask to be woken when there is something to read, or room for a record of `length` bytes
 * (consumers: 0). Returns RP_OK if there is already, or the ring is closed: then `wake`
 * is not called. Returns RP_EMPTY or RP_FULL otherwise: `wake` will be called once, then
 * or when the ring is closed or another handle ends. A second call replaces the first. */
int rp_ring_park(rp_ring_handle *handle, uint32_t length);

/* Undo rp_ring_park(). Returns true if `wake` was not called and will not be. */
bool rp_ring_unpark(rp_ring_handle *handle);

/* Block until rp_ring_park() would wake the handle, for at most `nanoseconds`. Returns
 * RP_OK if it is time to look again, RP_EMPTY or RP_FULL after a timeout. The binding
 * waits in slices of at most 50 ms, so that the thread can be terminated. */
int rp_ring_wait(rp_ring_handle *handle, uint32_t length, uint64_t nanoseconds);

/* Close the ring in `memory` and wake every handle that sleeps. Producers can claim
 * nothing more; consumers read what was claimed before, then RP_CLOSED. An spsc producer
 * that is claiming at that moment may still publish the record, and nobody may see it.
 * Any thread, with a handle or without. Returns RP_EFORMAT if there is no ring, or
 * RP_ENOMEM. */
int rp_shared_close(void *memory, size_t size);

/* Return the number of handles with a role in this process. */
uint32_t rp_ring_count(const rp_ring_handle *handle, rp_role role);

/* ---- for an owner that accesses the words of an spsc ring itself (JavaScript) ----
 *
 * Such an owner claims, publishes, peeks and releases without the functions above. To
 * publish, it stores the new tail (sequentially consistent), loads data_wanted (the same)
 * and calls rp_ring_wake_others() if that is not 0. A release is the same with head and
 * room_wanted. */

/* Set the position of the handle, if it has moved, before any other call: how far the
 * producer has published, or the consumer has read, whether released or not. */
void rp_ring_set_position(rp_ring_handle *handle, uint32_t position);
uint32_t rp_ring_position(const rp_ring_handle *handle);

/* The owner has published (released) `records` and found data_wanted (room_wanted) set:
 * wake sleepers. */
void rp_ring_wake_others(rp_ring_handle *handle, uint32_t records);

#endif
