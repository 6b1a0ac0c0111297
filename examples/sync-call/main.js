'use strict';

const path = require('node:path');

const { Worker, wrapSync } = require('ringport');

const worker = new Worker(path.join(__dirname, 'worker.js'));
const files = wrapSync(worker, { timeout: 10_000 });

worker.unref(); // the program ends when there is nothing else to do

/* A getter cannot be asynchronous. What it needs is. */
const project = {
  get lines() {
    return files.countLines(path.join(__dirname, 'worker.js'));
  },
};

console.log(`worker.js has ${project.lines} lines`);
try {
  files.countLines('/no/such/file');
} catch (error) {
  console.log(`${error.name}: ${error.code}`);
}
