'use strict';

/*
 * node-threads.js - Node's original worker_threads. All of lib/ takes Node's classes and
 * functions from here, because `require('node:worker_threads')` returns ringport's while
 * `ringport/register` is in effect.
 */

const threads = require('node:worker_threads');

const { copyTo } = require('./copy-to');

/**
 * Property of worker_threads while any copy of ringport is registered: Node's originals.
 */
const kOriginals = Symbol.for('ringport.originals');

/* Keep the current parentPort and workerData, even if another copy has replaced them: its
 * parentPort is the one that is connected to the parent. */
const { parentPort, workerData } = threads;

module.exports = copyTo({}, threads);
if (threads[kOriginals] !== undefined) copyTo(module.exports, threads[kOriginals]);
copyTo(module.exports, { parentPort, workerData });
