'use strict';

/*
 * claims.js - who owns a task that has been posted to a worker: memory that the pool and
 * one worker share.
 *
 *   word            value      meaning
 *   slot            0          the slot is free
 *                   id         posted, but not begun: either side may take it
 *                   -id        begun by the worker
 *   slots + slot    0          the task has not asked for its signal
 *                   WATCHED    it has: an abort is told to it first
 *                   ABORTED    it has been told
 *
 * A compare-and-swap decides between a worker that begins a task and a pool that takes it
 * back, so a task runs once. The words outlive the worker: those of a dead one tell which
 * of its tasks had begun. An id contains its slot and a number that counts the tasks of
 * the worker, so a message whose task was taken back never matches the slot's next one.
 */

const [WATCHED, ABORTED] = [1, 2];

/** Ids are positive 32-bit integers. */
const ID_BITS = 31;

class Claims {
  #words;
  #bits;
  slots;

  /** @param {SharedArrayBuffer} buffer from Claims.allocate() */
  constructor(buffer) {
    this.#words = new Int32Array(buffer);
    this.slots = this.#words.length / 2;
    this.#bits = Math.log2(this.slots);
  }

  /** @param {number} tasks the most that are posted to a worker at the same time */
  static allocate(tasks) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(tasks, 2)));

    return new SharedArrayBuffer(slots * 2 * Int32Array.BYTES_PER_ELEMENT);
  }

  /** The id of the worker's `number`th task, in a slot. */
  idOf(slot, number) {
    return (this.wrap(number) << this.#bits) | slot;
  }

  /** The number in an id: of the worker's next task after `number`. */
  wrap(number) {
    const most = 2 ** (ID_BITS - this.#bits) - 1;

    return (number - 1) % most + 1; // never 0, which is a free slot
  }

  slotOf(id) {
    return id & (this.slots - 1);
  }

  numberOf(id) {
    return id >>> this.#bits;
  }

  /** Whether an id is of a task posted after another one, whose id may be 0. */
  isAfter(id, other) {
    const distance = this.numberOf(id) - this.numberOf(other);
    const most = 2 ** (ID_BITS - this.#bits) - 1;

    return distance > 0 ? distance < most / 2 : distance < -most / 2;
  }

  /** Pool: the task is about to be posted. */
  offer(id) {
    const slot = this.slotOf(id);

    Atomics.store(this.#words, this.slots + slot, 0);
    Atomics.store(this.#words, slot, id);
  }

  /** Pool: take a task back. @returns {boolean} false: it has begun */
  takeBack(id) {
    return Atomics.compareExchange(this.#words, this.slotOf(id), id, 0) === id;
  }

  /** Worker: begin a task. @returns {boolean} false: it was taken back */
  begin(id) {
    return Atomics.compareExchange(this.#words, this.slotOf(id), id, -id) === id;
  }

  /** Worker: whether a task that has not begun may still begin. */
  isOffered(id) {
    return Atomics.load(this.#words, this.slotOf(id)) === id;
  }

  /** Worker: the task asks for its signal. */
  watch(id) {
    Atomics.compareExchange(this.#words, this.slots + this.slotOf(id), 0, WATCHED);
  }

  /** Pool: abort a task. @returns {boolean} false: it does not listen */
  abort(id) {
    return Atomics.compareExchange(
      this.#words, this.slots + this.slotOf(id), WATCHED, ABORTED) === WATCHED;
  }

  /** Worker: whether a running task has been aborted. */
  isAborted(id) {
    return Atomics.load(this.#words, this.slots + this.slotOf(id)) === ABORTED;
  }
}

module.exports = { Claims };
