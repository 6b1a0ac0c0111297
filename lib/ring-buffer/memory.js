'use strict';

/*
 * memory.js - the SharedArrayBuffer of a ring: creates and checks it, and reads its
 * state.
 */

const { types } = require('node:util');
const { binding, words, status, layout, counter, STATUS, RECORDS, PRODUCER } = require('./native');
const { checkKnown } = require('../loading/check-options');
const {
  checkBoolean, checkInteger, checkOptions, outOfRange, ringError, wrongType, wrongValue,
} = require('./check');

/** Modes by their number in the memory. */
const MODES = [undefined, 'spsc', 'mpsc', 'mpmc'];

const SMALLEST = 64;
const LARGEST = 2 ** 30;
const SLOT_HEADER = 8;
const SLOT_DEFAULT = 120;
const SLOT_LARGEST = 2 ** 24 - 8;
const { HEADER: RECORD_HEADER } = require('../constants').record;

const STATE = layout.STATE >> 2;

/** The next power of two. */
function roundUp(number) {
  return 2 ** Math.ceil(Math.log2(number));
}

/**
 * @returns {number | undefined} the number of the mode
 * @throws {TypeError} ERR_INVALID_ARG_VALUE
 */
function checkMode(mode) {
  if (mode === undefined) return undefined;
  if (!MODES.includes(mode)) {
    throw wrongValue("The property 'options.mode'", "one of: 'spsc', 'mpsc', 'mpmc'", mode);
  }
  return MODES.indexOf(mode);
}

/** The size in bytes of an mpmc slot for records of up to `slotSize` bytes. */
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

/** Create a ring. @returns {SharedArrayBuffer} */
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
      'RingBuffer requires SharedArrayBuffer, which a flag of this process has removed');
  }

  const size = binding.ringSize(mode, count, slot);

  if (size === 0) throw outOfRange('"capacity"', `a ring of at most ${LARGEST} bytes`, capacity);

  const buffer = new SharedArrayBuffer(size);

  binding.ringFormat(new Uint8Array(buffer), mode, count, slot);
  if (words[STATUS] !== status.OK) throw ringError('INVALID_RING');
  return buffer;
}

/** The memory of a ring. */
class Memory {
  /** @type {SharedArrayBuffer} */
  buffer;
  /** Whether to close the ring when the last handle of the other role has ended. */
  closeOnDisconnect;
  /** The entire buffer. @type {Uint8Array} */
  bytes;
  /** @type {'spsc' | 'mpsc' | 'mpmc'} */
  mode;
  /** Bytes for records; in mpmc, for the slots with their headers. */
  capacity;
  /** Maximum size of a record in bytes. */
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
        `The ring in this buffer has mode '${MODES[number]}', not '${MODES[mode]}'`);
    }
    checkSlots(number, options.slotSize);
    if (options.slotSize !== undefined && slotOf(options.slotSize) !== slot) {
      throw ringError('INVALID_RING',
        `The ring in this buffer has slots of ${slot} bytes, not ${options.slotSize}`);
    }
    this.mode = MODES[number];
    this.capacity = this.mode === 'mpmc' ? count * (slot + SLOT_HEADER) : count;
    this.maxLength = this.mode === 'mpmc' ? slot : count / 2 - RECORD_HEADER;
    this.#words = new Int32Array(this.buffer, 0, layout.DATA / 4);
  }

  /** @throws {RingportError} ERR_RINGPORT_VERSION or ERR_RINGPORT_INVALID_RING */
  #refuse() {
    const length = Math.min(2, this.buffer.byteLength >> 2);
    const [magic, version] = new Int32Array(this.buffer, 0, length);

    if (magic === layout.MAGIC && version !== layout.VERSION) {
      throw ringError('VERSION', `The ring was created by another version of ringport (format ${version}): ` +
        'use the same version in all threads');
    }
    throw ringError('INVALID_RING');
  }

  get closed() {
    return (Atomics.load(this.#words, STATE) & layout.CLOSED) !== 0;
  }

  /** Whether every published record has been read. */
  get empty() {
    return this.used === 0;
  }

  /** Bytes in use. Computed from unchecked positions, so it may exceed the capacity. */
  get used() {
    if (this.mode === 'spsc') {
      const head = Atomics.load(this.#words, layout.HEAD >> 2);

      return (Atomics.load(this.#words, layout.TAIL >> 2) - head) >>> 0;
    }

    const wide = new BigUint64Array(this.buffer, 0, layout.DATA / 8);
    const head = Atomics.load(wide, layout.HEAD >> 3);
    /* The lowest bit of the tail says that the ring is sealed. */
    const used = Number(BigInt.asUintN(64, (Atomics.load(wide, layout.TAIL >> 3) & ~1n) - head));

    return this.mode === 'mpmc' ? used / 2 * this.maxLength : used;
  }

  /** The position of a role, a number; 0 if it has never written or read. */
  positionOf(role) {
    const word = (role === PRODUCER ? layout.TAIL : layout.HEAD) >> 2;
    const [low, high] = [Atomics.load(this.#words, word), Atomics.load(this.#words, word + 1)];

    /* The lowest bit of the tail may say that the ring is sealed. */
    return ((low & ~1) >>> 0) + (high >>> 0) * 2 ** 32;
  }

  /** Close the ring for all handles. @throws {RingportError} ERR_RINGPORT_CORRUPT */
  close() {
    binding.ringClose(this.bytes);
    if (words[STATUS] !== status.OK) throw ringError('CORRUPT');
  }

  /** The sums over all handles; see RingBufferStats in index.d.ts. */
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

  /** Add up the blocks of counters of a role. */
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
