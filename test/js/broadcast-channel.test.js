'use strict';

/*
 * BroadcastChannel is Node's own, so that it reaches every thread of the process; see
 * docs/decisions/broadcast-channel.md.
 */

const assert = require('node:assert');
const plain = require('node:worker_threads');
const { same } = require('./support/differential');
const { subject } = require('./support/implementations');

const COUNT = 500;

/**
 * Open a channel, and at 'go' post COUNT numbers. Without ringport: a worker of Node's
 * runs its text.
 * @param {(heard: object) => void} done called with what came from each of the three
 *   others, when that is complete
 */
function take({ BroadcastChannel }, name, own, count, done) {
  const channel = new BroadcastChannel(name);
  const heard = {};
  let left = 3 * count;
  const post = () => {
    for (let i = 0; i < count; i++) channel.postMessage([own, i]);
  };

  channel.onmessage = ({ data }) => {
    if (data === 'go') {
      post();
      return;
    }
    (heard[data[0]] ??= []).push(data[1]);
    if (--left === 0) done(heard);
  };
  return { channel, post };
}

describe('BroadcastChannel', () => {
  it('is Node\'s', () => {
    assert.strictEqual(subject.api.BroadcastChannel, plain.BroadcastChannel);
  });

  same('threads with and without ringport hear each other, once and in order', async (wt, t) => {
    const name = `${t.name} ${process.pid}`;
    const heard = {};
    const waits = ['one', 'other'].map((own) => new Promise((resolve) => { heard[own] = resolve; }));
    const [one, other] = ['one', 'other'].map((own, i) =>
      take([wt, plain][i], name, own, COUNT, (all) => heard[own](all)));
    const ours = t.worker((wt, { data: { name, text, count } }) => {
      eval(`(${text})`)(wt, name, 'ours', count, (all) => wt.parentPort.postMessage(all));
      wt.parentPort.postMessage('open');
    }, { data: { name, text: `${take}`, count: COUNT } });
    const without = t.keep(new plain.Worker(`
      const threads = require('node:worker_threads');
      (${take})(threads, ${JSON.stringify(name)}, 'without', ${COUNT}, (all) => threads.parentPort.postMessage(all));
      threads.parentPort.postMessage('open');
    `, { eval: true }));
    const workers = [ours, without];

    t.keep(one.channel);
    t.keep(other.channel);
    await Promise.all(workers.map((worker) => new Promise((resolve) => { worker.once('message', resolve); })));

    const answers = workers.map((worker) => new Promise((resolve) => { worker.once('message', resolve); }));

    one.channel.postMessage('go');
    one.post();

    const numbers = Array.from({ length: COUNT }, (_, i) => i);
    const names = ['one', 'other', 'ours', 'without'];

    (await Promise.all([...waits, ...answers])).forEach((all, i) => {
      assert.deepStrictEqual(Object.keys(all).sort(), names.filter((_, k) => k !== i));
      for (const list of Object.values(all)) assert.deepStrictEqual(list, numbers);
    });
    await Promise.all(workers.map((worker) => worker.terminate()));
    t.note('all');
  });
});
