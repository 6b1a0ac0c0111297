'use strict';

/*
 * parcels.js - transfers ringport ports from a parent to its worker in workerData.
 *
 * Node receives an envelope in place of the value. A worker without addons cannot use
 * ringport ports, so it receives Node ports instead; see ports/over-node.js.
 */

const { isObject } = require('../ports/way');
const { ENVELOPE } = require('./marks');

/**
 * Wraps the options of a Worker in a proxy for Node to read. If transferList contains
 * ringport ports, the proxy returns an envelope as workerData. Used only in threads that
 * have ringport ports.
 */
class Parcel {
  /**
   * The elements of transferList that Node has read; null before the first.
   * @type {import('../ports/transfer').Transfer | null}
   */
  #transfer = null;
  #envelope = null;
  #data;

  constructor(options) {
    const { standFor } = require('../ports/transfer-list');

    this.options = standFor(options, (key) => {
      const { [key]: value } = options;

      if (key === 'workerData') return this.#pack(value);
      if (key !== 'transferList' || !isObject(value)) return value;
      /* Node reads `length` and indices, so the list need not be an array. */
      return standFor(value, (index) => (index === 'length' ? value.length : this.#add(value[index])));
    });
  }

  #add(item) {
    this.#transfer ??= new (require('../ports/transfer').Transfer)([]);
    return this.#transfer.add(item);
  }

  #pack(value) {
    this.#data = value;
    if (this.#envelope !== null) return this.#envelope.message;
    if (this.#transfer === null || this.#transfer.ports.length === 0) {
      require('../ports/unlisted').refuseUnlisted(value);
      return value;
    }
    this.#transfer.checkAlone();
    this.#envelope = require('../ports/envelope').Envelope.seal(ENVELOPE, value, this.#transfer);
    return this.#envelope.message;
  }

  sent(thread) {
    this.#envelope?.sent(thread);
  }

  /** Take the ports back: the thread did not start. @returns the error to throw */
  takeBack(error) {
    this.#envelope?.takeBack();
    return this.#envelope !== null ? error : require('../ports/unlisted').explain(error, this.#data);
  }
}

/**
 * The options of a worker without addons, which receives ringport ports as Node ports.
 */
class BareParcel {
  #list = null;
  #data;

  constructor(options) {
    this.options = require('../ports/transfer-list').standFor(options, (key) => {
      if (key === 'workerData' && this.#list !== null) return this.#data;

      const { [key]: value } = options;

      if (key !== 'transferList' || !isObject(value)) return value;
      if (this.#list === null) {
        const items = Array.from({ length: value.length }, (_, i) => value[i]);

        [this.#data, this.#list] = require('../ports/over-node').asNode(options.workerData, items);
      }
      return this.#list;
    });
  }

  sent() {
    // Node has transferred everything.
  }

  takeBack(error) {
    return error;
  }
}

/** Post to a worker without addons, replacing ringport ports by Node ports. */
function postToBare(port, value, transfer) {
  port.postMessage(...require('../ports/over-node').asNode(value, transfer));
}

/**
 * @param {object} options of a Worker
 * @param {boolean} isBare the worker runs without addons
 */
function pack(options, isBare) {
  return isBare ? new BareParcel(options) : new Parcel(options);
}

module.exports = { pack, postToBare };
