'use strict';

/*
 * Messages with bytes that no ringport sender writes cause a 'messageerror' or an error,
 * and their blocks and ports are freed.
 */

const assert = require('node:assert');
const { subject } = require('./support/implementations');

const ours = subject.name === 'ringport' && subject.id !== 'worker_threads';
const MEBIBYTE = 1 << 20;
/**
 * One for all: what the collector has not yet freed must not be taken for what nobody can
 * free.
 */
const mebibyte = new Uint8Array(MEBIBYTE);

(ours ? describe : describe.skip)('messages that cannot be read', () => {
  /**
   * What the wrapper posts with, for bytes of our own: a value that names a block, and
   * two blocks.
   */
  function postUnreadable(port) {
    const { ports } = require('../../lib/ports/kinds');
    const codec = require('../../lib/ports/send').loadCodec();
    const { binding, control, START, END, FLAGS, STAGED, SLOT } = require('../../lib/loading/native');
    const noForeignValue = [0, 0xa1, 0, 0, 0, 0];
    const at = 1024;

    for (let i = 0; i < 2; i++) binding.stageBytes(mebibyte);
    codec.scratch.set(noForeignValue, at);
    control[START] = at;
    control[END] = at + noForeignValue.length;
    control[FLAGS] = 0;
    control[STAGED] = 0;
    control[SLOT] = ports.endpointOf(port).slot;
    binding.post();
  }

  /** A channel that has carried a message: only then is there a scratch to write to. */
  function channel() {
    const made = new subject.api.MessageChannel();

    made.port1.postMessage(0);
    subject.api.receiveMessageOnPort(made.port2);
    return made;
  }

  const rss = () => process.memoryUsage.rss() / MEBIBYTE;

  it('free the blocks that came with them, received one by one', () => {
    const { port1, port2 } = channel();
    const unreadable = () => {
      postUnreadable(port1);
      assert.throws(() => subject.api.receiveMessageOnPort(port2), { code: 'ERR_RINGPORT_CORRUPT' });
    };

    for (let i = 0; i < 10; i++) unreadable();
    const before = rss();

    for (let i = 0; i < 200; i++) unreadable();
    assert.ok(rss() - before < 100, `${rss() - before} MiB more after 400 blocks of 1 MiB`);
    port1.close();
  });

  it('free the blocks that came with them, delivered to a listener', async () => {
    const { port1, port2 } = channel();
    const errors = [];

    port2.on('message', () => assert.fail('there is no value'));
    port2.on('messageerror', (error) => errors.push(error.code));
    const round = async (count) => {
      for (let i = 0; i < count; i++) postUnreadable(port1);
      for (let turn = 0; errors.length < count && turn < 1000; turn++) await new Promise(setImmediate);
      assert.deepStrictEqual(errors.splice(0), new Array(count).fill('ERR_RINGPORT_CORRUPT'));
    };

    await round(10);
    const before = rss();

    for (let i = 0; i < 20; i++) await round(10);
    assert.ok(rss() - before < 100, `${rss() - before} MiB more after 400 blocks of 1 MiB`);
    port1.close();
  });

  it('blocks are looked for within the batch only, wherever it is said that they are', async () => {
    const { port1, port2 } = channel();
    const { binding, define } = require('../../lib/loading/native');
    const bytes = new Uint8Array(100_000);
    let listens = 0;

    define(1);
    const look = () => {
      listens++;
      for (const offset of [0xfffffff8, 0xfffffff0, 0xffffffff, 2 ** 31, 2 ** 31 - 8, 1 << 20, 4, -8, NaN, Infinity]) {
        for (const index of [0, 1, 0xffffffff]) {
          assert.strictEqual(binding.blockLength(offset, index), -1, `${offset} ${index}`);
          assert.ok(!binding.takeBytes(offset, index, bytes));
          assert.strictEqual(binding.takeString(offset, index, true), undefined);
          assert.strictEqual(binding.lend(offset, index), undefined);
        }
        binding.dropBlocks(offset);
      }
    };

    look();
    port2.on('message', look);
    port1.postMessage({ bytes, text: 'x'.repeat(100_000) });
    port1.postMessage(1);
    while (listens < 3) await new Promise(setImmediate);
    port1.close();
  });
});
