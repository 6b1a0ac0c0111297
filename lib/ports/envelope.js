'use strict';

/* envelope.js - wraps a message that contains ports of ours for a channel of Node's. */

const { types } = require('node:util');

const { placed, restoreAll } = require('./boarding');
const { ports } = require('./kinds');
const { loadCodec } = require('./send');
const { binding } = require('../loading/native');

const { isArrayBuffer } = types;
const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');

/** From this size on Node copies an ArrayBuffer itself. */
const LARGE = 1024 * 1024;

/**
 * Encode without blocks, because the bytes travel through Node. Large buffers travel
 * beside them.
 * @returns {[Uint8Array, unknown[] | null]}
 */
function encodeInline(value, transfer) {
  const codec = loadCodec();
  const line = codec.BLOCK_LINE;
  const has = (item) => transfer.transfer.has(item) ||
    (isArrayBuffer(item) && byteLength.call(item) >= LARGE);

  codec.BLOCK_LINE = Infinity;
  try {
    const start = codec.encode(value, Object.create(transfer,
      { __proto__: null, transfer: { __proto__: null, value: { has } } }));

    try {
      return [codec.scratch.slice(start, codec.end), codec.foreign];
    } finally {
      codec.release(start);
    }
  } finally {
    codec.BLOCK_LINE = line;
  }
}

/**
 * A message for a channel of Node's, to a receiver that we have no Node channel with yet:
 * what Node gets is { kind, bytes, foreign, ids, all }; receive() and Endpoint.open()
 * make the message of it. The endpoints are in transit before the envelope is, since the
 * receiver may be quick.
 */
class Envelope {
  #own;
  #ids;

  /** @param {Transfer} transfer */
  constructor(kind, { ports: own, which, all, list }, [bytes, foreign]) {
    this.#own = own.map((port) => ports.endpointOf(port));
    this.#ids = this.#own.map((endpoint) => endpoint.withdraw());

    /** The arguments for Node's postMessage. */
    this.message = {
      kind, info: 'has ports of ringport: the receiver gets them when it loads the same version of it',
      bytes, foreign, ids: placed(this.#ids, which), all,
    };
    this.list = list.concat(bytes.buffer); // which nobody else has
  }

  /** @param {Transfer} transfer */
  static seal(kind, value, transfer) {
    return new Envelope(kind, transfer, encodeInline(value, transfer));
  }

  /**
   * Node has taken it for the worker with this id. Endpoints that the worker never claims
   * close at its end.
   */
  sent(thread) {
    if (thread !== undefined) for (const id of this.#ids) binding.spawnEntrust(thread, id);
    for (const endpoint of this.#own) endpoint.depart();
  }

  /** Node has refused the message: nothing is detached. */
  takeBack() {
    restoreAll(this.#own, this.#ids);
  }
}

module.exports = { Envelope, encodeInline };
