'use strict';

/*
 * Where the aggregate is: in a worker, behind the module that is named, or in this
 * thread. Both have the same methods, so that one loop drives them.
 */

const path = require('node:path');
const { Aggregate } = require('./aggregate');

const ACK_EVERY = 1024;
const WINDOW = 8 * ACK_EVERY;

class InWorker {
  #worker;
  #credit = WINDOW;
  #more = null;
  #answer = null;

  /** @param {string} module a name or path of worker_threads, or of ringport */
  constructor(module) {
    const { Worker } = require(module);

    this.#worker = new Worker(path.join(__dirname, 'worker.js'), {
      workerData: { module, ackEvery: ACK_EVERY },
    });
    this.#worker.on('message', (message) => this.#onMessage(message));
  }

  #onMessage(message) {
    if (message !== 'ack') {
      this.#answer(message);
      return;
    }
    this.#credit += ACK_EVERY;
    this.#more?.();
  }

  /** The lines of file number `file` follow. */
  name(file, name) {
    this.#worker.postMessage({ file, name });
  }

  send(record) {
    this.#credit--;
    this.#worker.postMessage(record);
  }

  /** Wait until there is room for `count` records. */
  async room(count) {
    while (this.#credit < count) await new Promise((resolve) => { this.#more = resolve; });
  }

  /**
   * The figures of a file; null: of all. What was sent before is in it. One question at a
   * time.
   */
  ask(about) {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#worker.postMessage({ about });
    });
  }

  async stop() {
    await this.#worker.terminate();
  }
}

class InThisThread {
  #aggregate = new Aggregate();

  name(file, name) {
    this.#aggregate.name(file, name);
  }

  send(record) {
    this.#aggregate.add(record);
  }

  async room() {}

  async ask(about) {
    return about === null ? this.#aggregate.total : this.#aggregate.of(about);
  }

  async stop() {}
}

module.exports = { InThisThread, InWorker };
