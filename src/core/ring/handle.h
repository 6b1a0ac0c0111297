/*
 * handle.h - producers and consumers of a shared ring (shared_memory.h), in any mode, and
 * how they wait.
 *
 * A handle is private to one thread at a time. What the handles of one ring in this
 * process have to know of each other - who is there, who sleeps, how to wake them - is in
 * a wait queue that they share (wait_queue.h), found by the address of the memory. None
 * of it is in the ring, where anybody could overwrite it.
 *
 * Sleeping. A handle that finds nothing (or no room) parks: under the wait queue's lock
 * it goes on the list of sleepers, sets `data_wanted` (`room_wanted`) in the ring, and
 * looks once more. Whoever publishes (releases) looks at that word afterwards, and if it
 * is set takes sleepers off the list and wakes them: one for each record published (each
 * record's room released), those that have waited longest first. A publish is thus a
 * store and a load, and never rings anyone that is awake. Store and load must not be
 * reordered, here and there, so both are sequentially consistent, as JS does it with
 * Atomics.
 *
 * A handle that was woken is expected to look at the ring or to end: both pass on what it
 * leaves.
 *
 * The end. rp_ring_end() in whatever state the handle is: its open claim becomes padding,
 * so that nobody waits for it; it leaves the list; all others that sleep are woken to
 * look for themselves. spsc has one producer and one consumer at a time, mpsc one
 * consumer; the next takes over where it left.
 *
 * Progress: claim, commit, publish, peek, advance, release are wait-free in spsc and on
 * the consumer's side of mpsc, else lock-free; all others may wait for the wait queue's
 * lock, which is held shortly. publish and release take it only if somebody sleeps, claim
 * and peek only after having slept.
 */
#ifndef RP_CORE_RING_HANDLE_H_
#define RP_CORE_RING_HANDLE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ring/role.h"
#include "core/ring/shared_memory.h"

/* Become a producer or consumer of the ring in `memory`, which must stay there until
 * rp_ring_end(). `wake` may be NULL if rp_ring_park() is not used. RP_EFORMAT: no ring.
 * RP_EBUSY: the role is taken. RP_ENOMEM. On any error nothing has changed. Positions
 * that make no sense show at the first use. */
int rp_ring_open(rp_ring_handle **opened, void *memory, size_t size, rp_role role,
                 rp_ring_wake wake, void *context);

/* End, and free the handle; see "The end". `wake` is not called any more once it
 * returns. */
void rp_ring_end(rp_ring_handle *handle);

const rp_shared *rp_ring_shared(const rp_ring_handle *handle);

/* This handle's block of counters, NULL if it is the one that several may share. */
rp_shared_counters *rp_ring_counters(rp_ring_handle *handle);

/* ---- producer ---- */

/* Claim room for a record; one claim can be open. On RP_OK `*payload` points to `length`
 * bytes to fill. RP_FULL: no room now. RP_ETOOBIG: never. RP_ECLOSED. RP_ECLAIM: one is
 * open already. RP_ECORRUPT. On any error nothing has changed. `type` is from 1 to 254.
 */
int rp_ring_claim(rp_ring_handle *handle, uint32_t type, uint32_t length,
                  uint8_t **payload);

/* The record is complete, with the first `length` bytes of the claim. It is visible after
 * the next rp_ring_publish() at the latest; until then nobody is woken. RP_ECLAIM: there
 * is no claim, or it is shorter; nothing has changed. */
int rp_ring_commit(rp_ring_handle *handle, uint32_t length);

/* Give the claim up: as if it had not been made, but for the room it takes in mpsc and
 * mpmc until it is skipped. Without a claim a no-op. */
void rp_ring_abort(rp_ring_handle *handle);

/* Make all that was committed visible and wake who waits for it. */
void rp_ring_publish(rp_ring_handle *handle);

/* Claim, copy, commit, publish. Errors as rp_ring_claim(). */
int rp_ring_write(rp_ring_handle *handle, uint32_t type, const void *bytes,
                  uint32_t length);

