'use strict';

/*
 * way.js - decides when a Worker or its parent switches from Node's channel to the ring,
 * whose code takes time to load. docs/decisions/first-message.md has the measurements.
 */

const { binding, control, local, threads, thresholds, STATUS } = require('../loading/native');
const { isFlat, isPlain } = require('./is-plain');

/** Status of postValue() for a value other than a primitive. */
const { OTHER } = require('../constants').control;

/** After an object that C cannot write, do not look at this many if the peer leads. */
const UNSEEN = 16;

/** With so much left, the next message goes by Node, whatever it is. */
const ENOUGH = thresholds.SIMPLE + thresholds.ANSWER;

/** flat.js, loaded with the first object that is posted by ring. */
let flat = null;

const isObject = (value) => typeof value === 'object' && value !== null;

const { isView } = ArrayBuffer;

/** So many bytes of a typed array gain as much by ring as one object. */
const OBJECT_BYTES = 2048;

/** The number of small messages that gain as much by ring as this view of a buffer. */
function weightOf(view) {
  const typedArray = Object.getPrototypeOf(Uint8Array).prototype;
  const get = (key) => Object.getOwnPropertyDescriptor(typedArray, key).get.call(view);

  return get(Symbol.toStringTag) === undefined ? 1 // a DataView
    : 1 + Math.floor(get('byteLength') / OBJECT_BYTES);
}

/** Whether a message may contain ringport ports. */
function mayHavePorts(value, transfer) {
  return local.portsMade > 0 && (isObject(value) || transfer !== undefined);
}

/** Node 20 clones ports of ringport, and objects marked as uncloneable, as {}. */
const isRefused = threads.markAsUncloneable !== undefined;

/**
 * Whether Node sends an object of which nothing is known yet as the codec would. From a
 * getter it may get a port, and its error would not say so.
 */
function isWhole(value) {
  return (isRefused || !local.marksMade) &&
    (local.portsMade === 0 || require('./by-node').isPlain(value));
}

/** Whether Node clones the object as the codec does, or refuses it. */
function canBeWhole(value) {
  return isRefused || isWhole(value);
}

/** Tracks the cost of one side's messages over Node's channel; see `thresholds`. */
class Way {
  /** A message has arrived over Node's channel since the last one was sent. */
  heard = false;
  /** The peer sends by ring; see lead(). */
  isLed = false;
  /**
   * Whether to answer messages from Node over Node, however many. If only one side used
   * the ring, each thread would spin on its ring for messages that come by Node.
   */
  #follows;
  /** What may still be spent; see ENOUGH. */
  left = thresholds.FIRST;
  /** Objects sent; answered ones count for several. */
  #objects = 0;
  /** prepare.js has been called. */
  isPrepared = false;
  /** Whether objects will soon go by ring and prepare.js has not been called yet. */
  nears = false;

  constructor(follows) {
    this.#follows = follows;
  }

  /** The peer sends by ring now: follow with the first message that C can write. */
  lead() {
    this.isLed = true;
    this.left = -1;
  }

  /** Count a message. @param {boolean} isValue it is no object */
  spend(value, isValue) {
    const weight = !isValue && isView(value) ? weightOf(value) : 1;

    this.left -= thresholds.SIMPLE * weight;
    if (this.heard) {
      this.heard = false;
      this.left -= isValue ? thresholds.ANSWER : thresholds.ANSWERED_PLAIN;
      if (!isValue) this.#objects += thresholds.ANSWERED_OBJECT;
    } else if (!isValue) this.#objects += weight;
  }

  /**
   * Whether to send this message and all later ones by ring. Runs none of its getters.
   */
  pays(value, transfer) {
    if (mayHavePorts(value, transfer)) return true;

    const { heard } = this;
    const isValue = !isObject(value);

    this.spend(value, isValue);
    this.nears = !this.isPrepared && this.#objects > thresholds.PREPARE;
    if (heard && this.#follows && !this.isLed) return this.#needsCodec();
    if (this.left >= 0) return false;
    return isValue || this.#needsCodec() || this.#isForC(value, transfer, heard);
  }

  #needsCodec() {
    if (this.#objects <= thresholds.OBJECTS) return false;
    local.objectsPosted = thresholds.COLD_OBJECTS;
    return true;
  }

  /**
   * Whether C writes an object at less cost than Node. A round trip by ring is worth
   * writing nested objects, too.
   */
  #isForC(value, transfer, heard) {
    if (transfer === undefined && (heard ? isPlain(value) : isFlat(value))) return true;
    /* What has been sent does not say that a change pays. Look again later. */
    this.left = this.isLed ? UNSEEN * thresholds.SIMPLE : thresholds.FIRST;
    return false;
  }

  /** prepare.js has been called, or need not be. */
  prepared() {
    this.isPrepared = true;
    this.nears = false;
  }
}

/**
 * Post a plain value by ring.
 * @returns {unknown} undefined: sent. Else the caller must send this by the codec: the
 *   value, or a copy of it if its getters have run
 */
function postByC(slot, value) {
  if (isObject(value)) {
    flat ??= require('./flat');
    return flat.post(slot, value);
  }
  binding.postValue(slot, value);
  return control[STATUS] === OTHER ? value : undefined;
}

/**
 * Add the path of the failing value to Node's DataCloneError.
 * @param {unknown} [transfer] postMessage's second argument
 */
function located(error, value, transfer) {
  require('../codec/path').locateFirst(error, value, transfer);
  return error;
}

module.exports = { ENOUGH, Way, canBeWhole, isWhole, located, postByC, isObject, mayHavePorts };
