'use strict';

/*
 * node --expose-gc test/fuzz/ports.js [--seconds 10] [--seed 1] [file]
 *
 * Fuzzes ports: records with bytes, flags, trailers and blocks that contradict each
 * other, and transfer handles and envelopes with invalid fields. Each causes a message, a
 * 'messageerror' or a documented error, and the port still delivers the next message. At
 * the end no endpoint is in transit.
 */

const fs = require('node:fs');
const threads = require('node:worker_threads');
const { MessageChannel, MessagePort, receiveMessageOnPort, serialize } = require('../../lib');
const { ports } = require('../../lib/ports/kinds');
const { FLAG } = require('../../lib/ports/record');
const { binding, control, mark, START, END, FLAGS, STAGED, SLOT } = require('../../lib/loading/native');
const { Random, Watchdog, fail, mutate, options } = require('./support');

{
  const { port1, port2 } = new MessageChannel();

  /* Shape 0 has two properties, which C writes and reads; see src/node/flat.c. */
  port1.postMessage({ first: 1, second: 'text' });
  receiveMessageOnPort(port2);
  port1.close();
}

const codec = require('../../lib/ports/send').loadCodec();

/** Limit for an answer, in milliseconds, on a busy machine. */
const HANDLED_MS = 10_000;
const HEADER = 2; // of serialize(); messages of ports have none
/** Messages of ports: values, and references to a block, a port, a foreign value. */
function seeds() {
  const values = [1, 'text', { a: 1, b: [2] }, [1.5], new Map([[1, 2]]), new Uint8Array(9), new Date(3)];
  const named = [[0xa1], [0xa2], [0xa3, 5], [0xa4, 1, 5]].flatMap(([op, ...rest]) => [0, 1, 9].map(
    (index) => Buffer.from([0, op, index, 0, 0, 0, ...rest])));

  const flat = [[1, 0x41, 0x78], [0x87, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0x83], [0x89, 1, 0, 0, 0, 0x16, 0x04, 0x81],
    [0x88, 3, 0, 0, 0, 0x61, 0x62, 0x63, 0x40]].map((fields) => Buffer.from([0, 0x8b, 0, 0, 0, 0, ...fields]));

  return [...values.map((value) => serialize(value).subarray(HEADER)), ...named, ...flat];
}

/** Append a trailer, valid or nearly so; see send.js. */
function withTrailer(bytes, random) {
  const trailer = Buffer.alloc(8);
  const padding = Buffer.alloc((8 - bytes.length % 8) % 8);

  trailer.writeUInt32LE(random.below(4) > 0 ? bytes.length : random.u32(), 0);
  trailer.writeUInt32LE(random.below(4), 4);
  return Buffer.concat([bytes, padding, trailer]);
}

/** Append the words of a part of a request, valid or nearly so, and a trailer. */
function withCall(bytes, random) {
  const padding = Buffer.alloc((8 - bytes.length % 8) % 8);
  const words = Buffer.alloc(16);

  words.writeUInt32LE(random.below(4) > 0 ? random.below(7) | random.below(3) << 8 : random.u32(), 0);
  words.writeUInt32LE(random.below(4), 4);
  words.writeUInt32LE(random.below(4) > 0 ? bytes.length : random.u32(), 8);
  words.writeUInt32LE(random.below(8) > 0 ? 0 : random.below(4), 12);
  return Buffer.concat([bytes, padding, words]);
}

/** Turn any bytes into a message's record; the first four are flags and blocks. */
function post(endpoint, input) {
  const [flags, blocks, kind, length] = input;
  const bytes = input.subarray(4);
  const { scratch } = codec;
  const at = 1024;

  if (at + bytes.length > scratch.length) return;
  /* Occasionally as many as a record can hold (RP_MESSAGE_TABLE_MAX), or a few more. */
  const count = blocks % 64 === 63 ? 1020 + kind % 8 : blocks % 4;

  for (let i = 0; i < count; i++) {
    if (kind % 2 === 0) binding.stageBytes(new Uint8Array(length));
    else binding.stageString('s'.repeat(length), kind % 4 === 1);
  }
  scratch.set(bytes, at);
  control[START] = at;
  control[END] = at + bytes.length;
  control[FLAGS] = flags;
  control[STAGED] = 0;
  control[SLOT] = endpoint.slot;
  binding.post();
}

/**
 * Three channels: one with a listener, one for receiveMessageOnPort(), and one with a
 * handler of requests, whose records C reads.
 */
class Lanes {
  constructor() {
    this.heard = new MessageChannel();
    this.asked = new MessageChannel();
    this.handled = new MessageChannel();
    this.handled.port2.handle((value) => value);
    this.arrived = [];
    this.errors = 0;
    this.heard.port2.on('message', (value) => this.arrived.push(value));
    this.heard.port2.on('messageerror', (error) => {
      this.errors++;
      this.arrived.push(error);
    });
  }

  async check(input) {
    const before = this.arrived.length;

    post(ports.endpointOf(this.heard.port1), input);
    this.heard.port1.postMessage('next');
    for (let turns = 0; this.arrived.at(-1) !== 'next' && turns < 100; turns++) await new Promise(setImmediate);
    /* Part of a request is no message. */
    const least = (input[0] & FLAG.CALL) !== 0 ? 1 : 2;
    const count = this.arrived.length - before;

    if (count < least || count > 2) fail('ports', input, `${count} messages of 2`);
    this.arrived.length = 0;

    post(ports.endpointOf(this.asked.port1), input);
    this.asked.port1.postMessage('next');
    let next;

    try {
      next = receiveMessageOnPort(this.asked.port2);
    } catch (error) {
      if (error?.code !== 'ERR_RINGPORT_CORRUPT') fail('ports', input, error?.stack);
    }
    if (least === 2 || next?.message !== 'next') next = receiveMessageOnPort(this.asked.port2);
    if (next?.message !== 'next') fail('ports', input, `the next message is ${next?.message}`);
    await this.#checkHandled(input);
  }

