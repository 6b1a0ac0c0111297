'use strict';

// node test/faults/memory.js     (RINGPORT_BINARY: the faults build)
//
// Runs the same operations again and again. In run n, the addon's n-th allocation fails;
// then the creation of each thread's doorbell. A call must either report the lack of
// memory or succeed; what was sent must arrive, and everything must close. Prints one
// line of JSON for each n: { kind, n, wrong }.

const { once } = require('node:events');
const fs = require('node:fs');

const binding = require('../../lib/binding');
const { MessageChannel, RingBuffer, Worker } = require('../../lib');

/** Calls that can fail, by their number in faults.c. */
const KINDS = { allocation: 0, doorbell: 1 };
const LIMIT = 60_000;
const nap = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** The only error that is allowed. */
function refuse(error) {
  if (!/memory/i.test(error.message)) throw error;
}

async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    refuse(error);
    return undefined;
  }
}

async function until(what, done) {
  for (const start = Date.now(); !done();) {
    if (Date.now() - start > LIMIT) throw new Error(what());
    await nap(1);
  }
}

async function ring(mode) {
  const sides = [new RingBuffer(4096, { mode })];

  try {
    sides.push(new RingBuffer(sides[0].buffer));

    const [writer, reader] = sides;

    for (const text of ['now', 'later']) {
      const waits = text === 'later' ? reader.readable({ timeout: LIMIT }) : undefined;

      waits?.catch(() => {});
      writer.write(text);
      await waits;
      if (String(reader.read()) !== text) throw new Error(`a record is lost in ${mode}`);
    }
    reader.waitReadable({ timeout: 1 });
    writer.close();
  } finally {
    sides.forEach((side) => side.detach());
  }
}

async function story() {
  const channels = [];
  const got = [];
  let closed = 0;
  let sent = 0;
  const open = () => attempt(() => {
    const channel = new MessageChannel();

    channels.push(channel);
    channel.port1.on('close', () => closed++);
    return channel;
  });
  const { port1, port2 } = await open() ?? {};
  const post = (value, list) => attempt(() => {
    port1?.postMessage(value, list);
    sent++;
  });

  port2?.on('message', (message) => got.push(message));
  for (const value of [{ i: 0 }, 'x'.repeat(100_000), new Uint8Array(200_000), new Array(12_000).fill(7)]) {
    await post(value);
  }
  for (let i = 0; i < 5; i++) {
    const buffer = new ArrayBuffer(50_000 + i);

    await post({ i, buffer }, [buffer]);
  }
  for (let i = 0; i < 60; i++) await post('y'.repeat(300));

  const other = await open();

  if (other) await post({ port: other.port2 }, [other.port2]);

  const worker = await attempt(() => new Worker(
    `require(${JSON.stringify(require.resolve('../../lib'))}).parentPort.postMessages(['up'])`, { eval: true }));

  worker?.on('error', refuse);
  await (worker && once(worker, 'exit').catch(refuse));
  for (const mode of ['spsc', 'mpsc', 'mpmc']) await attempt(() => ring(mode));
  if (port1) await until(() => `${got.length} of ${sent} messages`, () => got.length === sent);
  channels.forEach((channel) => channel.port1.close());
  await until(() => `${closed} of ${channels.length} channels closed`, () => closed === channels.length);
  await until(() => `left: ${binding.counts()}`, () => binding.counts().join() === '0,0');
}

async function main() {
  binding.faultKeep(0);
  await story();
  for (const [kind, number] of Object.entries(KINDS)) {
    for (let n = 1, failed = true; failed; n++) {
      let wrong;

      binding.faultFailAt(number, n);
      await story().catch((error) => { wrong = error.stack; });
      failed = binding.faultFailed();
      binding.faultFailAt(number, 0);
      fs.writeSync(1, `${JSON.stringify({ kind, n, wrong })}\n`);
    }
  }
}

main();
