'use strict';

/*
 * setIdleStrategy(): while a thread polls for messages before its loop blocks, timers,
 * I/O and other handles get their turn, no message is missed, and the thread can end.
 * Most tests run in a process of their own, which ends when that has happened.
 * bench/js/spin.js measures the gain.
 */

const assert = require('node:assert');
const { subject } = require('./support/implementations');
const { play } = require('./support/play');
const { confined, runOnOneCore } = require('./support/one-core');
const { source } = require('./support/program');

const rp = subject.api;

/* Longer than anything here takes: what waits for its end, fails. */
const FOREVER = 100000;

/**
 * Two threads that watch and send a number to and fro until `until(wt, tools, stop)`
 * calls stop(). The program notes 'stopped' then.
 */
function pingPong(until, spin = FOREVER) {
  return `(wt, tools) => {
    const worker = tools.worker((wt, tools) => {
      wt.setIdleStrategy({ spin: tools.data });
      wt.parentPort.on('message', (n) => wt.parentPort.postMessage(n + 1));
    }, { data: ${spin} });
    const stop = () => {
      tools.note('stopped');
      worker.terminate();
    };
    wt.setIdleStrategy({ spin: ${spin} });
    worker.on('message', (n) => worker.postMessage(n));
    worker.postMessage(0);
    (${until})(wt, tools, stop, worker);
  }`;
}

async function ends(program, expected = [['stopped']], options = {}) {
  assert.deepStrictEqual(await play(program, options), expected);
}

