'use strict';

/*
 * Workers that end while ports are in transit between several threads, in both
 * directions. After each round no thread, file, endpoint or spawn is left.
 */

const assert = require('node:assert');
const { play } = require('./support/play');

const holdings = require.resolve('./support/holdings');

/** Rounds of workers; RINGPORT_STORM=20 is a long one. */
const rounds = 4 * (Number(process.env.RINGPORT_STORM) || 1);

/**
 * In the main thread: `rounds` times eight lives at once, of `start(wt, tools, random)`.
 */
async function storm(wt, tools) {
  const { data: { holdings: file, rounds, life, worker, seed } } = tools;
  const { holdings, left } = require(file);
  const start = eval(`(${life})`);
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
  const round = () => Promise.all(Array.from({ length: 8 }, () => start(wt, tools, eval(`(${worker})`), random)));

  /* The first makes the threads that stay: libuv's pool, V8's. */
  await round();

  const before = { ...holdings(), transit: 0, spawns: 0 };

  for (let i = 0; i < rounds; i++) {
    await round();

    const more = await left(before);

    if (more !== undefined) return tools.note('left', i, more);
  }
  tools.note('clean', { ...before, threads: 0, files: 0 });
}

const STORMS = {
  /* Each side makes ports and sends one end away; whoever gets one sends it back, until
   * the end. */
  'ports going back and forth over parentPort': {
    life: async (wt, { worker }, run, random) => {
      const started = worker(run);
      let over = false;

      started.on('message', ({ port }) => {
        if (over || random() < 0.2) return void port.close();
        port.postMessage('seen by the parent');
        started.postMessage({ port }, [port]);
      });
      for (let i = 0; i < 5; i++) {
        const { port1, port2 } = new wt.MessageChannel();

        started.postMessage({ port: port2 }, [port2]);
        port1.on('message', () => {});
      }
      const exit = new Promise((resolve) => started.once('exit', resolve));

      if (random() < 0.5) await new Promise((resolve) => started.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, random() * 50));
      over = true;
      await started.terminate();
      await exit;
    },
    worker: (wt) => {
      const { parentPort } = wt;
      let made = 0;
      const more = () => {
        if (++made === 200) return; /* the parent has to keep up with eight of us */

        const { port1, port2 } = new wt.MessageChannel();

        parentPort.postMessage({ port: port2 }, [port2]);
        port1.on('message', () => {});
        setImmediate(more);
      };

      parentPort.on('message', ({ port }) => {
        port.postMessage('seen by the worker');
        parentPort.postMessage({ port }, [port]);
      });
      more();
    }
  },

  /* Both ends are away, in two workers, and go on to and fro between them; both are
   * terminated. */
  'ports going round between two workers': {
    life: async (wt, { worker }, run, random) => {
      const [one, two] = [worker(run), worker(run)];
      const { port1, port2 } = new wt.MessageChannel();

      one.postMessage({ port: port1 }, [port1]);
      two.postMessage({ port: port2 }, [port2]);
      if (random() < 0.7) await new Promise((resolve) => one.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, random() * 50));
      await Promise.all([one.terminate(), two.terminate()]);
    },
    worker: (wt) => {
      const serve = (port) => {
        port.on('message', ({ port: next, bytes }) => {
          if (next) serve(next);
          const { port1, port2 } = new wt.MessageChannel();

          serve(port1);
          port.postMessage({ port: port2, bytes }, [port2]);
          if (next && bytes.length % 2 === 0) port.close();
        });
      };

      wt.parentPort.once('message', ({ port }) => {
        serve(port);
        for (let i = 0; i < 3; i++) {
          const { port1, port2 } = new wt.MessageChannel();

          serve(port1);
          port.postMessage({ port: port2, bytes: new Uint8Array(40000 + i) }, [port2]);
        }
        wt.parentPort.postMessage('under way');
      });
    }
  },

  /* Ports in workerData, as themselves and as transfer handles; the worker may never see
   * them. */
  'ports in workerData': {
    life: async (wt, { detach, source }, run, random) => {
      const { port1, port2 } = new wt.MessageChannel();
      const { port1: port3, port2: port4 } = new wt.MessageChannel();
      const handle = detach(port4);
      const started = new wt.Worker(source(run), {
        eval: true, workerData: { port: port2, handle }, transferList: [port2, handle]
      });
      const closed = [port1, port3].map((port) => new Promise((resolve) => port.once('close', resolve)));

      for (const port of [port1, port3]) {
        port.on('message', () => port.postMessage('again'));
        port.postMessage('first');
      }
      await new Promise((resolve) => setTimeout(resolve, random() * (random() < 0.5 ? 50 : 300)));
      await started.terminate();
      await Promise.all(closed);
    },
    worker: (wt, { attach }) => {
      for (const port of [wt.workerData.port, attach(wt.workerData.handle)]) {
        port.on('message', (m) => port.postMessage(m));
      }
    }
  },

  /* Workers of workers, each level posting to the other, ended at the top. */
  'workers of workers': {
    life: async (wt, { worker }, run, random) => {
      const started = worker(run, { data: { run: String(run), depth: 2 } });

      started.on('message', (m) => started.postMessage(m));
      if (random() < 0.5) await new Promise((resolve) => started.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, random() * 50));
      await started.terminate();
    },
    worker: (wt, { worker, data: { run, depth } }) => {
      wt.parentPort.on('message', (m) => wt.parentPort.postMessage(m));
      wt.parentPort.postMessage(depth);
      if (depth === 0) return;

      const inner = worker(eval(`(${run})`), { data: { run, depth: depth - 1 } });

      inner.on('message', (m) => inner.postMessage(m));
    }
  }
};

describe('worker: storms of ports on their way', function () {
  this.timeout(0);

  for (const [name, { life, worker }] of Object.entries(STORMS)) {
    it(name, async () => {
      const seed = Number(process.env.RINGPORT_SEED) || Math.floor(Math.random() * 0x7fffffff);
      const data = { holdings, rounds, life: String(life), worker: String(worker), seed };
      const limit = 30000 + 5000 * rounds;
      const lines = await play(storm, { data, limit }).catch((error) => {
        error.message += `\nRINGPORT_SEED=${seed} repeats it, with luck`;
        throw error;
      });

      assert.deepStrictEqual(lines, [['clean', { threads: 0, files: 0, transit: 0, spawns: 0 }]]);
    });
  }
});
