'use strict';

/*
 * flow-endpoint.js - the Endpoint of a port with a mark; see flow.js.
 *
 * Its objects go by the codec from the first one on, because what the codec writes is
 * counted exactly. What Node's channel carries counts as the bytes of its ArrayBuffers
 * and an estimate.
 */

const { types } = require('node:util');

const { Endpoint } = require('../ports/endpoint');
const { sendValue } = require('../ports/send');
const { isObject } = require('../ports/way');
const { ESTIMATE, Flow, lose } = require('./flow');
const { GROW } = require('./options');

const { get: byteLength } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');

class FlowEndpoint extends Endpoint {
  /**
   * @param {number} slot
   * @param {Flow} [flow] of a Worker, which had one before it had an Endpoint
   */
  constructor(slot, flow = null) {
    super(slot);
    this.flow = flow;
  }

  bind(owner, collectable) {
    super.bind(owner, collectable);
    this.flow = new Flow(this.slot, owner);
  }

  post(value, transfer) {
    if (!this.flow.admits()) return this.open ? false : undefined;

    const result = transfer === null && isObject(value)
      ? sendValue(this, value, null) : super.post(value, transfer);

    if (result === true) return this.flow.sent();
    if (result === false) this.flow.refusedByPeer();
    return result;
  }

  postByNode(value, list, bytes) {
    const result = super.postByNode(value, list, bytes);

    if (result !== true) return result;
    this.flow.carry(0, ESTIMATE + bytes);
    return this.flow.sent();
  }

  postMany(values) {
    if (this.flow.policy !== GROW) {
      let result = this.open ? true : undefined;

      for (const value of values) result = this.post(value, null);
      return this.open ? result : undefined;
    }

    let result;

    try {
      super.postMany(values);
    } finally { // also if a value cannot be cloned: those before it have been sent
      if (this.open) result = this.flow.sentMany();
    }
    return result;
  }

  /**
   * What Node's channel will carry of a message, in bytes.
   * @param {import('../ports/transfer').Transfer | null} transfer
   * @param {ArrayBuffer[] | null} copies
   */
  weigh(transfer, copies) {
    let bytes = ESTIMATE;

    for (const item of [...(transfer?.list ?? []), ...(copies ?? [])]) {
      bytes += types.isArrayBuffer(item) ? byteLength.call(item) : ESTIMATE;
    }
    return bytes;
  }

  /**
   * Drop a message with a transfer list: as if it had got lost on its way.
   * @returns {boolean | undefined} what postMessage returns
   */
  drop(value, list) {
    if (!this.open || list.includes(this.owner)) { // which throws
      return super.post(value, new (require('../ports/transfer').Transfer)(list));
    }
    lose(value, list);
    return false;
  }

  closed(peer) {
    this.flow.end();
    super.closed(peer);
  }

  depart() {
    super.depart();
    this.flow.end();
  }

  restore(id) {
    super.restore(id);
    if (this.flow.needDrain) this.flow.look(); // a wake-up has found nobody meanwhile
  }
}

module.exports = { FlowEndpoint };
