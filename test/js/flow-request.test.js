'use strict';

/*
 * Requests on ports with a mark: they count, so their sender is told to wait and hears
 * 'drain', and they are never dropped.
 */

const assert = require('node:assert/strict');

const { wt, start, endAll, next } = require('./support/requests');

const { MessageChannel } = wt;
const text = (length) => 'x'.repeat(length);
const overflow = { code: 'ERR_RINGPORT_OVERFLOW' };

describe('flow: requests', () => {
  afterEach(endAll);

  it('count against the mark, and \'drain\' follows their answers', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 1000 });
    const answers = [];

    port2.handle((value) => value.length);
    for (let i = 0; i < 4; i++) answers.push(port1.request(text(300)));
    assert.equal(port1.writableNeedDrain, true);
    assert.ok(port1.writableLength >= 1200, String(port1.writableLength));
    await Promise.all([port1.drained(), next(port1, 'drain')]);
    assert.deepEqual(await Promise.all(answers), [300, 300, 300, 300]);
    assert.equal(port1.writableNeedDrain, false);
    assert.equal(port1.postMessage('small'), true);
    port1.close();
  });

  it('so do answers: their sender waits for whoever has asked', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 100 });
    let needed;

    port2.handle(() => {
      process.nextTick(() => { needed = port2.writableNeedDrain; });
      return text(500);
    });
    assert.equal((await port1.request('give')).length, 500);
    assert.equal(needed, true);
    await port2.drained();
    port1.close();
  });

  for (const policy of ['throw', 'drop-newest']) {
    it(`overflow '${policy}' rejects them at the mark, and sends nothing`, async () => {
      const { port1, port2 } = new MessageChannel({ highWaterMark: 100, overflow: policy });

      assert.equal(port1.postMessage(text(200)), false);
      await assert.rejects(port1.request('one'), overflow);
      assert.throws(() => {
        const worker = start(() => {}, undefined, { workerData: port2, transferList: [port2] });

        worker.unref();
        port1.requestSync('two');
      }, overflow);
      assert.equal(port1.stats().refused, 2);
      assert.equal(port1.stats().dropped, 0);
      assert.equal(port1.stats().messagesOut, 1);
      port1.close();
    });
  }

  it('their answers are sent whatever `overflow` says', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 100, overflow: 'throw' });

    port2.handle((value) => {
      if (!port2.writableNeedDrain) port2.postMessage(text(200));
      assert.throws(() => port2.postMessage('more'), overflow);
      return value + 1;
    });
    assert.equal(await port1.request(1), 2);
    port1.close();
  });

  it('a Worker with a mark: from the first one on', async () => {
    const worker = start(({ parentPort }) => parentPort.handle((value) => value.length),
      undefined, { highWaterMark: 1000 });

    for (let i = 0; i < 50; i++) {
      assert.equal(await worker.request(text(400 + i)), 400 + i);
      await worker.drained();
    }
    assert.equal(worker.writableLength, 0);
  });

  it('for await gets the messages between them, and no request', async () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 200 });
    const answers = [];
    const heard = [];

    port2.handle((value) => -value);
    (async () => {
      for (let i = 1; i <= 20; i++) {
        port1.postMessage(i);
        answers.push(port1.request(i));
        await port1.drained();
      }
      await Promise.all(answers);
      port1.close();
    })();
    for await (const message of port2) heard.push(message);
    assert.deepEqual(heard, Array.from({ length: 20 }, (_, i) => i + 1));
    assert.deepEqual(await Promise.all(answers), heard.map((value) => -value));
  });

  it('a blocking request to a full port waits for the answer, not for the mark', () => {
    const { port1, port2 } = new MessageChannel({ highWaterMark: 100 });

    start(({ workerData }) => {
      workerData.on('message', () => {});
      workerData.handle((value) => value * 2);
    }, undefined, { workerData: port2, transferList: [port2] });
    for (let i = 0; i < 20; i++) port1.postMessage(text(100));
    assert.equal(port1.requestSync(21), 42);
  });
});
