'use strict';

/* memory.js - the SharedArrayBuffer of a ring: made, recognized, and what can be read from it directly. */

const { types } = require('node:util');
const { binding, words, status, layout, counter, STATUS, RECORDS, PRODUCER } = require('./native');
const { checkKnown } = require('../loading/check-options');
const {
  checkBoolean, checkInteger, checkOptions, outOfRange, ringError, wrongType, wrongValue,
} = require('./check');

/** By the number that stands for it in the memory. */
const MODES = [undefined, 'spsc', 'mpsc', 'mpmc'];

const SMALLEST = 64;
const LARGEST = 2 ** 30;
const SLOT_HEADER = 8;
const SLOT_DEFAULT = 120;
const SLOT_LARGEST = 2 ** 24 - 8;
const RECORD_HEADER = 8;

const STATE = layout.STATE >> 2;

/** The next power of two. */
function roundUp(number) {
  return 2 ** Math.ceil(Math.log2(number));
}

/** @returns {number | undefined} the mode's number */
function checkMode(mode) {
  if (mode === undefined) return undefined;
  if (!MODES.includes(mode)) {
    throw wrongValue("The property 'options.mode'", "one of: 'spsc', 'mpsc', 'mpmc'", mode);
  }
  return MODES.indexOf(mode);
}

/** The bytes of a slot that takes records of up to this many. */
function slotOf(slotSize = SLOT_DEFAULT) {
  return Math.ceil(slotSize / 8) * 8;
}

function checkSlots(mode, slotSize) {
  if (slotSize === undefined) return;
  if (mode !== 3) {
    throw wrongValue("The property 'options.slotSize'", "undefined unless the mode is 'mpmc'", slotSize);
  }
  checkInteger('options.slotSize', slotSize, 1, SLOT_LARGEST);
}

/** A new ring. @returns {SharedArrayBuffer} */
function make(capacity, options) {
  const mode = checkMode(options.mode) ?? 1;
  let count;
  let slot = 0;

  checkInteger('capacity', capacity, SMALLEST, LARGEST);
  checkSlots(mode, options.slotSize);
  if (mode === 3) {
    slot = slotOf(options.slotSize);
    count = Math.max(2, roundUp(capacity / (slot + SLOT_HEADER)));
  } else {
    count = roundUp(capacity);
  }

  if (globalThis.SharedArrayBuffer === undefined) {
    throw ringError('NO_SHARED_MEMORY',
      'A ring needs a SharedArrayBuffer, and a flag of this process has removed that global');
  }

  const size = binding.ringSize(mode, count, slot);

  if (size === 0) throw outOfRange('"capacity"', `a ring of at most ${LARGEST} bytes`, capacity);

  const buffer = new SharedArrayBuffer(size);

  binding.ringFormat(new Uint8Array(buffer), mode, count, slot);
  if (words[STATUS] !== status.OK) throw ringError('INVALID_RING');
  return buffer;
}

/** What the ring in this memory is. */
class Memory {
  buffer;
  /** Close the ring when the last side of the other role has ended. */
  closeOnDisconnect;
  /** All of it. */
  bytes;
  mode;
  /** Bytes for records; slots of mpmc with their headers. */
  capacity;
  maxLength;

  #words;

  constructor(source, options = {}) {
    checkOptions(options);

    checkKnown('options', options, ['mode', 'slotSize', 'closeOnDisconnect']);

    const mode = checkMode(options.mode);
    const { closeOnDisconnect = false } = options;

    checkBoolean('options.closeOnDisconnect', closeOnDisconnect);
    this.closeOnDisconnect = closeOnDisconnect;
    if (!types.isSharedArrayBuffer(source)) {
      if (typeof source !== 'number') {
        throw wrongType('The "capacity" argument', 'of type number or an instance of SharedArrayBuffer',
          source);
      }
      this.buffer = make(source, options);
    } else {
      this.buffer = source;
    }
    this.bytes = new Uint8Array(this.buffer);
    binding.ringMap(this.bytes);
    if (words[STATUS] !== status.OK) this.#refuse();

    const [number, count, slot] = words.subarray(RECORDS, RECORDS + 3);

    if (mode !== undefined && mode !== number) {
      throw ringError('INVALID_RING',
        `The ring in this memory is ${MODES[number]}, not ${MODES[mode]}`);
    }
    checkSlots(number, options.slotSize);
    if (options.slotSize !== undefined && slotOf(options.slotSize) !== slot) {
      throw ringError('INVALID_RING',
        `The slots of the ring in this memory have ${slot} bytes, not ${options.slotSize}`);
    }
    this.mode = MODES[number];
    this.capacity = this.mode === 'mpmc' ? count * (slot + SLOT_HEADER) : count;
    this.maxLength = this.mode === 'mpmc' ? slot : count / 2 - RECORD_HEADER;
    this.#words = new Int32Array(this.buffer, 0, layout.DATA / 4);
  }

