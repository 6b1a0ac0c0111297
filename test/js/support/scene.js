'use strict';

const { open } = require('./program');

/* How long clean-up may take before it counts as a hang. */
const END_LIMIT = 60000;

/**
 * One run of a scenario on one implementation: what it recorded, and everything it opened.
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

  /** Record an entry; entries of both runs are compared with deepStrictEqual. */
  note(...entry) {
    this.log.push(entry);
  }

  plain(error) {
    return this.tools.plain(error);
  }

  /** Record what `action` returns or throws, and return it. */
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

  /** Close or terminate `thing` when the scenario ends, however it ends. */
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

  /** A worker that runs the source text of `run(wt, tools)`. */
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
   * The next `name` event of a port, worker or emitter: a promise of its first argument. The exit of a
   * worker may have been long ago.
   */
  next(target, name) {
    if (name === 'exit' && this.#exits.has(target)) return this.#exits.get(target);
    return new Promise((resolve) => target.once(name, resolve));
  }

  /** A promise of the next `count` messages, in order. */
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

  /** `count` turns of the event loop: with none left to come, what has not happened will not. */
  async turns(count = 20) {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
  }

  /** Everything left in the queue of a stopped port. */
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
