'use strict';

/* queues.js - the queues of waiting tasks. */

/** A circular buffer that grows: piscina's FixedQueue and ArrayTaskQueue. */
class Deque {
  #list = new Array(16);
  #head = 0;
  #size = 0;

  get size() {
    return this.#size;
  }

  isEmpty() {
    return this.#size === 0;
  }

  #grow() {
    const { length } = this.#list;

    if (this.#size < length) return;

    const list = new Array(length * 2);

    for (let i = 0; i < length; i++) list[i] = this.#list[(this.#head + i) & (length - 1)];
    this.#list = list;
    this.#head = 0;
  }

  push(task) {
    this.#grow();
    this.#list[(this.#head + this.#size++) & (this.#list.length - 1)] = task;
  }

  /** Add a task before all others. */
  unshift(task) {
    this.#grow();
    this.#head = (this.#head - 1) & (this.#list.length - 1);
    this.#list[this.#head] = task;
    this.#size++;
  }

  /** @returns {object | null} the oldest task */
  shift() {
    if (this.#size === 0) return null;

    const task = this.#list[this.#head];

    this.#list[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#list.length - 1);
    this.#size--;
    return task;
  }

  /** Remove a task. @returns {boolean} whether it was in the queue */
  remove(task) {
    const { size } = this;
    const mask = this.#list.length - 1;
    let to = 0;

    for (let i = 0; i < this.#size; i++) {
      const each = this.#list[(this.#head + i) & mask];

      if (each !== task) this.#list[(this.#head + to++) & mask] = each;
    }
    for (let i = to; i < this.#size; i++) this.#list[(this.#head + i) & mask] = undefined;
    this.#size = to;
    return to < size;
  }
}

class FixedQueue extends Deque {}
class ArrayTaskQueue extends Deque {}

/**
 * The default: by priority, and in the order of arrival within one. A removed task stays
 * until its turn, so that aborting many tasks does not search the queue for each.
 */
class PriorityQueue {
  /** By priority. */
  #queues = new Map();
  /** Those in use, the highest first. */
  #priorities = [];
  #size = 0;

  get size() {
    return this.#size;
  }

  #queueOf(priority) {
    let queue = this.#queues.get(priority);

    if (queue === undefined) {
      queue = new Deque();
      this.#queues.set(priority, queue);
      this.#priorities.push(priority);
      this.#priorities.sort((a, b) => b - a);
    }
    return queue;
  }

  push(task) {
    this.#queueOf(task.priority).push(task);
    this.#size++;
  }

  unshift(task) {
    this.#queueOf(task.priority).unshift(task);
    this.#size++;
  }

  shift() {
    while (this.#priorities.length > 0) {
      const [priority] = this.#priorities;
      const queue = this.#queues.get(priority);

      for (let task = queue.shift(); task !== null; task = queue.shift()) {
        if (task.isRemoved) continue;
        this.#size--;
        return task;
      }
      if (this.#priorities.length === 1) return null;
      this.#queues.delete(priority);
      this.#priorities.shift();
    }
    return null;
  }

  remove(task) {
    if (task.isRemoved) return;
    task.isRemoved = true;
    this.#size--;
  }
}

/** Whether an object can be a pool's `taskQueue`. */
function isTaskQueue(value) {
  return typeof value === 'object' && value !== null && 'size' in value &&
    ['shift', 'remove', 'push'].every((name) => typeof value[name] === 'function');
}

module.exports = { ArrayTaskQueue, Deque, FixedQueue, PriorityQueue, isTaskQueue };
