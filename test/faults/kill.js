'use strict';

// node test/faults/kill.js <end> <point> <nth> [<end> <point> <nth>]...
//   with RINGPORT_BINARY: the faults build
//
// Runs the operations of story.js in a worker, stops it when it reaches the point for the
// nth time, ends it or its peers as <end> says, and lets it continue. Prints one line of
// JSON for each: { stopped, wrong }.

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const v8 = require('node:v8');

const binding = require('../../lib/binding');
const ringport = require('../../lib');
const { holdings } = require('../js/support/holdings');
const { message, check, record, checkRecord } = require('./values');

const { MessageChannel, RingBuffer, Worker, receiveMessageOnPort } = ringport;

/** Time limit of each step, also on a busy machine. */
const LIMIT = 60_000;
/** After this time, a stopped thread continues: it may hold a lock that others need. */
const LOCKED = 60;
/** Usual time for messages in transit to arrive. */
const LEAVING = 1500;
const MODES = ['spsc', 'mpsc', 'mpmc'];

v8.setFlagsFromString('--expose-gc');

const gc = vm.runInNewContext('gc');
const turn = () => new Promise((resolve) => { setImmediate(resolve); });
const nap = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Wait for an event, or fail. */
async function inTime(what, promise) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} does not come`)), LIMIT);
  });

  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One end of a channel, in any thread: checks its messages, in order, up to 'close'. */
class Listener {
  next = 0;

  constructor(stream, port) {
    this.stream = stream;
    this.closed = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.closed.catch(() => {});
    this.listen(port);
  }

  listen(port) {
    this.port = port;
    port.handle((value) => value);
    port.on('message', (received) => {
      try {
        this.next = check(received, this.stream, this.next) + 1;
        if (received.port) this.got?.(received.port);
      } catch (error) {
        this.reject(error);
      }
    });
    port.on('messageerror', this.reject);
    port.on('close', () => port === this.port && this.resolve());
  }

  /** Transfer the port to its own thread; the new port receives the rest. */
  transfer() {
    const { port1, port2 } = new MessageChannel();

    this.port.removeAllListeners('message');
    try {
      port1.postMessage({ port: this.port }, [this.port]);
    } catch (error) {
      if (error.name !== 'DataCloneError') throw error;
      return; // it has just closed
    } finally {
      port1.close();
    }
    const { port } = receiveMessageOnPort(port2).message;

    port2.close();
    this.listen(port);
  }
}

/** Post the main thread's messages to the worker. */
function feed(port) {
  const gift = new MessageChannel({ highWaterMark: 1 });

  ['small', 'string', 'bytes', 'numbers'].forEach((kind, i) => port.postMessage(message('down', i, kind)));
  port.postMessage({ port: gift.port2 }, [gift.port2]);
  for (let i = 0; i < 20; i++) port.postMessage(message('down', i));
  gift.port1.postMessage('hello');
  return gift.port1;
}

function makeRing(mode) {
  const make = () => new RingBuffer(4096, { mode });
  const up = make();
  const down = make();

  for (let i = 0; i < 6; i++) down.write(record(i));
  return { up, down, written: new Int32Array(new SharedArrayBuffer(4)), next: 0 };
}

/** Read the worker's records until the ring has ended. */
async function readAll(ring) {
  while (!ring.up.ended) {
    for (let bytes; (bytes = ring.up.read()) !== null;) checkRecord(bytes, ring.next++);
    await ring.up.readable();
  }
}

const ENDS = {
  terminate: ({ worker }) => { worker.terminate(); },
  close: ({ port, channel }) => [port, channel].forEach((listener) => listener?.port.close()),
  transfer: ({ port, channel }) => [port, channel].forEach((listener) => listener?.transfer()),
  exit: () => process.exit(0),
  nothing: () => {},
};

async function play(end, point, nth) {
  const counters = new Int32Array(new SharedArrayBuffer(12));
  const { port1, port2 } = new MessageChannel();
  const scene = { port: new Listener('port', port1), channel: null };
  const rings = Object.fromEntries(MODES.map((mode) => [mode, makeRing(mode)]));
  const gift = feed(port1);
  const gifted = once(gift, 'close');
  const shared = Object.fromEntries(Object.entries(rings).map(([mode, { up, down, written }]) =>
    [mode, { up: up.buffer, down: down.buffer, written: written.buffer }]));
  const worker = scene.worker = new Worker(path.join(__dirname, 'story.js'), {
    argv: [point, nth],
    workerData: { port: port2, counters: counters.buffer, rings: shared },
    transferList: [port2],
  });
  let parentNext = 0;
  let reached;
  let stopped = false;
  let wrong;
  const exit = once(worker, 'exit');
  const reading = Promise.all(Object.values(rings).map(readAll));

  reading.catch(() => {});
  scene.port.got = (port) => { scene.channel = new Listener('channel', port); };
  worker.on('error', (error) => { wrong = error; });
  worker.on('message', ({ wants, reached: counts, ...received }) => {
    if (wants === 'views') {
      for (const kind of ['bytes', 'bytes', 'string']) scene.port.port.postMessage(message('down', 9, kind));
      /* Not while the worker still reads the others: it spins. */
      nap(10).then(() => scene.port.port.postMessage({ last: true }));
    }
    reached ??= counts;
    try {
      parentNext = check(received, 'parent', parentNext) + 1;
    } catch (error) {
      wrong = error;
    }
  });

  let over = false;

  exit.then(() => { over = true; });
  for (const start = Date.now(); !over && !stopped && Date.now() - start < LIMIT;) {
    stopped = binding.faultStopped();
    await nap(1);
  }
  if (stopped) {
    binding.faultLetGo(LOCKED);
    ENDS[end](scene);
    await turn();
    await turn();
    binding.faultLetGo(0);
  }
  await inTime('\'exit\'', exit);
  if (wrong) throw wrong;
  /* A port that arrives after its peer has closed emits 'close' at its new owner. */
  await inTime('\'close\'', scene.port.closed);
  if (scene.channel) await inTime('\'close\' of a port of the worker', scene.channel.closed);
  await inTime('\'close\' of a port for the worker', gifted);
  for (const { up, down } of Object.values(rings)) {
    up.close();
    down.close();
  }
  await inTime('the end of a ring', reading);
  Object.values(rings).forEach(({ up, down }) => [up, down].forEach((ring) => ring.detach()));

  /* What a peer has closed is not sent, so only where nobody closes can all be counted.
   * */
  if (end !== 'close') {
    assert.ok(parentNext >= counters[0], `${parentNext} of ${counters[0]} messages of parentPort`);
    assert.ok(scene.port.next >= counters[1], `${scene.port.next} of ${counters[1]} messages of the port`);
    if (scene.channel) assert.ok(scene.channel.next >= counters[2], 'messages of the channel');
  }
  for (const [mode, { written, next }] of Object.entries(rings)) {
    assert.ok(next >= written[0], `${next} of ${written[0]} records in ${mode}`);
  }
  return { stopped, reached: reached && JSON.parse(reached) };
}

/** Count all resources, once nothing is in transit. */
function token_held() {
  return { ...holdings(), memory: binding.faultLive(), workers: ringport.threads().length };
}

/** @returns {Promise<boolean>} whether, after a while, no count is higher than before */
async function nothingLeft(before, limit) {
  for (const start = Date.now(); Date.now() - start < limit;) {
    const now = token_held();

    if (Object.keys(now).every((key) => now[key] <= before[key])) return true;
    gc();
    await nap(10);
  }
  return false;
}

async function main() {
  const [, , ...args] = process.argv;
  const say = (line) => fs.writeSync(1, `${JSON.stringify(line)}\n`);

  binding.faultKeep(0);
  if (args[0] === 'exit') {
    process.on('exit', () => say({ stopped: binding.faultStopped() }));
    await play(...args);
    return;
  }

  for (let i = 0; i < 4; i++) await play('nothing', '', 0);
  for (let i = 0; i < 4; i++) await play('terminate', 'chain:claimed', 10);
  gc();
  await nap(30);
  gc();
  await nap(30);

  let before = token_held();

  for (let i = 0; i < args.length; i += 3) {
    const [end, point, nth] = args.slice(i, i + 3);
    const from = Date.now();
    let line;

    try {
      line = await play(end, point, Number(nth));
      if (!(await nothingLeft(before, LEAVING))) {
        /* New shapes and compiled code are kept for good, once. */
        before = token_held();
        await play(end, point, Number(nth));
        assert.ok(await nothingLeft(before, LIMIT), `left: ${JSON.stringify([before, token_held()])}`);
      }
    } catch (error) {
      line = { ...line, wrong: error.stack };
      before = token_held();
    }
    say({ end, point, nth, ms: Date.now() - from, ...line, reached: end === 'nothing' ? line.reached : undefined });
  }
}

main();
