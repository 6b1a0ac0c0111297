'use strict';

/*
 * node-threads.js - worker_threads as Node made it. Everything in lib/ takes Node's own classes and functions
 * from here: with `ringport/register` in effect, `require('node:worker_threads')` gives ours.
 */

const threads = require('node:worker_threads');

const { copyTo } = require('./copy-to');

/** While registered, by whichever copy of ringport, worker_threads has Node's own under this key. */
const kOriginals = Symbol.for('ringport.originals');

/* Those of the thread itself are what they are now: a parentPort of ours is connected to its parent. */
const { parentPort, workerData } = threads;

module.exports = copyTo({}, threads);
if (threads[kOriginals] !== undefined) copyTo(module.exports, threads[kOriginals]);
copyTo(module.exports, { parentPort, workerData });
