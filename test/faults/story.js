'use strict';

/*
 * story.js - the operations of the worker that kill.js stops: everything that the addon
 * can do. It completes whatever its peers do meanwhile.
 *
 * `returned` counts the messages whose post has returned, by stream.
 */

const { once } = require('node:events');
const threads = require('node:worker_threads');

/* The thread needs an environment before, to stop while it creates another one. */
const first = { exports: {} };

process.dlopen(first, process.env.RINGPORT_BINARY);
first.exports.faultStopAt(process.argv[2], Number(process.argv[3]));

const ringport = require('../../lib');
const { message, record } = require('./values');
const { MessageChannel, MessagePort, RingBuffer, Worker, parentPort, receiveMessageOnPort } = ringport;
const { port, counters, rings } = ringport.workerData;
const returned = new Int32Array(counters);

const streams = { parent: 0, port: 1, channel: 2 };

/** Post the next message of a stream, and count it once post has returned. */
function post(stream, kind, more, list) {
  const index = streams[stream];
  const to = { parent: parentPort, port, channel: channel?.port1 }[stream];
  const result = to.postMessage({ ...message(stream, returned[index], kind), ...more }, list);

  if (result !== undefined || stream === 'parent') Atomics.add(returned, index, 1);
}

let channel = null;

/** Stops waiting when the port closes. */
async function orClosed(promise, of) {
  const over = new AbortController();

  await Promise.race([promise, once(of, 'close', { signal: over.signal }).catch(() => {})]);
  over.abort();
}

function messages() {
  for (let i = 0; i < 6; i++) {
    post('port');
    post('parent');
  }
  post('parent', 'small', { shared: new SharedArrayBuffer(8) }); // which only Node can carry
  for (const kind of ['string', 'bytes', 'numbers']) post('port', kind);
  for (let i = 0; i < 200; i++) post('port');

  const many = Array.from({ length: 20 }, (_, i) => message('port', returned[streams.port] + i));

  port.postMessages(many);
  Atomics.add(returned, streams.port, many.length);
  try {
    port.postMessage(['z'.repeat(100_000), () => {}]);
  } catch (error) {
    if (error.name !== 'DataCloneError') throw error;
  }
}

function ports() {
  const refused = new MessageChannel();

  channel = new MessageChannel({ highWaterMark: 2000 });
  channel.port1.on('message', () => {}).unref();
  post('channel');
  post('port', 'small', { port: channel.port2 }, [channel.port2]);
  for (let i = 0; i < 5; i++) post('channel', i === 3 ? 'bytes' : 'small');

  const node = new threads.MessageChannel();
  let refusal;

  /* Node rejects the message after our port is in transit. */
  try {
    port.postMessage({ port: refused.port2, node: node.port1 }, [refused.port2]);
  } catch (error) {
    refusal = error;
  }
  if (!refusal) throw new Error('a port of Node\'s cannot be cloned');
  node.port1.close();
}

/** Wait until the peer has caught up with the messages of ports(). */
async function backpressure() {
  if (!channel.port1.writableNeedDrain) return;
  try {
    await channel.port1.drained();
  } catch (error) {
    if (error.code !== 'ERR_RINGPORT_CLOSED') throw error;
  }
}

/**
 * Detach and attach. The peer is in a thread that lives on, and notices a lost handle.
 */
function handles(gift) {
  const back = MessagePort.from(gift.detach());

  if (receiveMessageOnPort(back)?.message !== 'hello') throw new Error('a message got lost on a journey');
  back.close();
}

async function receiving() {
  for (let i = 0; i < 4; i++) receiveMessageOnPort(port);

  const gift = receiveMessageOnPort(port)?.message.port;

  if (gift) handles(gift);
  /* Otherwise the closing ports would keep the thread from spinning. */
  for (let i = 0; i < 2; i++) await new Promise(setImmediate);

  port.receiveViews = true;
  post('parent', 'small', { wants: 'views' });

  await orClosed(new Promise((resolve) => {
    port.on('message', (received) => {
      if (received.last) resolve();
    });
  }), port);
  port.removeAllListeners('message');
  while (receiveMessageOnPort(port, { timeout: 3 }) !== undefined);
}

/** Requests that the peer echoes, also when it has been transferred meanwhile. */
async function calls() {
  try {
    for (const value of ['sync', 'y'.repeat(100_000)]) {
      if (port.requestSync(value) !== value) throw new Error('the answer is wrong');
    }
    if (await port.request('async') !== 'async') throw new Error('the answer is wrong');
  } catch (error) {
    if (error.code !== 'ERR_RINGPORT_CLOSED') throw error;
  }
}

/** What a child blocks for may come by Node; see blocked.h. */
async function nudged() {
  const awaited = new Int32Array(new SharedArrayBuffer(4));
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const child = new Worker(`
    const { parentPort, receiveMessageOnPort, workerData } = require(${JSON.stringify(require.resolve('../../lib'))});

    while (workerData[0] < 3) {
      if (receiveMessageOnPort(parentPort) !== undefined) continue;
      receiveMessageOnPort(parentPort, { timeout: 30_000 });
      Atomics.add(workerData, 0, 1);
    }`, { eval: true, workerData: awaited });

  child.on('error', () => {}); // terminated
  /* What a getter posts goes the way of its message, which has begun by Node. */
  child.postMessage({
    get all() {
      for (let i = 0; i < 5000 && Atomics.load(awaited, 0) < 3; i++) {
        child.postMessage(i);
        Atomics.wait(nap, 0, 0, 2);
      }
      return true;
    },
  });
  await once(child, 'exit');
}

async function workers() {
  const gone = new MessageChannel();
  const child = new Worker(`require(${JSON.stringify(require.resolve('../../lib'))});`,
    { eval: true, workerData: { port: gone.port2 }, transferList: [gone.port2] });

  await once(child, 'exit');

  const lost = new MessageChannel();
  const deaf = new Worker('', { eval: true, workerData: { port: lost.port2 }, transferList: [lost.port2] });

  await Promise.all([once(deaf, 'exit'), once(lost.port1, 'close')]);
}

async function ringBuffers(name) {
  const up = new RingBuffer(rings[name].up);
  const down = new RingBuffer(rings[name].down);
  const written = new Int32Array(rings[name].written);
  let number = 0;
  const wrote = (count = 1) => {
    number += count;
    Atomics.add(written, 0, count);
  };

  for (let i = 0; i < 3; i++) {
    up.write(record(number));
    wrote();
  }
  up.waitWritable({ timeout: 1, length: 8 });
  wrote(up.writeMany([record(number), record(number + 1), record(number + 2)]));

  const bytes = record(number);

  up.claim(bytes.length).set(bytes);
  up.commit();
  wrote();
  up.claim(20);
  up.abort();
  down.read();
  down.peek();
  down.release();
  down.drain(() => {});
  down.waitReadable({ timeout: 1 });
  await down.readable({ timeout: 3 });
  up.close();
  down.detach();
}

async function main() {
  messages();
  ports();
  await backpressure();
  await calls();
  await receiving();
  await nudged();
  await workers();
  for (const name of Object.keys(rings)) await ringBuffers(name);
  post('parent', 'small', { reached: JSON.stringify(first.exports.faultReached()) });

  const closed = [once(port, 'close'), once(channel.port1, 'close')];

  port.close();
  channel.port1.close();
  await Promise.all(closed);
  new MessageChannel();
}

main();
