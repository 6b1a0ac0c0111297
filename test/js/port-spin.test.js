'use strict';

/*
 * A drained port spins for a moment before its thread sleeps (src/node/port_spin.c).
 * Meanwhile other handles get their turn, no message and no close is missed, and the
 * thread can end. The programs run in their own processes, with worker_threads and with
 * ringport, and end when that has happened. test/c/port-spin.c tests how long a port
 * spins.
 */

const assert = require('node:assert');
const { run } = require('./support/differential');
const { reference, subject } = require('./support/implementations');
const { confined, runOnOneCore } = require('./support/one-core');
const { source } = require('./support/program');

const LIMIT = 100000;

/** A program does the same with both. */
async function same(program, expected) {
  for (const implementation of [reference, subject]) {
    const args = ['-e', source(implementation.id, program)];
    const { code, signal, lines, stderr } = await run(implementation, args, { limit: LIMIT });

    assert.deepStrictEqual({ code, signal, stderr, notes: lines.map((line) => JSON.parse(line)) },
      { code: 0, signal: null, stderr: '', notes: expected }, implementation.name);
  }
}

/**
 * Two threads that send a number to and fro for ever, so that one spins while the other
 * answers, until `until(wt, tools, stop, worker)` calls stop().
 */
function pingPong(until) {
  return `(wt, tools) => {
    const worker = tools.worker((wt) => {
      wt.parentPort.on('message', (n) => wt.parentPort.postMessage(n + 1));
    });
    const stop = () => {
      tools.note('stopped');
      worker.terminate();
    };
    worker.on('message', (n) => worker.postMessage(n));
    worker.postMessage(0);
    worker.once('message', () => (${until})(wt, tools, stop, worker));
  }`;
}

/** The same with a worker that sends for ever, while the other end only listens. */
function stream(until) {
  return `(wt, tools) => {
    const worker = tools.worker((wt) => {
      const go = new Int32Array(wt.workerData);

      for (let n = 0; ; n++) {
        wt.parentPort.postMessage(n);
        if (n % 20 === 19) Atomics.wait(go, 0, 0, 0.01);
      }
    }, { workerData: new SharedArrayBuffer(4) });
    const stop = () => {
      tools.note('stopped');
      worker.terminate();
    };
    worker.on('message', () => {});
    worker.once('message', () => (${until})(wt, tools, stop, worker));
  }`;
}

/** What has to get its turn; calls stop() once it has got it often enough. */
const turns = {
  'timers': (wt, tools, stop) => {
    let left = 5;
    const again = () => (--left > 0 ? setTimeout(again, 1) : stop());

    again();
  },
  'intervals': (wt, tools, stop) => {
    let left = 20;

    setInterval(() => --left === 0 && stop(), 1).unref();
  },
  'immediates': (wt, tools, stop) => {
    let left = 500;
    const again = () => (--left > 0 ? setImmediate(again) : stop());

    again();
  },
  'files and sockets': async (wt, tools, stop) => {
    const fs = require('node:fs/promises');
    const net = require('node:net');
    const server = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');

    await new Promise((resolve) => { server.on('listening', resolve); });
    for (let i = 0; i < 5; i++) {
      await fs.stat('.');

      const client = net.connect(server.address().port, '127.0.0.1');

      client.write('x');
      await new Promise((resolve) => { client.on('data', resolve); });
      client.destroy();
    }
    server.close(stop);
  },
  'signals': (wt, tools, stop) => {
    process.once('SIGTERM', stop);
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 5);
  },
  'ports of Node\'s': (wt, tools, stop) => {
    const { MessageChannel } = require('node:worker_threads');
    const { port1, port2 } = new MessageChannel();
    let left = 500;

    port1.on('message', (n) => port1.postMessage(n));
    port2.on('message', (n) => {
      if (--left > 0) return port2.postMessage(n);
      port2.close();
      return stop();
    });
    port2.postMessage(0);
  },
  'other ports, of this thread and of others': (wt, tools, stop) => {
    const other = tools.worker((wt) => wt.parentPort.on('message', (n) => wt.parentPort.postMessage(n)));
    const { port1, port2 } = new wt.MessageChannel();
    let left = 200;

    port1.on('message', (n) => other.postMessage(n));
    other.on('message', (n) => {
      if (--left > 0) return port2.postMessage(n);
      port1.close();
      other.terminate();
      return stop();
    });
    port2.postMessage(0);
  },
  'channels that come and go': (wt, tools, stop) => {
    let left = 100;

    for (let i = 0; i < left; i++) {
      const { port1, port2 } = new wt.MessageChannel();

      port2.on('close', () => --left === 0 && stop());
      if (i % 3) port1.close();
      else port2.close();
    }
  },
  'the end of the worker': (wt, tools, stop, worker) => {
    worker.on('exit', () => tools.note('exit'));
    setTimeout(stop, 3);
  },
};

describe('adaptive spin: while two threads send a number to and fro,', function () {
  this.timeout(0);

  for (const [name, until] of Object.entries(turns)) {
    it(`${name} get their turn`, () =>
      same(pingPong(until), name.startsWith('the end') ? [['stopped'], ['exit']] : [['stopped']]));
  }

  (confined ? it : it.skip)('they progress on one core, and with others on it', () => {
    const program = pingPong((wt, tools, stop, worker) => {
      const hog = new wt.Worker('for (;;);', { eval: true });
      let left = 2000;

      worker.on('message', () => {
        if (--left === 1000) hog.terminate();
        if (left === 0) stop();
      });
    });

    assert.deepStrictEqual(runOnOneCore(source(subject.id, program), LIMIT), { status: 0, stdout: '["stopped"]\n' });
  });
});