  async #checkHandled(input) {
    const { port1, port2 } = this.handled;

    post(ports.endpointOf(port1), input);
    try {
      const answer = await port1.request('next', { timeout: HANDLED_MS });

      if (answer !== 'next') fail('ports', input, `the answer is ${answer}`);
    } catch (error) {
      fail('ports', input, `the next request: ${error?.stack}`);
    }
    /* What is no request has been kept. */
    for (let more = true; more;) {
      try {
        more = receiveMessageOnPort(port2) !== undefined;
      } catch (error) {
        if (error?.code !== 'ERR_RINGPORT_CORRUPT') fail('ports', input, error?.stack);
      }
    }
  }

  close() {
    this.handled.port1.close();
    this.heard.port1.close();
    this.asked.port1.close();
  }
}

const KINDS = [mark('transfer-handle'), mark('envelope'), mark('hello'), 'ringport.transfer-handle', 5, null, undefined];

/** A random value for a field of a transfer handle. */
function anything(random) {
  return random.pick([
    undefined, null, 0, -1, 1n, 0n, -5n, 2n ** 64n, 2n ** 63n, 1.5, NaN, 'id', {}, [], new Uint8Array(3), new Map(),
    BigInt(random.u32()) << 32n | BigInt(random.u32()),
  ]);
}

/** Transfer handles that are forged, have been used, or whose port no longer exists. */
function handle(random) {
  const { port1, port2 } = new threads.MessageChannel();
  const kind = random.below(8) < 6 ? KINDS[0] : random.pick(KINDS);
  const fields = { kind, id: anything(random), end: anything(random) };

  switch (random.below(5)) {
    case 0: port1.postMessage(anything(random)); break;
    case 1: break; // nothing in it
    case 2: port2.close(); break;
    default: port1.postMessage(fields);
  }
  try {
    MessagePort.from(random.below(16) === 0 ? anything(random) : port2);
    fail('ports', Buffer.from(String(Object.values(fields))), 'a transfer handle that nobody has made was taken');
  } catch (error) {
    if (!['ERR_RINGPORT_INVALID_TRANSFER_HANDLE', 'ERR_INVALID_ARG_TYPE'].includes(error?.code)) {
      fail('ports', Buffer.from(String(Object.values(fields))), error?.stack);
    }
  }
  port1.close();
}

/** A valid handle with changed fields: accepted or not, its channel must end. */
async function tampered(random) {
  const { port1, port2 } = new MessageChannel();
  const closed = new Promise((resolve) => port1.on('close', resolve));
  const { message } = threads.receiveMessageOnPort(port2.detach());
  const carrier = new threads.MessageChannel();
  const end = random.below(2) === 0 ? message.end : random.pick([undefined, null, 5, {}, [], 'end']);
  const id = random.below(2) === 0 ? message.id : message.id + 1n;
  let port;

  carrier.port1.postMessage({ ...message, end, id }, end === message.end ? [end] : []);
  try {
    port = MessagePort.from(carrier.port2);
  } catch (error) {
    if (typeof error?.code !== 'string') {
      fail('ports', Buffer.from(`${typeof end} ${id === message.id}`), `not a documented error: ${error?.stack}`);
    }
  }
  port?.close();
  carrier.port1.close();
  carrier.port2.close();
  /* Close the end of the Node channel if it is still here. */
  if (end !== message.end) message.end.close();
  await closed;
}

async function main() {
  const { seconds, seed, file } = options();
  const lanes = new Lanes();

  if (file !== undefined) {
    await lanes.check(fs.readFileSync(file));
    lanes.close();
    return;
  }

  const random = new Random(seed);
  const watchdog = new Watchdog();
  const pool = seeds();
  const end = performance.now() + seconds * 1000;
  let inputs = 0;
  let handles = 0;

  while (performance.now() < end) {
    const seedBytes = random.pick(pool);
    let bytes = random.below(4) === 0 ? Buffer.from(seedBytes) : mutate(seedBytes, random, random.pick(pool));
    const flags = random.pick([0, 0, 0, 0, 1, 2, 3, 5, 7, 17, 17, 17, 19, random.below(256)]);

    if (flags === FLAG.CALL + FLAG.TRAILER && random.below(4) > 0) bytes = withCall(bytes, random);
    else if (random.below(2) === 0) bytes = withTrailer(bytes, random);

    const head = [flags, random.below(4), random.u32(), random.pick([0, 1, 5, 200])];
    const input = Buffer.concat([Buffer.from(head), bytes]);

    watchdog.next(input);
    await lanes.check(input);
    inputs++;
    if (inputs % 8 !== 0) continue;
    handle(random);
    if (inputs % 64 === 0) await tampered(random);
    handles++;
  }
  lanes.close();

  const [transit] = binding.counts();

  if (transit !== 0) fail('ports', Buffer.alloc(0), `${transit} endpoints in transit at the end`);
  console.log(`${inputs} inputs, ${lanes.errors} of them errors, ${handles} handles`);
}

main();
