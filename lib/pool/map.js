'use strict';

/* map.js - Pool.map(): a task for each value of an iterable. */

const { setMaxListeners } = require('node:events');

const { checkKnown } = require('../loading/check-options');
const { withCode } = require('../codec/errors');

const KNOWN = ['concurrency', 'ordered', 'transferList', 'filename', 'name', 'signal', 'priority', 'timeout'];

function iteratorOf(values) {
  const method = values?.[Symbol.asyncIterator] ?? values?.[Symbol.iterator];

  if (typeof method !== 'function') {
    throw withCode(new TypeError('The "values" argument must be an iterable'), 'ERR_INVALID_ARG_TYPE');
  }
  return method.call(values);
}

/** A signal that follows another one, which may be an EventEmitter. */
function follow(signal, controller) {
  const abort = () => controller.abort(signal.reason);

  if (signal === undefined || signal === null) return () => {};
  if (signal.aborted) abort();
  if (typeof signal.addEventListener === 'function') {
    signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  }
  signal.once('abort', abort);
  return () => signal.removeListener('abort', abort);
}

/** @see Pool.map() */
function mapTasks(run, values, options, capacity) {
  if (options === null || typeof options !== 'object') {
    throw withCode(new TypeError('options must be an object'), 'ERR_INVALID_ARG_TYPE');
  }
  checkKnown('options', options, KNOWN);

  const { concurrency = capacity, ordered = true, signal, ...rest } = options;

  if (!(Number.isInteger(concurrency) && concurrency > 0)) {
    throw withCode(new RangeError('options.concurrency must be a positive integer'), 'ERR_OUT_OF_RANGE');
  }
  if (typeof ordered !== 'boolean') {
    throw withCode(new TypeError('options.ordered must be a boolean'), 'ERR_INVALID_ARG_TYPE');
  }
  return results(run, iteratorOf(values), rest, concurrency, ordered, signal);
}

async function* results(run, iterator, options, concurrency, ordered, outer) {
  const controller = new AbortController();
  const unfollow = follow(outer, controller);
  const { signal } = controller;

  setMaxListeners(0, signal); // each task adds one
  /** Tasks that have not been yielded, in the order of the values. */
  const open = [];
  let isOver = false;

  const start = (value) => {
    const entry = { isDone: false, promise: null };

    entry.promise = run(value, { ...options, signal }).then((result) => {
      entry.isDone = true;
      return { entry, result };
    });
    entry.promise.catch(() => {}); // it is awaited later
    open.push(entry);
  };

  try {
    for (;;) {
      while (!isOver && open.length < concurrency) {
        const { done, value } = await iterator.next();

        if (done) isOver = true;
        else start(await value);
        if (ordered ? open[0]?.isDone : open.some((each) => each.isDone)) break;
      }
      if (open.length === 0) return;

      const next = ordered ? open[0].promise : Promise.race(open.map(({ promise }) => promise));
      const { entry, result } = await next;

      open.splice(open.indexOf(entry), 1);
      yield result;
    }
  } finally {
    unfollow();
    if (open.length > 0) controller.abort(new Error('The loop over map() has ended'));
    if (!isOver) await iterator.return?.();
  }
}

module.exports = { mapTasks };
