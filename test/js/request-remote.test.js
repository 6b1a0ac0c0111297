'use strict';

/* Objects whose methods another thread calls: expose(), wrap() and wrapSync(). */

const assert = require('node:assert/strict');

const { wt, start, channelTo, endAll } = require('./support/requests');

const exposer = (wt) => {
  const port = wt.workerData ?? wt.parentPort;

  class Counter {
    count = 0;
    #secret = 1;

    add(by) {
      this.count += by * this.#secret;
      return this.count;
    }

    async later(value) {
      return value;
    }

    fail() {
      throw new RangeError('too far');
    }
  }
  port.expose(new Counter());
  port.handle((value) => ['handled', value]);
};

describe('a remote object', () => {
  afterEach(endAll);

  for (const [name, open] of Object.entries({ 'by a port': () => channelTo(exposer), 'by a Worker': () => start(exposer) })) {
    it(`has the methods of the exposed one, ${name}`, async () => {
      const port = open();
      const remote = wt.wrap(port);

      assert.equal(await remote.add(2), 2);
      assert.equal(await remote.add(3), 5);
      assert.deepEqual(await Promise.all([remote.add(1), remote.later({ a: 1 }), remote.add(1)]), [6, { a: 1 }, 7]);
      assert.equal(remote.add, remote.add);
      assert('add' in remote);
      assert.equal(await (async () => remote)(), remote);
      await assert.rejects(remote.fail(), (error) => error instanceof RangeError && error.message === 'too far');
      for (const method of ['none', 'count', 'toString', 'constructor', 'hasOwnProperty', '__proto__']) {
        await assert.rejects(remote[method](), { code: 'ERR_RINGPORT_NO_METHOD' });
      }
      await assert.rejects(remote.add(() => {}), { name: 'DataCloneError' });
      assert.deepEqual(await port.request(1), ['handled', 1]);

      const sync = wt.wrapSync(port);

      assert.equal(sync.add(1), 8);
      assert.deepEqual(sync.later([1]), [1]);
      assert.throws(() => sync.fail(), { name: 'RangeError' });
      assert.throws(() => sync.none(), { code: 'ERR_RINGPORT_NO_METHOD' });
    });
  }

  it('has limits for all its calls', async () => {
    const { port1, port2 } = new wt.MessageChannel();
    const controller = new AbortController();

    port2.expose({ hang: () => new Promise(() => {}), quick: () => 1 });
    await assert.rejects(wt.wrap(port1, { timeout: 20 }).hang(), { name: 'TimeoutError' });

    const remote = wt.wrap(port1, { signal: controller.signal });
    const waiting = remote.hang();

    assert.equal(await remote.quick(), 1);
    controller.abort('enough');
    await assert.rejects(waiting, (error) => error === 'enough');
    await assert.rejects(remote.quick(), (error) => error === 'enough');
    assert.equal(await wt.wrap(port1).quick(), 1);
    port2.expose(null);
    await assert.rejects(wt.wrap(port1).quick(), { code: 'ERR_RINGPORT_NO_HANDLER' });
    port1.close();
  });

  it('works both ways on a Worker', async () => {
    const worker = start(async (wt) => {
      const parent = wt.wrap(wt.parentPort);

      wt.parentPort.expose({ twice: async (value) => await parent.double(value) });
    });

    worker.expose({ double: (value) => value * 2 });
    assert.equal(await wt.wrap(worker).twice(4), 8);
    await assert.rejects(wt.wrap(worker).double(4), { code: 'ERR_RINGPORT_NO_METHOD' });
  });
});
