'use strict';

/*
 * sampler.js - what only the thread itself can say for `ringport top`: how late its event
 * loop is, how busy, what its ports belong to, and its pools. It answers when it is asked
 * by a BroadcastChannel, which keeps no thread alive.
 */

const { monitorEventLoopDelay, performance } = require('node:perf_hooks');

const { Pool } = require('../pool/index');
const { endpointAt } = require('../ports/table');
const { binding, define, endpoints, local, threads, FOR_TOP } = require('../loading/native');

/** Of the timer that measures the delay, in milliseconds. */
const RESOLUTION = 20;
/** Milliseconds between two answers at least: asked while blocked, answer once. */
const PAUSE = 100;

const { BroadcastChannel, MessagePort, Worker, threadId } = threads;

/** A Worker of ringport has started this thread. */
const isWorker = local.parentPort !== null;

/** The pools of this thread, by number. @type {Map<number, WeakRef<Pool>>} */
const pools = new Map();
let lastPool = 0;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
let isWatched = false;
let used = performance.eventLoopUtilization();
let answered = 0;

/** List each Pool from its construction to its 'close'. */
function notePools() {
  const Base = Object.getPrototypeOf(Pool);

  /* Only the chain of constructors changes, so that lib/pool needs no hook. */
  Object.setPrototypeOf(Pool, class extends Base {
    constructor(...args) {
      super(...args);

      const id = ++lastPool;

      pools.set(id, new WeakRef(this));
      this.once('close', () => pools.delete(id));
    }
  });
}

/**
 * What a slot belongs to. A Worker and parentPort have a function there before they need
 * an Endpoint, and the owner of parentPort's is an object of worker/parent-receive.js.
 */
function nameOf(slot, owner) {
  if (owner instanceof MessagePort) return 'MessagePort';
  if (owner instanceof Worker) return 'Worker';
  return isWorker && require('../worker/parent-receive').port.slot === slot ? 'parentPort' : 'Worker';
}

/** @returns {object[]} the slots of this thread */
function describePorts() {
  const list = [];

  for (let slot = 0; slot < endpoints.length; slot++) {
    const endpoint = endpointAt(slot);

    if (endpoint === undefined || endpoint === null) continue;
    list.push({ slot, of: nameOf(slot, endpoint.owner), queuedBytes: endpoint.flow?.length });
  }
  return list;
}

function describePools() {
  const list = [];

  for (const [id, reference] of pools) {
    const pool = reference.deref();

    if (pool === undefined) {
      pools.delete(id);
      continue;
    }
    try {
      const { filename } = pool.options;

      list.push({
        ...pool.stats(), workers: undefined, id,
        filename: filename === null ? null : String(filename),
      });
    } catch {
      pools.delete(id); // its constructor has thrown after notePools()
    }
  }
  return list;
}

function milliseconds(nanoseconds) {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION);
}

/** Describe this thread since the last time; the first time nothing was measured yet. */
function sample(isFirst) {
  const now = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(now, used);
  const isMeasured = delay.count > 0;
  const described = {
    threadId, utilization: isFirst ? null : utilization,
    delay: isMeasured ? {
      p50: milliseconds(delay.percentile(50)),
      p99: milliseconds(delay.percentile(99)),
      max: milliseconds(delay.max),
    } : null,
    ports: describePorts(),
    pools: describePools(),
  };

  used = now;
  delay.reset();
  return described;
}

/** Measure while somebody watches. @returns {boolean} whether it has begun just now */
function watch(isWanted) {
  if (isWanted === isWatched) return false;
  isWatched = isWanted;
  used = performance.eventLoopUtilization();
  if (isWanted) delay.enable();
  else delay.disable();
  return isWanted;
}

/**
 * Answer the questions of bin/top/server.js.
 * @param {string} name of the channel; `${name}.answers` is that of the answers
 */
function answer(name) {
  const questions = new BroadcastChannel(name);

  notePools();
  questions.onmessage = ({ data: isAsked }) => {
    const now = performance.now();
    const isFirst = watch(isAsked);

    if (!isAsked || now - answered < PAUSE) return;
    answered = now;

    /* Not one that stays: it would receive the answers of all other threads. */
    const answers = new BroadcastChannel(`${name}.answers`);

    answers.postMessage(sample(isFirst));
    answers.close();
  };
  questions.unref();
  define(FOR_TOP);
  binding.answers();
}

module.exports = { answer };
