'use strict';

/* envelope.js - wraps a message with ringport ports for a channel of Node's. */

const { types } = require('node:util');

const { placed, restoreAll } = require('./boarding');
const { ports } = require('./kinds');
const { loadCodec } = require('./send');
const { binding } = require('../loading/native');

const { isArrayBuffer } = types;
const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');

/** ArrayBuffers of this size or more are left to Node. */
const LARGE = 1024 * 1024;

/**
 * Encode without blocks, because Node carries the bytes. Large buffers become foreign
 * values.
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
 * A message { kind, bytes, foreign, ids, all } for Node's channel between a Worker and
 * its parent; see worker/open-envelope.js. Endpoints are put in transit before it is
 * posted, because the receiver may open it at once.
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
    this.list = list.concat(bytes.buffer); // encodeInline() has copied it
  }

  /** @param {Transfer} transfer */
  static seal(kind, value, transfer) {
    return new Envelope(kind, transfer, encodeInline(value, transfer));
  }

  /**
   * Detach the ports: Node has accepted the message. Endpoints that this worker never
   * claims close when it exits.
   */
  sent(thread) {
    if (thread !== undefined) for (const id of this.#ids) binding.spawnEntrust(thread, id);
    for (const endpoint of this.#own) endpoint.depart();
  }

  /** Restore the ports: Node refused the message. */
  takeBack() {
    restoreAll(this.#own, this.#ids);
  }
}

module.exports = { Envelope, encodeInline };