  #refuse() {
    const length = Math.min(2, this.buffer.byteLength >> 2);
    const [magic, version] = new Int32Array(this.buffer, 0, length);

    if (magic === layout.MAGIC && version !== layout.VERSION) {
      throw ringError('VERSION', `Another version of ringport made the ring (format ${version}): use the same in all threads`);
    }
    throw ringError('INVALID_RING', 'There is no ring in this memory: the buffer of a RingBuffer is one');
  }

  get closed() {
    return (Atomics.load(this.#words, STATE) & layout.CLOSED) !== 0;
  }

  /** All has been read that was there when we looked. */
  get empty() {
    return this.used === 0;
  }

  /** Bytes that are in use, or more: nobody has checked the positions. */
  get used() {
    if (this.mode === 'spsc') {
      const head = Atomics.load(this.#words, layout.HEAD >> 2);

      return (Atomics.load(this.#words, layout.TAIL >> 2) - head) >>> 0;
    }

    const wide = new BigUint64Array(this.buffer, 0, layout.DATA / 8);
    const head = Atomics.load(wide, layout.HEAD >> 3);
    /* The lowest bit of the tail says that it is the last. */
    const used = Number(BigInt.asUintN(64, (Atomics.load(wide, layout.TAIL >> 3) & ~1n) - head));

    return this.mode === 'mpmc' ? used / 2 * this.maxLength : used;
  }

  /** How far the sides of a role, a number, have come; 0: none has been here. */
  positionOf(role) {
    const word = (role === PRODUCER ? layout.TAIL : layout.HEAD) >> 2;
    const [low, high] = [Atomics.load(this.#words, word), Atomics.load(this.#words, word + 1)];

    /* The lowest bit of the tail may say that it is the last. */
    return ((low & ~1) >>> 0) + (high >>> 0) * 2 ** 32;
  }

  /** Close the ring, whoever has a side of it. */
  close() {
    binding.ringClose(this.bytes);
    if (words[STATUS] !== status.OK) throw ringError('CORRUPT');
  }

  /** What all sides have counted: see RingBufferStats in index.d.ts. */
  get stats() {
    const [written, read] = [0, 1].map((role) => this.#sum(role));

    return {
      recordsIn: written.records,
      bytesIn: written.bytes,
      recordsOut: read.records,
      bytesOut: read.bytes,
      wakeUps: written.wakeUps + read.wakeUps,
      fullStalls: written.stalls,
      emptyStalls: read.stalls,
      aborted: written.aborted,
      highWater: Math.max(written.highWater, read.highWater),
    };
  }

  #sum(role) {
    const length = layout.BLOCK / 8 * layout.BLOCKS;
    const numbers = new Float64Array(this.buffer, layout.COUNTERS + role * length * 8, length);
    const total = { records: 0, bytes: 0, wakeUps: 0, stalls: 0, highWater: 0, aborted: 0 };

    for (let block = 0; block < length; block += layout.BLOCK / 8) {
      total.records += numbers[block + counter.RECORDS];
      total.bytes += numbers[block + counter.BYTES];
      total.wakeUps += numbers[block + counter.WAKE_UPS];
      total.stalls += numbers[block + counter.STALLS];
      total.aborted += numbers[block + counter.ABORTED];
      total.highWater = Math.max(total.highWater, numbers[block + counter.HIGH_WATER]);
    }
    return total;
  }
}

module.exports = { Memory };