describe('adaptive spin: while another thread sends without end,', function () {
  this.timeout(0);

  for (const [name, until] of Object.entries(turns)) {
    it(`${name} get their turn`, () =>
      same(stream(until), name.startsWith('the end') ? [['stopped'], ['exit']] : [['stopped']]));
  }
});

describe('adaptive spin: at its end,', function () {
  this.timeout(0);

  it('every message has come, in its order, however far apart they are', () => same((wt, tools) => {
    const worker = tools.worker((wt) => {
      const pause = new Int32Array(new SharedArrayBuffer(4));
      const busy = (us) => {
        const end = process.hrtime.bigint() + BigInt(us) * 1000n;

        while (process.hrtime.bigint() < end);
      };

      for (let n = 0; n < 4000; n++) {
        wt.parentPort.postMessage(n);
        busy([0, 1, 3, 5, 10, 20, 41][n * 7 % 13 % 7]);
        if (n % 500 === 0) Atomics.wait(pause, 0, 0, 1);
      }
    });
    let next = 0;

    worker.on('message', (n) => {
      if (n !== next++) tools.note('wrong', n);
    });
    worker.on('exit', (code) => tools.note(next, code));
  }, [[4000, 0]]));

  it('the peer may have closed, been sent away or ended at any moment', () => same(async (wt, tools) => {
    for (let i = 0; i < 24; i++) {
      const { port1, port2 } = new wt.MessageChannel();
      const worker = tools.worker((wt, tools) => {
        const { port, i } = wt.workerData;
        let left = 10 + i;

        port.on('message', (n) => {
          port.postMessage(n + 1);
          if (--left > 0) return;
          if (i % 4 === 0) port.close();
          if (i % 4 === 1) process.exit();
          if (i % 4 === 2) {
            const { port1, port2 } = new wt.MessageChannel();

            port.removeAllListeners('message');
            port1.postMessage(port, [port]);
            wt.receiveMessageOnPort(port2).message.on('message', (m) => {
              if (m !== n + 1) tools.note('wrong', m, n);
              process.exit();
            });
          }
          if (i % 4 === 3) throw new Error('on purpose');
        });
      }, { workerData: { port: port2, i }, transferList: [port2] });
      let next = 1;

      worker.on('error', ({ message }) => message === 'on purpose' || tools.note(message));
      port1.on('message', (n) => {
        if (n !== next) tools.note('wrong', n, next);
        next = n + 1;
        port1.postMessage(n);
      });
      port1.postMessage(0);
      await Promise.all([
        new Promise((resolve) => { port1.on('close', resolve); }),
        new Promise((resolve) => { worker.on('exit', resolve); }),
      ]);
      if (next !== 11 + i) tools.note('lost', i, next);
    }
    tools.note('all');
  }, [['all']]));

  it('so may the port itself, and its thread', () => same(async (wt, tools) => {
    for (let i = 0; i < 20; i++) {
      const worker = tools.worker((wt) => wt.parentPort.on('message', (n) => wt.parentPort.postMessage(n)));
      const ended = new Promise((resolve) => { worker.on('exit', resolve); });

      await new Promise((resolve) => {
        let left = 10 + i;

        worker.on('message', (n) => {
          if (--left === 0) resolve();
          else if (left > 0) worker.postMessage(n);
        });
        worker.postMessage(0);
      });
      worker.postMessage(1);
      if (i % 2) await new Promise(setImmediate);
      worker.terminate();
      await ended;
    }
    tools.note('all');
  }, [['all']]));

  it('nothing keeps the process alive', () => same((wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    let left = 100;

    port1.on('message', (n) => port1.postMessage(n)).unref();
    port2.on('message', (n) => {
      if (--left > 0) port2.postMessage(n);
      else port2.unref();
    });
    port2.postMessage(0);
    process.on('exit', () => note('exit', left));
  }, [['exit', 0]]));

  it('an error of a listener is an uncaught exception, and the rest comes', () => same((wt, tools) => {
    const worker = tools.worker((wt) => wt.parentPort.on('message', (n) => wt.parentPort.postMessage(n)));
    let left = 100;

    process.on('uncaughtException', ({ message }) => {
      if (message !== `${left}`) tools.note('wrong', message, left);
    });
    worker.on('message', (n) => {
      if (--left > 0) worker.postMessage(n);
      else worker.terminate();
      if (left % 3 === 0) throw new Error(left);
    });
    worker.on('exit', () => tools.note(left));
    worker.postMessage(0);
  }, [[0]]));

  it('a listener that polls gets what there is', () => same((wt, tools) => {
    const worker = tools.worker((wt) => {
      wt.parentPort.on('message', (count) => {
        for (let i = 0; i < count; i++) wt.parentPort.postMessage(i);
      });
    });
    const { port1, port2 } = new wt.MessageChannel();
    let got = 0;
    let empty = 0;

    worker.on('message', (n) => {
      port1.postMessage(n);
      while (wt.receiveMessageOnPort(port2) !== undefined) got++;
      empty++;
      if (empty < 300) return;
      tools.note(got, empty);
      worker.terminate();
    });
    worker.postMessage(300);
    port2.unref();
  }, [[300, 300]]));
});
