'use strict';

/*
 * way.js - decides when a Worker or its parent switches from Node's channel to the ring,
 * whose code takes time to load. docs/decisions/first-message.md has the measurements.
 */

const { binding, control, local, thresholds, STATUS } = require('../loading/native');
const { isFlat } = require('./is-flat');

/** Status of postValue() for a value other than a primitive; see primitives_write.c. */
const NOT_PRIMITIVE = 1;

/** After an object that is not flat, skip the check for this many objects. */
const UNSEEN = 16;

/** flat.js, loaded with the first object that is posted by ring. */
let flat = null;

const isObject = (value) => typeof value === 'object' && value !== null;

/** Whether a message may contain ringport ports. */
function mayHavePorts(value, transfer) {
  return local.portsMade > 0 && (isObject(value) || transfer !== undefined);
}

/** Tracks the cost of one side's messages over Node's channel; see `thresholds`. */
class Way {
  /** A message has arrived over Node's channel since the last one was sent. */
  heard = false;
  /** The peer sends by ring. */
  isLed = false;
  /**
   * Whether to answer messages from Node over Node, however many. If only one side used
   * the ring, each thread would spin on its ring for messages that come by Node.
   */
  #follows;
  #spent = 0;
  #spentOnObjects = 0;
  #unseen = 0;
  /** prepare.js has been called. */
  isPrepared = false;

  constructor(follows) {
    this.#follows = follows;
  }

  /**
   * Whether to send this message and all later ones by ring. Runs none of its getters.
   */
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

  /** Whether objects will soon go by ring and prepare.js has not been called yet. */
  get nears() {
    return !this.isPrepared && this.#spentOnObjects > thresholds.PREPARE;
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
 * Post a primitive or a flat object by ring.
 * @returns {unknown} undefined: sent. Else the caller must send this by the codec: the
 *   value, or a copy of it if its getters have run
 */
function postByC(slot, value) {
  if (isObject(value)) {
    flat ??= require('./flat');
    return flat.post(slot, value);
  }
  binding.postValue(slot, value);
  return control[STATUS] === NOT_PRIMITIVE ? value : undefined;
}

/**
 * Add the path of the failing value to Node's DataCloneError.
 * @param {unknown} [transfer] postMessage's second argument
 */
function located(error, value, transfer) {
  require('../codec/path').locateFirst(error, value, transfer);
  return error;
}

module.exports = { Way, located, postByC, isObject, mayHavePorts };
