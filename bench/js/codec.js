'use strict';

/*
 * codec.js - the cost of encoding and decoding alone, in ns per value.
 *
 *   node bench/js/codec.js [--rounds N] [--json]
 *
 * encode and decode are what a port does (shapes by id). serialize and deserialize use
 * the self-contained form; they are compared with v8.serialize, structuredClone, JSON and
 * msgpackr with shared structures. Competitors take turns in slices of 0.2 ms, too short
 * to be interrupted often. A figure is the median of the slices, with the fastest in
 * brackets.
 */

const os = require('node:os');
const v8 = require('node:v8');
const codec = require('../../lib/codec');

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 151;

const values = {
  number: 42,
  'string, 12 characters': 'hello, world',
  '{action, powerLevel}': { action: 'pewpewpew', powerLevel: 9001 },
  '5-field object': { id: 7, name: 'Ada', score: 1.5, active: true, tag: 'first' },
  '20-field object': Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field${i}`, i % 2 ? `v${i}` : i])),
  'nested with arrays': {
    user: { id: 1, name: 'Ada', roles: ['admin', 'dev'] }, items: [{ sku: 'a1', n: 2 }, { sku: 'b2', n: 1 }], total: 12.5,
  },
  '20 rows': Array.from({ length: 20 }, (_, i) => ({ id: i, name: `row ${i}`, score: i * 1.5 })),
  '100 small ints': Array.from({ length: 100 }, (_, i) => i),
  '1000 doubles': Array.from({ length: 1000 }, (_, i) => i + 0.5),
  'Map, 2 entries': new Map([['a', 1], ['b', 2]]),
  Date: new Date(1700000000000),
  'string, 1 KiB': 'x'.repeat(1024),
  'string, 128 wide': '\u2021'.repeat(128),
  'Uint8Array, 1 KiB': new Uint8Array(1024),
  'same object twice': ((o) => [o, o])({ x: 1 }),
};

/** A shape registry, as lib/ports provides to the codec. */
function registry() {
  const texts = [];
  return {
    internShape: (text) => (texts.includes(text) ? texts.indexOf(text) : texts.push(text) - 1),
    shapeKeys: (id) => texts[id],
  };
}
codec.attach(registry());

function contenders() {
  const list = [
    ['encode', (value) => { codec.release(codec.encode(value, null)); }],
    ['decode', (inbox) => codec.decode(inbox.u8, 0, inbox.length, null), (value) => {
      const start = codec.encode(value, null);
      const inbox = { u8: new Uint8Array(64 * 1024), length: codec.end - start };
      inbox.u8.set(codec.scratch.subarray(start, codec.end));
      codec.release(start);
      return inbox;
    }],
    ['serialize', codec.serialize],
    ['deserialize', codec.deserialize, codec.serialize],
    ['v8.serialize', v8.serialize],
    ['v8.deserialize', v8.deserialize, v8.serialize],
    ['structuredClone', structuredClone],
    ['JSON.stringify', JSON.stringify],
    ['JSON.parse', JSON.parse, JSON.stringify],
  ];
  const { Packr } = require('msgpackr');
  const packr = new Packr({ structures: [] });

  list.push(['msgpackr.pack', (value) => packr.pack(value)]);
  list.push(['msgpackr.unpack', (bytes) => packr.unpack(bytes), (value) => Buffer.from(packr.pack(value))]);
  return list;
}

function time(fn, input, count) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) fn(input);
  return Number(process.hrtime.bigint() - start) / count;
}

function summary(numbers) {
  numbers.sort((a, b) => a - b);
  const [min, median, max] = [0, numbers.length >> 1, numbers.length - 1].map((i) => numbers[i]);
  return { median: Math.round(median), min: Math.round(min), max: Math.round(max) };
}

const list = contenders();
const results = {};
// Process every kind of value before measuring: real programs are not monomorphic.
for (let warm = 0; warm < 300; warm++) {
  for (const value of Object.values(values)) {
    for (const [, fn, prepare] of list) fn(prepare === undefined ? value : prepare(value));
  }
}
for (const [name, value] of Object.entries(values)) {
  results[name] = {};
  const inputs = list.map(([, , prepare]) => (prepare === undefined ? value : prepare(value)));
  const times = list.map(() => []);
  const counts = list.map(([, fn], i) => {
    const once = time(fn, inputs[i], 1000);
    return Math.max(5, Math.round(2e5 / once));
  });
  for (let round = 0; round < rounds; round++) {
    list.forEach(([, fn], i) => times[i].push(time(fn, inputs[i], counts[i])));
  }
  list.forEach(([key], i) => { results[name][key] = summary(times[i]); });
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(results));
} else {
  console.log(`node ${process.version}, ${os.cpus()[0].model.trim()}: ns a value`);
  const keys = list.map(([key]) => key);
  const row = (name, cells) => console.log(`| ${name.padEnd(22)} | ${cells.join(' | ')} |`);
  row('median (fastest)', keys.map((key) => key.padStart(15)));
  row('---', keys.map(() => '---:'.padStart(15)));
  for (const [name, result] of Object.entries(results)) {
    row(name, keys.map((key) => `${result[key].median} (${result[key].min})`.padStart(15)));
  }
}
