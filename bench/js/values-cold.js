'use strict';

/*
 * values-cold.js - the process of a kind for values.js --cold: NAME IMPLEMENTATION.
 * Prints the time until a fresh worker has answered the first message, and the first 20.
 */

const { isMainThread, workerData } = require('node:worker_threads');
const { variants } = require('./kinds');
const { load } = require('./threads');

const MANY = 20;

/** Answers the first message and the last one. */
function answer({ parentPort }) {
  let count = 0;

  parentPort.on('message', () => {
    count++;
    if (count === 1 || count === MANY) parentPort.postMessage(count);
  });
  parentPort.postMessage('ready');
}

async function main([name, implementation]) {
  const { Worker } = load(implementation);
  const values = variants(name);
  const worker = new Worker(__filename, { workerData: implementation });
  const heard = () => new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });

  await heard();

  const begin = performance.now();

  worker.postMessage(values[0]);
  await heard();

  const first = performance.now() - begin;

  for (let i = 1; i < MANY; i++) worker.postMessage(values[i % values.length]);
  await heard();

  const result = { 'first': first * 1000, 'first 20': (performance.now() - begin) * 1000 };

  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

if (isMainThread) main(process.argv.slice(2));
else answer(load(workerData));
