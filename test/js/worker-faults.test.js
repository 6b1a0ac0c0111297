'use strict';

/*
 * Workers that fail to start or end while they start, and processes that exit with
 * workers in any state.
 */

const assert = require('node:assert');
const { same, sameProcess } = require('./support/differential');
const { play } = require('./support/play');
const { watch } = require('./support/watch');

const holdings = require.resolve('./support/holdings');

describe('worker: a start that fails', function () {
  this.timeout(0); // each has a limit of its own

  const FAILURES = {
    'a file that does not exist': ['/no/such/file.js'],
    'a module that does not exist': [new URL('file:///no/such/module.mjs')],
    'a data: URL with a syntax error': [new URL('data:text/javascript,}{')],
    'a module that is required first and does not exist': ['', { eval: true, execArgv: ['-r', './no such'] }],
    'process.exit in a module that is imported first':
      ['', { eval: true, execArgv: ['--import', 'data:text/javascript,process.exit(3)'] }],
    'an error in a module that is imported first':
      ['', { eval: true, execArgv: ['--import', 'data:text/javascript,throw new Error("early")'] }]
  };

  for (const [name, args] of Object.entries(FAILURES)) {
    same(name, async (wt, t) => {
      const options = { ...args[1], stderr: true };
      const worker = t.keep(new wt.Worker(args[0], options));
      const exit = watch(t, worker);

      worker.postMessage('for nobody');
      await exit;
      t.note(worker.threadId, worker.postMessage('after'));
    });
  }

  const REFUSALS = {
    'a file name that is no string': (wt) => new wt.Worker(7),
    'a relative file name without a dot': (wt) => new wt.Worker('file.js'),
    'a URL of another kind': (wt) => new wt.Worker(new URL('https://example.com/')),
    'options of Node that a worker cannot have': (wt) =>
      new wt.Worker('', { eval: true, execArgv: ['--title=x'] }),
    'workerData that cannot be cloned': (wt) => new wt.Worker('', { eval: true, workerData: () => {} }),
    'workerData with a getter that throws': (wt) =>
      new wt.Worker('', { eval: true, workerData: { get x() { throw new RangeError('getter'); } } }),
    'a transfer list with a port twice': (wt) => {
      const { port1 } = new wt.MessageChannel();

      try {
        new wt.Worker('', { eval: true, workerData: port1, transferList: [port1, port1] });
      } finally {
        port1.close();
      }
    }
  };

  for (const [name, start] of Object.entries(REFUSALS)) {
    same(name, async (wt, t) => {
      t.attempt('new Worker', () => t.keep(start(wt)).constructor.name);
      await t.turns();
    });
  }

  it('leaves nothing behind', async () => {
    const list = (of) => Object.values(of).map(String);
    const data = { holdings, failures: Object.values(FAILURES).map(([file, options]) => [String(file), options]),
      refusals: list(REFUSALS) };
    const [[more]] = await play(async (wt, { note, data }) => {
      const { holdings, left } = require(data.holdings);
      const round = async () => {
        for (const [file, options] of data.failures) {
          const at = file.includes(':') ? new URL(file) : file;
          const worker = new wt.Worker(at, { ...options, stderr: true });
          const { port1, port2 } = new wt.MessageChannel();

          worker.on('error', () => {});
          worker.postMessage({ port2 }, [port2]);
          await new Promise((resolve) => worker.once('exit', resolve));
          port1.close();
        }
        for (const refusal of data.refusals) {
          try {
            eval(refusal)(wt);
          } catch {
            continue;
          }
        }
      };

      await round();
      const before = holdings();
      for (let i = 0; i < 3; i++) await round();
      note(await left(before) ?? { transit: before.transit, spawns: before.spawns });
    }, { data });

    assert.deepStrictEqual(more, { transit: 0, spawns: 0 });
  });

  /* Threads are limited per user: a user who has none is needed. */
  const canBeNobody = process.platform === 'linux' && process.getuid() === 0;

  (canBeNobody ? it : it.skip)('a limit of threads: an error that says so, and nothing left behind', async () => {
    const lines = await play(async (wt, { note, data }) => {
      const { holdings, left } = require(data.holdings);
      const { execFileSync } = require('node:child_process');
      const start = () => new wt.Worker('setInterval(() => {}, 1000)', { eval: true });
      const end = (worker) => new Promise((resolve) => {
        worker.on('exit', resolve);
        worker.terminate();
      });

      await end(start());
      execFileSync('prlimit', ['--pid', String(process.pid), '--nproc=24:24']);
      /* Nobody else's: the threads of all processes of a user count. */
      const user = 54321 + process.pid;

      process.setgroups([]);
      process.setgid(user);
      process.setuid(user);

      const before = holdings();

      for (let round = 0; round < 3; round++) {
        const workers = [];

        try {
          while (workers.length < 100) workers.push(start());
        } catch (error) {
          note(error.code, workers.length > 0);
        }
        await Promise.all(workers.map(end));
        note(await left(before) ?? 'nothing left');
      }
      await end(start());
      note('a worker');
    }, { data: { holdings } });

    const round = [['ERR_WORKER_INIT_FAILED', true], ['nothing left']];

    assert.deepStrictEqual(lines, [...round, ...round, ...round, ['a worker']]);
  });
});

describe('worker: the process ends', () => {
  /* What a worker may be doing when its parent exits. */
  const STATES = {
    starting: () => {},
    idle: (wt) => wt.parentPort.on('message', () => {}),
    'in a loop': () => {
      for (;;);
    },
    'in Atomics.wait': () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
    posting: (wt) => {
      wt.parentPort.on('message', () => {});
      for (let i = 0; ; i++) wt.parentPort.postMessage({ i });
    },
    'sending ports': (wt) => {
      wt.parentPort.on('message', () => {});
      for (;;) {
        const { port1, port2 } = new wt.MessageChannel();

        port1.on('message', () => {});
        wt.parentPort.postMessage({ port2 }, [port2]);
      }
    },
    'starting a worker': (wt, { worker }) => {
      for (;;) worker(() => {}).terminate();
    },
    'in an exit listener': () => {
      process.on('exit', () => {
        for (;;);
      });
      process.exit(9);
    }
  };

  for (const code of [undefined, 4]) {
    for (const ms of [0, 30, 300]) {
      sameProcess(`process.exit(${code}) after ${ms} ms, workers in all states`, (wt, { note, worker, data }) => {
        const { states, code, ms } = data;
        const workers = states.map((text) => worker(eval(`(${text})`), { stderr: true }));

        for (const one of workers) {
          const { port1, port2 } = new wt.MessageChannel();

          port1.on('message', () => {});
          one.on('message', () => {});
          one.postMessage({ port2, bytes: new Uint8Array(100000) }, [port2]);
        }
        workers.push(worker(() => {}));
        workers.at(-1).terminate();
        process.on('exit', (code) => note('exit', code));
        setTimeout(() => process.exit(code), ms);
      }, { data: { states: Object.values(STATES).map(String), code, ms } });
    }
  }

  sameProcess('an uncaught error with workers in all states', (wt, { worker, data }) => {
    for (const text of data) worker(eval(`(${text})`), { stderr: true }).on('message', () => {});
    setTimeout(() => {
      throw new Error('of the main thread');
    }, 50);
  }, { data: Object.values(STATES).map(String), pick: (line) => line.startsWith('Error:') });
});
