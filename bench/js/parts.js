'use strict';

/*
 * parts.js - the cost of each part of a small message, in ns: the fastest of nine runs.
 * See docs/performance.md.
 *
 *   node bench/js/parts.js
 */

const os = require('node:os');
const rp = require('../../lib');
const codec = require('../../lib/codec');
const { tick } = require('../../lib/ports/async-context');
const { binding, control, COUNT } = require('../../lib/loading/native');
const { variants } = require('./payloads');

const WARM = 300000;
const STRETCHES = 9;
const STRETCH = 200000;
const MASK = 1023;

function show(name, operation) {
  let best = Infinity;
  for (let i = 0; i < WARM; i++) {
    operation(i & MASK);
  }
  for (let k = 0; k < STRETCHES; k++) {
    const begin = performance.now();
    for (let i = 0; i < STRETCH; i++) {
      operation(i & MASK);
    }
    best = Math.min(best, (performance.now() - begin) * 1e6 / STRETCH);
  }
  console.log(`${name.padEnd(40)} ${best.toFixed(1).padStart(6)}`);
}

/** Encoded messages as in an inbox: [bytes, offsets, lengths]. */
function encoded(values) {
  const bytes = new Uint8Array(256 * 1024);
  const offsets = [];
  const lengths = [];
  let at = 0;
  for (const value of values) {
    const start = codec.encode(value, null);
    bytes.set(codec.scratch.subarray(start, codec.end), at);
    offsets.push(at);
    lengths.push(codec.end - start);
    at += Math.ceil((codec.end - start) / 8) * 8;
    codec.release(start);
  }
  return [bytes, offsets, lengths];
}

console.log(`${os.cpus()[0].model.trim()}, Node ${process.versions.node}; ns, the fastest of ${STRETCHES}`);

/* Sending a message sets the codec's hooks. */
const { port1, port2 } = new rp.MessageChannel();
port1.postMessage(0);
rp.receiveMessageOnPort(port2);

control[COUNT] = 0;
show('the loop itself', () => {});
const { release } = binding;
show('a Node-API call with one argument', () => release(0));
if (tick !== undefined) show('ticks and microtasks: none there', () => tick());
for (const name of ['number', 'string 12', '{action, powerLevel}', '5 fields']) {
  const values = variants(name).slice(0, MASK + 1);
  const [bytes, offsets, lengths] = encoded(values);
  show(`encode: ${name}`, (i) => codec.release(codec.encode(values[i], null)));
  show(`decode: ${name}`, (i) => codec.decode(bytes, offsets[i], lengths[i], null));
}
