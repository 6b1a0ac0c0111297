'use strict';

/*
 * What node:diagnostics_channel and NODE_DEBUG tell of ports: each event once, with its
 * port, in the order in which it happens.
 */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { subscribe, unsubscribe } = require('node:diagnostics_channel');
const { once } = require('node:events');
const path = require('node:path');

const { subject } = require('./support/implementations');

const { MessageChannel, MessagePort, Worker } = subject.api;
const lib = path.join(__dirname, '../../lib');
const NAMES = ['open', 'close', 'transfer', 'backpressure', 'error'];

/** Post a value that names a port, which the message does not have. */
function postUnreadable(port) {
  const { ports } = require('../../lib/ports/kinds');
  const codec = require('../../lib/ports/send').loadCodec();
  const { binding, control, START, END, FLAGS, STAGED, SLOT } = require('../../lib/loading/native');
  const at = 1024;

  codec.scratch.set([0, 0xa1, 0, 0, 0, 0], at);
  control[START] = at;
  control[END] = at + 6;
  control[FLAGS] = 0;
  control[STAGED] = 0;
  control[SLOT] = ports.endpointOf(port).slot;
  binding.post();
}

describe('diagnostics: what happens to ports', () => {
  let heard;
  const listeners = NAMES.map((name) => (message, channel) => {
    assert.equal(channel, `ringport.port.${name}`);
    heard.push([name, message]);
  });

  beforeEach(() => {
    heard = [];
    NAMES.forEach((name, i) => subscribe(`ringport.port.${name}`, listeners[i]));
  });

  afterEach(() => NAMES.forEach((name, i) => unsubscribe(`ringport.port.${name}`, listeners[i])));

  /** What was heard of a port. */
  const of = (port) => heard.filter(([, message]) => message.port === port).map(([name]) => name);

  it('open and close, of both ends', async () => {
    const { port1, port2 } = new MessageChannel();
    const closed = Promise.all([once(port1, 'close'), once(port2, 'close')]);

    port1.close();
    await closed;
    assert.deepEqual([of(port1), of(port2)], [['open', 'close'], ['open', 'close']]);
    assert.equal(heard.length, 4);
  });

  it('transfer by a message, and open where it arrives', async () => {
    const [carrier, moved] = [new MessageChannel(), new MessageChannel()];
    const arrived = once(carrier.port2, 'message');

    carrier.port1.postMessage(moved.port2, [moved.port2]);
    assert.deepEqual(of(moved.port2), ['open', 'transfer']);

    const [port] = await arrived;

    assert.deepEqual(of(port), ['open']);
    carrier.port1.close();
    moved.port1.close();
  });

  it('transfer by detach()', () => {
    const { port1, port2 } = new MessageChannel();
    const back = MessagePort.from(port2.detach());

    assert.deepEqual([of(port2), of(back)], [['open', 'transfer'], ['open']]);
    port1.close();
  });

  it('no transfer if the message was refused', () => {
    const [carrier, moved] = [new MessageChannel(), new MessageChannel()];

    assert.throws(() => carrier.port1.postMessage([moved.port2, () => {}], [moved.port2]),
      { name: 'DataCloneError' });
    assert.deepEqual(of(moved.port2), ['open']);
    carrier.port1.close();
    moved.port1.close();
  });

  it('backpressure, once for each time the mark is reached', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 100 });

    for (let i = 0; i < 3; i++) port1.postMessage('x'.repeat(150));
    port2.on('message', () => {});
    await port1.drained();
    port1.postMessage('x'.repeat(150));

    const found = heard.filter(([name]) => name === 'backpressure').map(([, message]) => message);

    assert.equal(found.length, 2);
    for (const { port, writableLength, writableHighWaterMark } of found) {
      assert.equal(port, port1);
      assert.ok(writableLength >= 150);
      assert.equal(writableHighWaterMark, 100);
    }
    port1.close();
  });

  it('backpressure of a Worker', async () => {
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true, highWaterMark: 1 });

    worker.postMessage('x');
    assert.deepEqual(of(worker), ['backpressure']);
    await worker.terminate();
  });

  it('error: a message that cannot be deserialized', async () => {
    const { port1, port2 } = new MessageChannel();
    const failed = once(port2, 'messageerror');

    port1.postMessage(new Map()); // loads the codec
    port2.on('message', () => {});
    postUnreadable(port1);

    const [error] = await failed;

    assert.deepEqual(of(port2), ['open', 'error']);
    assert.equal(heard.find(([name]) => name === 'error')[1].error, error);
    port1.close();
  });

  it('a subscriber that throws disturbs nobody', () => {
    const { stdout, status } = spawnSync(process.execPath, ['-e', `
      const { MessageChannel } = require(${JSON.stringify(lib)});
      const { subscribe } = require('node:diagnostics_channel');
      let caught = 0;

      process.on('uncaughtException', ({ message }) => { if (message === 'mine') caught++; });
      subscribe('ringport.port.close', () => { throw new Error('mine'); });
      const { port1, port2 } = new MessageChannel();
      port2.on('close', () => setImmediate(() => console.log(caught)));
      port1.close();`], { encoding: 'utf8' });

    assert.deepEqual([stdout, status], ['2\n', 0]);
  });

  it('NODE_DEBUG=ringport prints it', () => {
    const { stderr, status } = spawnSync(process.execPath, ['-e', `
      const { MessageChannel } = require(${JSON.stringify(lib)});
      new MessageChannel().port1.close();`],
    { env: { ...process.env, NODE_DEBUG: 'ringport' }, encoding: 'utf8' });

    assert.equal(status, 0, stderr);
    assert.equal(stderr.match(/RINGPORT \d+: thread 0: port open/g).length, 2, stderr);
    assert.match(stderr, /RINGPORT \d+: thread 0: port close/);
  });
});