describe('idle strategy', () => {
  afterEach(() => rp.setIdleStrategy({ spin: 0 }));

  it('is not to watch, unless that is asked for', () => {
    const expected = Number(process.env.RINGPORT_SPIN ?? 0);

    return play((wt, { note }) => note(wt.getIdleStrategy()))
      .then((notes) => assert.deepStrictEqual(notes, [[{ spin: expected, linger: 20 }]]));
  });

  it('says what it was given', () => {
    assert.strictEqual(rp.setIdleStrategy({ spin: 50 }), undefined);
    assert.deepStrictEqual(rp.getIdleStrategy(), { spin: 50, linger: 20 });
    rp.setIdleStrategy({ spin: 0.5 });
    assert.deepStrictEqual(rp.getIdleStrategy(), { spin: 0.5, linger: 20 });
    rp.setIdleStrategy({ linger: 0 });
    assert.deepStrictEqual(rp.getIdleStrategy(), { spin: 0, linger: 0 });
    rp.setIdleStrategy({});
    assert.deepStrictEqual(rp.getIdleStrategy(), { spin: 0, linger: 20 });
  });

  it('is kept if it is set to what it is', () => {
    const native = require('../../lib/loading/native');
    const file = require.resolve('../../lib/ports/idle-strategy');
    const { binding } = native;
    const { [file]: cached } = require.cache;
    const calls = [];

    /* What the addon is told, which does not say it again. */
    native.binding = { setIdle: (...limits) => calls.push(limits) };
    delete require.cache[file];
    try {
      const { getIdleStrategy, setIdleStrategy } = require(file);

      for (const strategy of [{}, { spin: 50 }, { linger: 0 }, { spin: 7, linger: 300 }]) {
        calls.length = 0;
        setIdleStrategy(strategy);
        setIdleStrategy(getIdleStrategy());
        setIdleStrategy({ ...getIdleStrategy() });
        assert.deepStrictEqual(calls, [calls[0], calls[0], calls[0]], JSON.stringify(strategy));
      }
    } finally {
      native.binding = binding;
      require.cache[file] = cached;
    }
  });

  it('takes nothing but microseconds, up to a tenth of a second of watching and a thousandth of lingering', () => {
    rp.setIdleStrategy({ spin: 7, linger: 3 });
    for (const wrong of [undefined, null, 5, 'text', { spin: '5' }, { spin: null }, { linger: [] }]) {
      assert.throws(() => rp.setIdleStrategy(wrong), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    }
    for (const spin of [-1, NaN, Infinity, 100001]) {
      assert.throws(() => rp.setIdleStrategy({ spin }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
      assert.throws(() => rp.setIdleStrategy({ spin: 1, linger: spin }), { code: 'ERR_OUT_OF_RANGE' });
    }
    assert.throws(() => rp.setIdleStrategy({ linger: 1001 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.deepStrictEqual(rp.getIdleStrategy(), { spin: 7, linger: 3 });
  });

  it('is each thread\'s own; RINGPORT_SPIN and RINGPORT_LINGER are for all', async () => {
    const program = (wt, { note, worker }) => {
      wt.setIdleStrategy({ spin: 5 });
      worker((wt) => wt.parentPort.postMessage(wt.getIdleStrategy()))
        .on('message', (theirs) => note(wt.getIdleStrategy(), theirs));
    };
    const env = { ...process.env, RINGPORT_SPIN: '3', RINGPORT_LINGER: '' };
    const other = { ...process.env, RINGPORT_SPIN: '', RINGPORT_LINGER: '0' };

    assert.deepStrictEqual(await play(program, { env }), [[{ spin: 5, linger: 20 }, { spin: 3, linger: 20 }]]);
    assert.deepStrictEqual(await play(program, { env: other }),
      [[{ spin: 5, linger: 20 }, { spin: 0, linger: 0 }]]);
  });
});

describe('idle strategy: while two threads watch', function () {
  this.timeout(0);

  it('messages cost no wake-ups', () => ends((wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const wakeUps = () => wt.threads().find((thread) => thread.threadId === 0).wakeUps;
    let left = 1000;
    const before = wakeUps();

    wt.setIdleStrategy({ spin: 100000 });
    port1.on('message', (n) => port1.postMessage(n));
    port2.on('message', (n) => {
      if (--left > 0) port2.postMessage(n);
      else port2.close();
    });
    port2.postMessage(0);
    port2.on('close', () => note(wakeUps() - before < 10));
  }, [[true]]));

  it('timers fire', () => ends(pingPong((wt, tools, stop) => {
    let left = 3;
    const again = () => (--left > 0 ? setTimeout(again, 2) : stop());

    again();
  })));

  it('timers that a listener sets fire when they are due', () => ends((wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const took = [];
    let since = 0;
    const fire = () => {
      took.push(performance.now() - since);
      since = 0;
      if (took.length !== 10) return; // what was posted before the end comes still
      /* Not when watching ends. The first is set before it begins; the others are many,
       * on a busy machine. */
      note(Math.min(...took.slice(1)) < 50);
      port1.close();
    };

    wt.setIdleStrategy({ spin: 100000 });
    port1.on('message', (n) => port1.postMessage(n));
    port2.on('message', (n) => {
      if (since === 0) {
        since = performance.now();
        setTimeout(fire, 1);
      }
      port2.postMessage(n);
    });
    port2.postMessage(0);
  }, [[true]]));

  it('intervals go on', () => ends(pingPong((wt, tools, stop) => {
    let left = 20;

    setInterval(() => --left === 0 && stop(), 1).unref();
  })));

  it('immediates run', () => ends(pingPong((wt, tools, stop) => {
    let left = 1000;
    const again = () => (--left > 0 ? setImmediate(again) : stop());

    again();
  })));

  it('files and sockets get their turn', () => ends(pingPong(async (wt, tools, stop) => {
    const fs = require('node:fs/promises');
    const net = require('node:net');
    const server = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');

    await new Promise((resolve) => server.on('listening', resolve));
    for (let i = 0; i < 5; i++) {
      await fs.stat(__filename === '[eval]' ? '.' : __filename);
      const client = net.connect(server.address().port, '127.0.0.1');

      client.write('x');
      await new Promise((resolve) => client.on('data', resolve));
      client.destroy();
    }
    server.close(stop);
  })));

  it('signals arrive', () => ends(pingPong((wt, tools, stop) => {
    process.once('SIGUSR2', stop);
    setTimeout(() => process.kill(process.pid, 'SIGUSR2'), 5);
  })));

  it('ports open, close and come and go', () => ends(pingPong((wt, tools, stop) => {
    let left = 200;

    for (let i = 0; i < left; i++) {
      const { port1, port2 } = new wt.MessageChannel();

      port2.on('close', () => --left === 0 && stop());
      if (i % 3) port1.close();
      else port2.close();
    }
  })));

  it('it can be turned off and on at any time', () => ends(pingPong((wt, tools, stop, worker) => {
    let left = 20000;

    worker.on('message', () => {
      left--;
      if (left % 100 === 0) wt.setIdleStrategy({ spin: left % 200 === 0 ? 1000 : 0 });
      if (left === 0) stop();
    });
    setTimeout(() => wt.setIdleStrategy({ spin: 0 }), 1);
    setTimeout(() => wt.setIdleStrategy({ spin: 10 }), 3);
  }, 1000)));

  (confined ? it : it.skip)('they progress on one core, and with others on it', async () => {
    for (const spin of [20, FOREVER]) {
      const text = source(subject.id, pingPong((wt, tools, stop, worker) => {
        let left = 3000;
        const hog = new wt.Worker('for (;;);', { eval: true });

        worker.on('message', () => {
          if (--left === 2000) hog.terminate();
          if (left === 0) stop();
        });
      }, spin));

      assert.deepStrictEqual(runOnOneCore(text, 120000), { status: 0, stdout: '["stopped"]\n' });
    }
  });

  it('a worker can be terminated, whatever it is doing', () => ends(async (wt, { note, worker }) => {
    for (let i = 0; i < 12; i++) {
      const one = worker((wt) => {
        wt.setIdleStrategy({ spin: 100000 });
        wt.parentPort.on('message', (n) => wt.parentPort.postMessage(n));
        wt.parentPort.postMessage('ready');
      });

      await new Promise((resolve) => one.once('message', resolve));
      if (i % 2) {
        one.on('message', (n) => one.postMessage(n));
        one.postMessage(0);
      }
      if (i % 3) await new Promise((resolve) => setTimeout(resolve, i));
      await one.terminate();
    }
    note('stopped');
  }));

  it('a worker that exits while it watches has delivered everything', () => ends((wt, { note, worker }) => {
    const one = worker((wt) => {
      wt.setIdleStrategy({ spin: 100000 });
      wt.parentPort.on('message', (n) => {
        wt.parentPort.postMessages([n, n + 1]);
        if (n === 3) process.exit(7);
      });
    });

    wt.setIdleStrategy({ spin: 100000 });
    one.on('message', (n) => note(n));
    one.on('exit', (code) => note('exit', code));
    for (let n = 0; n < 5; n++) one.postMessage(n);
  }, [0, 1, 1, 2, 2, 3, 3, 4].map((n) => [n]).concat([['exit', 7]])));
});

describe('idle strategy: watching', function () {
  this.timeout(0);

  it('keeps nothing alive', () => ends((wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    wt.setIdleStrategy({ spin: 100000 });
    port2.on('message', () => note('never'));
    port2.unref();
    port1.start();
    process.on('beforeExit', () => note('beforeExit'));
    process.on('exit', () => note('exit'));
  }, [['beforeExit'], ['exit']]));

  it('goes on when beforeExit brings more', () => ends((wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    wt.setIdleStrategy({ spin: 100000 });
    port2.on('message', (text) => {
      note(text);
      port2.close();
    });
    port2.unref();
    process.once('beforeExit', () => {
      note('beforeExit');
      port2.ref();
      port1.postMessage('message');
    });
  }, [['beforeExit'], ['message']]));

  it('stops after a while when nothing comes, also between the ticks of a timer', () => ends((wt, { note }) => {
    const { port2 } = new wt.MessageChannel();
    const done = (before) => {
      const { user, system } = process.cpuUsage(before);

      note(user + system < 750000); // of 1.5 s
      port2.close();
    };

    wt.setIdleStrategy({ spin: 100000 });
    port2.on('message', () => {});
    const timer = setInterval(() => {}, 5);
    const before = process.cpuUsage();

    setTimeout(() => {
      clearInterval(timer);
      done(before);
    }, 1500);
  }, [[true]]));

  it('leaves a thread that waits in receiveMessageOnPort alone', () => ends((wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    wt.setIdleStrategy({ spin: 100000 });
    for (let i = 0; i < 3; i++) {
      port1.postMessage(i);
      note(wt.receiveMessageOnPort(port2));
    }
    setImmediate(() => {
      port1.postMessage(3);
      note(wt.receiveMessageOnPort(port2), wt.receiveMessageOnPort(port2) === undefined);
    });
  }, [[{ message: 0 }], [{ message: 1 }], [{ message: 2 }], [{ message: 3 }, true]]));

  it('an error of a listener is an uncaught exception, and the rest comes', () => ends((wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    wt.setIdleStrategy({ spin: 100000 });
    process.on('uncaughtException', (error) => note(error.message));
    port2.on('message', (n) => {
      note(n);
      if (n === 1) process.nextTick(() => { throw new Error('in a tick'); });
      if (n === 2) throw new Error('in a listener');
      if (n === 3) port2.close();
    });
    port1.on('message', () => {});
    setTimeout(() => {
      for (let n = 0; n < 4; n++) port1.postMessage(n);
    }, 2);
  }, [[0], [1], ['in a tick'], [2], ['in a listener'], [3]]));
});
