'use strict';

/*
 * worker-flow.js - what a Worker with a mark sends.
 *
 * Until the worker has loaded ringport, messages go over Node's channel and count by an
 * estimate. Once it has, the Worker sends CHANGE and everything else by ring. CHANGE says
 * how many messages preceded it; the worker, which has received them all by then, counts
 * them as consumed. So the count holds across the change. A worker that has ringport
 * wakes a parent that waits, so that CHANGE goes out.
 */

const { binding, threads } = require('../loading/native');
const { checkIterable, postWith, readList } = require('../ports/transfer-list');
const { estimate } = require('./estimate');
const { Flow, lose } = require('./flow');
const { FlowEndpoint } = require('./flow-endpoint');
const { GROW } = require('./options');

const { postMessage: nodePost } = threads.Worker.prototype;
const { apply } = Reflect;

/**
 * @typedef {object} Inside what worker.js gives of a Worker's private state
 * @property {() => FlowEndpoint | null} connect null: the worker has exited
 * @property {(value: unknown, transfer: unknown) => void} postByNode
 * @property {() => boolean} isPosting Node is serializing a message
 * @property {() => boolean} isByRing
 */

class WorkerFlow extends Flow {
  /** Messages that went over Node's channel. */
  byNode = 0;
  #worker;
  #slot;
  /** @type {Inside} */
  #inside;

  constructor(worker, slot, inside) {
    super(slot, worker);
    this.#worker = worker;
    this.#slot = slot;
    this.#inside = inside;
  }

  /** @param {IArguments} args of postMessage */
  post(args) {
    const { connect, isByRing, isPosting } = this.#inside;

    if (this.ended) return undefined;
    if (args.length === 0) return apply(nodePost, this.#worker, args); // throws

    const [value, transfer] = args;

    if (!isByRing() && (isPosting() || !binding.peerDeclared(this.#slot))) {
      return this.#postByNode(value, transfer);
    }

    const endpoint = connect();

    return transfer === undefined
      ? endpoint.post(value, null) : postWith(endpoint, value, transfer);
  }

  #postByNode(value, transfer) {
    if (!this.admits()) return this.#drop(value, transfer);

    const bytes = estimate(value, transfer);

    this.#inside.postByNode(value, transfer);
    this.byNode++;
    this.carry(1, bytes);
    return this.sent();
  }

  /** Drop a message: what it transfers is lost. */
  #drop(value, transfer) {
    const list = readList(transfer);

    if (list !== null && list.length > 0) lose(value, list);
    return false;
  }

  postMany(values) {
    const { connect, isPosting } = this.#inside;
    let result = true;

    if (this.ended) return undefined;
    checkIterable(values);
    if (this.policy === GROW && !isPosting() && binding.peerDeclared(this.#slot)) {
      return connect().postMany(values);
    }
    for (const value of values) result = this.post([value]);
    return result;
  }

  /** @returns {FlowEndpoint} the Worker's Endpoint */
  connected(slot) {
    return new FlowEndpoint(slot, this);
  }

  look() {
    const { connect, isByRing } = this.#inside;

    if (!isByRing() && binding.peerDeclared(this.#slot)) connect(); // sends CHANGE
    super.look();
  }
}

module.exports = { WorkerFlow };
