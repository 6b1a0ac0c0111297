'use strict';

/*
 * losing.js - counts, for one port, messages that the codec sent at a higher cost than
 * Node would have, and then sends similar ones whole by Node.
 *
 * The codec estimates its loss while it writes (loss.js). Two messages are similar if
 * their outermost objects are of the same kind. After a few in a row that lost, the next
 * ones go by Node; then one goes by the codec again, to see whether that still holds. So
 * a port whose messages change pays for some messages, and one that never loses for
 * nothing.
 */

const { types } = require('node:util');
const { STALE, counts } = require('../codec/shapes');

const { isArray } = Array;
const { getPrototypeOf, prototype: objectPrototype } = Object;
const { isProxy } = types;

/** Lost in a row before the next ones go by Node. */
const STREAK = 4;
/** How many go by Node the first time; twice as many each time that it still holds. */
const FIRST = 16;
const MOST = 1024;
/** One message of so many bytes that lost is enough, and as many as LONG go by Node. */
const LARGE = 64 * 1024;
const LONG = 128;

const [ARRAYS, PLAIN, OTHERS] = [0, 1, 2];

function kindOf(object) {
  if (isArray(object)) return ARRAYS;
  return !isProxy(object) && getPrototypeOf(object) === objectPrototype ? PLAIN : OTHERS;
}

class Losing {
  /** By kind: lost in a row; how many more go by Node; how many the next time. */
  #streaks = [0, 0, 0];
  #left = [0, 0, 0];
  #next = [FIRST, FIRST, FIRST];

  /** Whether to send this object by Node. */
  goesByNode(object) {
    const kind = kindOf(object);

    if (this.#left[kind] === 0) return false;
    this.#left[kind]--;
    counts.keys = (counts.keys + STALE) | 0; // Node's work makes shapes stale, too
    return true;
  }

  /**
   * The codec has sent an object.
   * @param {boolean} hasLost
   * @param {number} bytes its size
   */
  note(object, hasLost, bytes) {
    const kind = kindOf(object);

    if (!hasLost) {
      this.#streaks[kind] = 0;
      this.#next[kind] = FIRST;
      return;
    }
    if (bytes >= LARGE) {
      this.#streaks[kind] = STREAK;
      this.#next[kind] = Math.max(this.#next[kind], LONG);
    }
    if (++this.#streaks[kind] >= STREAK) {
      this.#left[kind] = this.#next[kind];
      this.#next[kind] = Math.min(this.#next[kind] * 2, MOST);
    }
  }
}

module.exports = { Losing };
