'use strict';

/*
 * link.js - the way from a worker to its ThreadStream. It is weak while the stream is
 * idle: a stream that nobody can reach any more is collected, and its worker ends.
 */

/** Terminates the worker of a stream that was collected. */
const unreachable = new FinalizationRegistry((link) => {
  if (!link.exited) link.worker.terminate();
});

class Link {
  exited = false;
  /** @type {Worker} */
  worker;
  #strong;
  #weak;

  constructor(stream) {
    this.#strong = stream;
    this.#weak = new WeakRef(stream);
  }

  set isStrong(isStrong) {
    this.#strong = isStrong ? this.#weak.deref() : undefined;
  }

  /** @returns {ThreadStream | undefined} */
  get stream() {
    return this.#strong ?? this.#weak.deref();
  }
}

module.exports = { Link, unreachable };
