'use strict';

/*
 * way.js - by which way a message between a Worker and its parent goes at first: Node's
 * channel, which is there, or the ring, for which a thread has something to load.
 * docs/decisions/first-message.md has the measurements.
 */

const { binding, control, local, thresholds, STATUS } = require('../loading/native');
const { isFlat } = require('./is-flat');

/** In the STATUS word: postValue() does not take it; see src/node/primitives_write.c. */
const NOT_PRIMITIVE = 1;

/** After an object that is not flat, so many are not looked at. */
const UNSEEN = 16;

/** Loaded with the first object that may be written by it. */
let flat = null;

function loadFlat() {
  flat ??= require('./flat');
  return flat;
}

const isObject = (value) => typeof value === 'object' && value !== null;

/** Whether there may be ports of ours in a message. */
function mayHavePorts(value, transfer) {
  return local.portsMade > 0 && (isObject(value) || transfer !== undefined);
}

/** What one side has spent on its messages by Node. */
class Way {
  /** A message has come by Node since the last one was sent. */
  heard = false;
  /** The other side sends by ring. */
  isLed = false;
  /**
   * Whether answers to what comes by Node go by Node, however many: if only one of the
   * two went by ring, each thread would wait for the other in the wrong place.
   */
  #follows;
  #spent = 0;
  #spentOnObjects = 0;
  #unseen = 0;
  #isPrepared = false;

  constructor(follows) {
    this.#follows = follows;
  }

  /** Whether this message, and all after it, are to go by ring. Nothing of it is run. */
  pays(value, transfer) {
    if (mayHavePorts(value, transfer)) return true;

    const { heard } = this;

    this.heard = false;
    if (isObject(value)) {
      this.#spentOnObjects += heard ? thresholds.ANSWERED_OBJECT : thresholds.OBJECT;
    }
    if (heard && this.#follows && !this.isLed) return this.#spentOnObjects > thresholds.FIRST;
    this.#spent += heard ? thresholds.SIMPLE + thresholds.ANSWER : thresholds.SIMPLE;
    if (this.#spent <= thresholds.FIRST && !this.isLed) return false;
    if (!isObject(value)) return true;
    if (this.#spentOnObjects <= thresholds.FIRST) return this.#isFlat(value, transfer);
    local.objectsPosted = thresholds.COLD_OBJECTS;
    return true;
  }

  /**
   * Whether answered objects are about to go by ring, and what that takes has not been
   * loaded; see prepare.js.
   */
  get nears() {
    return !this.#isPrepared && this.#spentOnObjects > thresholds.PREPARE;
  }

  /** That is being loaded now. @returns {number} need */
  prepares(need) {
    this.#isPrepared = true;
    return need;
  }

  #isFlat(value, transfer) {
    if (this.#unseen > 0) {
      this.#unseen--;
      return false;
    }
    if (transfer === undefined && isFlat(value)) return true;
    this.#unseen = UNSEEN;
    return false;
  }
}

/**
 * Post by ring what C writes.
 * @returns {unknown} undefined: it is sent; else what is to be sent by the codec: the
 *   value, or if its getters have run a copy of it
 */
function postByC(slot, value) {
  if (isObject(value)) return loadFlat().post(slot, value);
  binding.postValue(slot, value);
  return control[STATUS] === NOT_PRIMITIVE ? value : undefined;
}

/**
 * Node's error for a message that it has refused, with the way to the value.
 * @param {unknown} [transfer] what it has got for a transfer list
 */
function located(error, value, transfer) {
  require('../codec/path').locateFirst(error, value, transfer);
  return error;
}

module.exports = { Way, located, postByC, isObject, mayHavePorts };
