'use strict';

/*
 * threads.js - worker_threads as Node made it. Everything in lib/ takes Node's own classes and functions
 * from here: with `ringport/register` in effect, `require('node:worker_threads')` gives ours.
 */

const threads = require('node:worker_threads');

/** While registered, by whichever copy of ringport, worker_threads has Node's own under this key. */
const kOriginals = Symbol.for('ringport.originals');

/* Those of the thread itself are what they are now: a parentPort of ours is connected to its parent. */
const { parentPort, workerData } = threads;

module.exports = { ...threads, ...threads[kOriginals], parentPort, workerData };
