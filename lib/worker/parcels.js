'use strict';

/*
 * parcels.js - carries ringport ports from a parent to its worker in workerData.
 *
 * Node gets an envelope instead of such a value. A worker without addons cannot have
 * ringport ports, so it gets ports of Node's; see ports/over-node.js.
 */

const { isObject } = require('../ports/way');
const { ENVELOPE } = require('./marks');

/**
 * The options of a Worker in a thread that has ringport ports. Node reads them through a
 * proxy. If transferList has ringport ports, Node gets an envelope as workerData.
 */
class Parcel {
  /**
   * What Node has read of the list; null: nothing.
   * @type {import('./transfer').Transfer | null}
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
      /* Node takes its elements as those of an array, whatever it is. */
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

  /** Nothing has been started. @returns what is to be thrown */
  takeBack(error) {
    this.#envelope?.takeBack();
    return this.#envelope !== null ? error : require('../ports/unlisted').explain(error, this.#data);
  }
}

/** The options of a worker without addons: ringport ports go to it as ports of Node's. */
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
    // by Node, whole
  }

  takeBack(error) {
    return error;
  }
}

/** Post to a worker without addons. */
function postToBare(port, value, transfer) {
  port.postMessage(...require('../ports/over-node').asNode(value, transfer));
}

module.exports = { Parcel, BareParcel, postToBare };
