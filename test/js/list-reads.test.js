'use strict';

/*
 * A transfer list is user code: an iterator, a getter, a proxy. Each function that takes
 * one reads it once, in the same way as Node, and uses the entries that it got.
 */

const assert = require('node:assert');
const path = require('node:path');
const { run, same } = require('./support/differential');
const { reference } = require('./support/implementations');
const { tryAll } = require('./fixtures/lists');

const fixture = path.join(__dirname, 'fixtures/lists.js');
const register = path.resolve(__dirname, '../../lib/register.js');

describe('reads of transfer lists', function () {
  same('by a port', async (wt, t) => {
    const [a, b] = t.channel();

    t.note(await tryAll(wt, (value, list) => a.postMessage(value, list)));
    a.postMessage('end');
    t.note(t.drain(b).filter((m) => m === 'end'));
  });

  same('by a worker that has never loaded the library', async (wt, t) => {
    const worker = t.keep(new wt.Worker('setInterval(() => {}, 1000)', { eval: true }));

    await t.next(worker, 'online');
    t.note(await tryAll(wt, (value, list) => worker.postMessage(value, list)));
  });

  same('by a worker that answers, and by its parentPort, from the first message on', async (wt, t) => {
    const worker = t.worker((wt, { data }) => {
      const { tryAll } = require(data);

      wt.parentPort.on('message', async (m) => {
        if (m === 'try') {
          wt.parentPort.postMessage(await tryAll(wt, (value, list) => wt.parentPort.postMessage(value, list)));
        } else if (typeof m === 'number') {
          wt.parentPort.postMessage(m);
        }
      });
    }, { data: fixture });
    let wanted;

    worker.on('message', (m) => {
      if (Array.isArray(m)) t.note(m);
      if (Array.isArray(m) || typeof m === 'number') wanted();
    });

    const answer = (m) => new Promise((resolve) => {
      wanted = resolve;
      worker.postMessage(m);
    });

    await answer('try');
    for (let n = 0; n < 400; n++) await answer(n);
    t.note(await tryAll(wt, (value, list) => worker.postMessage(value, list)));
    await answer('try');
  });

  same('by a new worker', async (wt, t) => {
    t.note(await tryAll(wt, (workerData, transferList) => {
      t.keep(new wt.Worker('', { eval: true, workerData, transferList }));
    }));
  });

  it('by structuredClone, module.register and postMessageToThread with ringport/register', async function () {
    this.timeout(0);

    const play = (flags) => run(reference, [...flags, '--no-deprecation', fixture], {});
    const [expected, actual] = await Promise.all([play([]), play(['-r', register])]);

    assert.strictEqual(actual.lines.shift(), '["ours",true]');
    assert.strictEqual(expected.lines.shift(), '["ours",false]');
    assert.deepStrictEqual(actual, expected);
    assert.notStrictEqual(actual.lines.length, 0);
  });
});