/* Copy `count` records in, one behind the other in `bytes`, and publish once. `*written`
 * is how many there was room for; the result is that of the first that did not go in,
 * RP_OK if all did. */
int rp_ring_write_many(rp_ring_handle *handle, uint32_t type, const uint8_t *bytes,
                       const uint32_t *lengths, uint32_t count, uint32_t *written);

/* ---- consumer ---- */

/* The next record, which stays in the ring (in mpmc: no one else gets it any more). It is
 * valid until rp_ring_release(), and in mpmc not beyond the next one. RP_EMPTY: nothing
 * now. RP_CLOSED: closed, and nothing is left. RP_ECORRUPT. */
int rp_ring_peek(rp_ring_handle *handle, rp_record *record);

/* Step over the record that rp_ring_peek() gave. */
void rp_ring_advance(rp_ring_handle *handle, const rp_record *record);

/* Peek and advance up to `limit` times (in mpmc at most 64 at a time, and only after what
 * was taken before is released). RP_OK if there was at least one: `*taken` are valid
 * until rp_ring_release(). Else as rp_ring_peek(). */
int rp_ring_take(rp_ring_handle *handle, rp_record *records, uint32_t limit,
                 uint32_t *taken);

/* Give all that was stepped over back and wake who waits for room. */
void rp_ring_release(rp_ring_handle *handle);

/* Step back to before the last `count` of the `taken` records of rp_ring_take(), which
 * was the last call: they will come again. Then release. */
void rp_ring_release_some(rp_ring_handle *handle, const rp_record *records,
                          uint32_t taken, uint32_t count);

/* ---- both ---- */

/* Ask to be woken when there is something to read, or room for a record of `length` bytes
 * (consumers: 0). RP_OK: there is already, or the ring is closed; nobody will call.
 * RP_EMPTY, RP_FULL: `wake` will be called once, then or when the ring is closed or a
 * handle of it ends. Asking again replaces. */
int rp_ring_park(rp_ring_handle *handle, uint32_t length);

/* Take that back. True if `wake` had not been called and will not be. */
bool rp_ring_unpark(rp_ring_handle *handle);

/* Sleep for at most `nanoseconds` until rp_ring_park() would call. RP_OK: look again.
 * RP_EMPTY, RP_FULL: it is later and there is still nothing. Slices of 50 ms at most let
 * a thread be ended meanwhile. */
int rp_ring_wait(rp_ring_handle *handle, uint32_t length, uint64_t nanoseconds);

/* Close the ring in `memory` and wake every handle that sleeps. Producers can claim
 * nothing more; consumers read what was claimed before, then RP_CLOSED. An spsc producer
 * that is claiming at that moment may still publish the record, and nobody may see it.
 * Any thread, with a handle or without. Returns RP_EFORMAT if there is no ring, or
 * RP_ENOMEM. */
int rp_shared_close(void *memory, size_t size);

/* How many handles of a role there are in this process. */
uint32_t rp_ring_count(const rp_ring_handle *handle, rp_role role);

/* ---- for an owner that runs spsc itself, in another language, on the words of
 * shared_memory.h ----
 *
 * A publish is then: store the new tail (sequentially consistent), load data_wanted (the
 * same), and if it is not 0, rp_ring_wake_others(). A release likewise with head and
 * room_wanted. */

/* Before any other function, if the position has moved since the last: where this handle
 * is now. A producer has published up to there, a consumer has read up to there, released
 * or not. Such an owner makes its claims itself: none of rp_ring_claim() is open. */
void rp_ring_set_position(rp_ring_handle *handle, uint32_t position);
uint32_t rp_ring_position(const rp_ring_handle *handle);

/* This handle has published (released) `records` and found the word set: wake who
 * sleeps. */
void rp_ring_wake_others(rp_ring_handle *handle, uint32_t records);

#endif
