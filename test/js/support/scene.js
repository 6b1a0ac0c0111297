'use strict';

/*
 * scene.js - one run of a scenario by differential.js: its log, the things that it opens,
 * and its clean-up.
 */

const { open } = require('./program');

/* Time limit of the clean-up. */
const END_LIMIT = 60000;

/**
 * One run of a scenario with one implementation: its log, and what it has opened.
 */
class Scene {
  #open = new Set();
  #undo = [];
  #exits = new Map();

  constructor(implementation) {
    this.name = implementation.name;
    this.id = implementation.id;
    this.log = [];
    this.tools = open(implementation.id);
    this.wt = this.tools.wt;
  }

  /** Record an entry. The entries of both runs are compared by deepStrictEqual. */
  note(...entry) {
    this.log.push(entry);
  }

  plain(error) {
    return this.tools.plain(error);
  }

  /** Call `action`, record what it returns or throws, and return that. */
  attempt(label, action) {
    let value;

    try {
      value = action();
    } catch (error) {
      this.note(label, 'throws', this.plain(error));
      return undefined;
    }
    this.note(label, 'returns', value);
    return value;
  }

  /** Close or terminate `thing` when the scenario ends, also after an error. */
  keep(thing) {
    this.#open.add(thing);
    if (thing.terminate && !this.#exits.has(thing)) {
      this.#exits.set(thing, new Promise((resolve) => thing.once('exit', resolve)));
    }
    return thing;
  }

  /** Run `action` when the scenario ends. */
  after(action) {
    this.#undo.push(action);
  }

  channel() {
    const { port1, port2 } = new this.wt.MessageChannel();

    return [this.keep(port1), this.keep(port2)];
  }

  /** Start a worker that runs the source text of `run(wt, tools)`. */
  worker(run, options) {
    return this.keep(this.tools.worker(run, options));
  }

  detach(port) {
    return this.tools.detach(port);
  }

  attach(handle) {
    return this.keep(this.tools.attach(handle));
  }

  /**
   * Wait for the next `name` event of a port, worker or emitter. Resolves to its first
   * argument. A worker may have exited already.
   */
  next(target, name) {
    if (name === 'exit' && this.#exits.has(target)) return this.#exits.get(target);
    return new Promise((resolve) => target.once(name, resolve));
  }

  /** Wait for the next `count` messages. Resolves to them, in order. */
  messages(port, count) {
    return new Promise((resolve) => {
      const got = [];
      const take = (message) => {
        if (got.push(message) < count) return;
        port.off('message', take);
        resolve(got);
      };

      port.on('message', take);
    });
  }

  /**
   * Wait for `count` turns of the event loop, to check that something does not happen.
   */
  async turns(count = 20) {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
  }

  /** Take all messages from the queue of a stopped port. */
  drain(port) {
    const got = [];
    let received;

    while ((received = this.wt.receiveMessageOnPort(port))) got.push(received.message);
    return got;
  }

  async end() {
    for (const action of this.#undo) action();

    const ends = [];
    for (const thing of this.#open) {
      if (thing.terminate) ends.push(thing.terminate());
      else thing.close();
    }

    let timer;
    const late = new Promise((resolve, reject) => {
      const error = new Error(`${this.name}: a worker did not terminate in ${END_LIMIT} ms`);
      timer = setTimeout(reject, END_LIMIT, error);
    });
    await Promise.race([Promise.all(ends), late]).finally(() => clearTimeout(timer));
  }
}

module.exports = { Scene };
