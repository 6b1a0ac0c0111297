'use strict';

/*
 * A child finds the endpoint that its parent opened for it (src/core/process/spawn.h),
 * even if a getter in workerData runs user code in the middle of a spawn. The tests run
 * in their own processes, because a deadlock would stop the suite.
 */

const assert = require('node:assert');
const { play } = require('./support/play');

describe('worker: spawn', function () {
  this.timeout(0); // each has a limit of its own

  it('terminates a worker that hangs in a getter of workerData while its child looks for a port', async () => {
    const program = async (wt, { note, worker }) => {
      const parent = worker((wt, { id }) => {
        const plain = require('node:worker_threads');
        const here = new Int32Array(new SharedArrayBuffer(4));
        const workerData = {
          get x() {
            new plain.Worker(
              `const { workerData } = require('node:worker_threads');
               Atomics.store(workerData, 0, 1);
               Atomics.notify(workerData, 0);
               require(${JSON.stringify(id)});`,
              { eval: true, workerData: here }
            );
            Atomics.wait(here, 0, 0);
            Atomics.wait(here, 0, 1, 300); /* by now it is looking */
            wt.parentPort.postMessage('child is there');
            for (;;);
          }
        };

        new wt.Worker('', { eval: true, workerData });
      });

      note(await new Promise((resolve) => parent.once('message', resolve)));

      const start = performance.now();
      const end = await parent.terminate();

      note(end, performance.now() - start);
    };
    const times = [];

    /* If it had to wait for the child, it would for most of two seconds, each time. */
    while (times.length < 10 && !(times.at(-1) < 1000)) {
      const [[before], [code, ms]] = await play(program);

      assert.deepStrictEqual([before, code], ['child is there', 1]);
      times.push(ms);
    }
    assert.ok(times.at(-1) < 1000, `it took ${times} ms`);
  });

  it('a getter of workerData may wait for a worker that looks for a port', async () => {
    const lines = await play((wt, { id, note }) => {
      const plain = require('node:worker_threads');
      const loaded = new Int32Array(new SharedArrayBuffer(4));
      const workerData = {
        get x() {
          new plain.Worker(
            `const { workerData } = require('node:worker_threads');
             const { parentPort } = require(${JSON.stringify(id)});
             Atomics.store(workerData, 0, 1);
             Atomics.notify(workerData, 0);
             parentPort.postMessage('by the channel of Node');`,
            { eval: true, workerData: loaded }
          ).on('message', note);
          return Atomics.wait(loaded, 0, 0, 30000);
        }
      };

      new wt.Worker(
        'const { parentPort, workerData } = require("worker_threads"); parentPort.postMessage(workerData.x)',
        { eval: true, workerData }
      ).on('message', note);
    });

    assert.deepStrictEqual(lines.sort(), [['by the channel of Node'], ['ok']]);
  });

  it('a getter of workerData may start workers of its own, and each finds its own port', async () => {
    const lines = await play((wt, { id, note, worker }) => {
      let open = 0;
      const start = (depth) => worker((wt, { data }) => {
        wt.parentPort.once('message', (m) => wt.parentPort.postMessage([m, data]));
      }, {
        data: depth,
        workerData: {
          get inner() {
            return depth === 0 ? null : begin(depth - 1);
          }
        }
      });
      const begin = (depth) => {
        const started = start(depth);

        open++;
        started.postMessage(`to ${depth}`);
        started.on('message', (m) => note('message', ...m));
        started.on('exit', () => --open === 0 && note('left', require(`${id}/binding`).counts()));
        return depth;
      };

      begin(3);
    });

    assert.deepStrictEqual(lines.pop(), ['left', [0, 0]]);
    assert.deepStrictEqual(lines.sort(), [0, 1, 2, 3].map((depth) => ['message', `to ${depth}`, depth]));
  });
});
