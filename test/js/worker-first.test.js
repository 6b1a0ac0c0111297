'use strict';

/*
 * The first messages of a worker, which go over Node's channel, and what makes its port
 * switch to the ring.
 */

const assert = require('node:assert');
const path = require('node:path');
const { same } = require('./support/differential');
const { subject } = require('./support/implementations');
const { watch } = require('./support/watch');

/** More than go on Node's channel. */
const MANY = 400;

/**
 * What a worker does with its port, and what its parent sends: the parent notes all that
 * comes back.
 */
function play(title, work, messages = [], options = {}) {
  same(title, async (wt, t) => {
    const worker = t.worker(work, options);
    const exit = watch(t, worker);

    for (const message of messages) worker.postMessage(message);
    await exit;
  });
}

const several = Array.from({ length: MANY }, (_, i) => ({ number: i }));

describe('worker: its first messages', () => {
  play('it posts on, past those of Node\'s channel', (wt) => {
    for (let i = 0; i < 400; i++) wt.parentPort.postMessage(i);
  });

  play('it hears on, past those of Node\'s channel', (wt) => {
    const heard = [];

    wt.parentPort.on('message', ({ number }) => {
      heard.push(number);
      if (number < 399) return;
      wt.parentPort.postMessage(heard);
      wt.parentPort.close();
    });
  }, several);

  play('it answers each', (wt) => {
    wt.parentPort.on('message', (m) => {
      wt.parentPort.postMessage(m);
      if (m.number === 399) wt.parentPort.close();
    });
  }, several);

  for (const how of ['on', 'onmessage']) {
    play(`undefined, null and 0, by ${how}`, (wt, on) => {
      let count = 0;
      const note = (m) => {
        wt.parentPort.postMessage([String(m), m]);
        if (++count === 400) wt.parentPort.close();
      };

      if (on === 'on') wt.parentPort.on('message', note);
      else wt.parentPort.onmessage = ({ data }) => note(data);
    }, several.map((_, i) => [undefined, null, 0][i % 3]), { workerData: how });
  }

  play('it takes them with receiveMessageOnPort', (wt) => {
    for (let count = 0; count < 400;) {
      const received = wt.receiveMessageOnPort(wt.parentPort);

      if (received === undefined) continue;
      wt.parentPort.postMessage(received.message);
      count++;
    }
  }, several);

  same('it posts values, then ports, then values', async (wt, t) => {
    const worker = t.worker((wt) => {
      const { port1, port2 } = new wt.MessageChannel();

      wt.parentPort.postMessage('before');
      port1.postMessage('by the port');
      port1.close();
      wt.parentPort.postMessage({ port2 }, [port2]);
      wt.parentPort.postMessage('behind');
    });

    worker.on('message', (m) => {
      t.note(m.port2 ? wt.receiveMessageOnPort(m.port2) : m);
      m.port2?.close();
    });
    await t.next(worker, 'exit');
  });

  same('events on both ports have the ports of a message', async (wt, t) => {
    const worker = t.worker((wt) => {
      const node = require('node:worker_threads').parentPort;
      const counts = [];
      const count = ({ ports }) => {
        counts.push(ports.length);
        if (counts.length < 6) return;
        wt.parentPort.postMessage(counts);
        wt.parentPort.close();
      };

      node.addEventListener('message', count);
      wt.parentPort.addEventListener('message', (event) => count(event));
    });
    const exit = watch(t, worker);

    for (const count of [1, 0, 2]) {
      const list = Array.from({ length: count }, () => {
        const { port1, port2 } = new MessageChannel();

        port1.unref();
        return port2;
      });

      worker.postMessage(list, list);
    }
    await exit;
  });

  /* What the port says is in the exit code. */
  play('it closes at once, and is told once', (wt) => {
    const { parentPort } = wt;
    const say = (digit) => { process.exitCode = (process.exitCode ?? 0) * 3 + digit; };

    parentPort.on('close', () => {
      say(1 + Number(parentPort.hasRef()));
      parentPort.postMessage('late');
    });
    parentPort.on('message', () => {});
    say(Number(parentPort.hasRef()));
    parentPort.close();
    parentPort.close();
    say(Number(parentPort.hasRef()));
    try {
      const { port1 } = new wt.MessageChannel();

      parentPort.postMessage(port1, [port1]);
      port1.close();
      say(1);
    } catch {
      say(2);
    }
  });

  play('ref and unref', (wt) => {
    const { parentPort } = wt;
    const says = [];
    const say = () => says.push(parentPort.hasRef());

    say();
    parentPort.ref();
    say();
    parentPort.unref();
    parentPort.on('message', () => {});
    say();
    parentPort.unref();
    say();
    parentPort.postMessage(says);
  });

  play('what cannot be cloned', (wt, { plain }) => {
    const { parentPort } = wt;

    for (const value of [() => {}, { f() {} }, Symbol('s'), parentPort, { parentPort }, [[{ parentPort }]],
      new wt.MessageChannel().port1]) {
      try {
        parentPort.postMessage(value);
      } catch (error) {
        parentPort.postMessage(plain(error));
      }
    }
    for (const list of [[parentPort], 5, [{}]]) {
      try {
        parentPort.postMessage(1, list);
      } catch (error) {
        parentPort.postMessage(plain(error).name);
      }
    }
  });

  play('getters run once', (wt) => {
    let count = 0;

    wt.parentPort.postMessage({ get one() { return ++count; }, deep: { get two() { return ++count; } } });
  });

  same('a getter posts', async (wt, t) => {
    const worker = t.keep(new wt.Worker(`
      const { parentPort } = require(${JSON.stringify(t.id)});

      for (let i = 0; i < 6; i++) parentPort.postMessage(i);
      parentPort.postMessage({ deep: { get outer() {
        for (let i = 0; i < 6; i++) parentPort.postMessage({ inner: i });
        return 'outer';
      } } });
      parentPort.postMessage('behind');`, { eval: true }));

    await watch(t, worker);
  });

  for (const before of [0, 280, 400]) {
    same(`either side posts objects with a kind of its own, after ${before} messages`, async (wt, t) => {
      const worker = t.worker((wt) => {
        wt.parentPort.on('message', (message) => {
          wt.parentPort.postMessage(message);
          if (message === 'end') wt.parentPort.close();
        });
      });

      worker.on('message', (message) => t.note(message));
      for (let i = 0; i < before; i++) worker.postMessage(i);
      for (const kind of ['change', 'ringport.change', 'envelope', 'channel', 'guard', '', 5, null, { kind: 'change' }]) {
        worker.postMessage({ kind, id: 1, need: 3 });
        worker.postMessage({ get kind() {
          for (let i = 0; i < 9; i++) worker.postMessage({ kind: i % 2 ? kind : `${i}` });
          return kind;
        } });
      }
      worker.postMessage('end');
      await t.next(worker, 'exit');
    });
  }

  play('a getter that throws what Node might throw', (wt) => {
    let count = 0;

    try {
      wt.parentPort.postMessage({ deep: { get one() {
        if (count++ === 0) throw new Error('Cannot clone object of unsupported type.');
        return count;
      } } });
    } catch (error) {
      wt.parentPort.postMessage([error.message, count]);
    }
  });

  play('its port is marked first of all', (wt) => {
    wt.markAsUntransferable(wt.parentPort);
    wt.parentPort.postMessage('still');
  });

  same('its listeners are called in no context of what it posts', async (wt, t) => {
    const worker = t.worker((wt) => {
      const { AsyncLocalStorage } = require('node:async_hooks');
      const storage = new AsyncLocalStorage();

      storage.run('posting', () => {
        for (let i = 0; i < 400; i++) wt.parentPort.postMessage(i);
      });
      wt.parentPort.on('message', (m) => {
        wt.parentPort.postMessage([m, storage.getStore()]);
        if (m === 'end') wt.parentPort.close();
      });
    });

    await t.messages(worker, MANY);

    const answers = t.messages(worker, 3);

    for (const m of ['one', 'two', 'end']) worker.postMessage(m);
    t.note(await answers);
  });

  (subject.api.threads ? it : it.skip)('its port goes into a transfer handle first of all', async () => {
    const worker = new subject.api.Worker(`
      const { MessagePort, parentPort } = require(${JSON.stringify(subject.id)});
      const port = MessagePort.from(parentPort.detach());
      port.postMessage('by a handle');
      port.close();`, { eval: true });
    const got = [];

    worker.on('message', (m) => got.push(m));
    worker.on('error', (error) => got.push(error));
    await new Promise((resolve) => worker.on('exit', resolve));
    assert.deepStrictEqual(got, ['by a handle']);
  });

  /*
   * A thread that watches may see the ring before Node's port: about every fourth round.
   */
  (subject.api.threads ? it : it.skip)('none is lost on one who hears them one by one', async () => {
    for (let round = 0; round < 25; round++) {
      const flags = new Int32Array(new SharedArrayBuffer(8));
      const worker = new subject.api.Worker(`
        const { parentPort, setIdleStrategy, workerData: flags } = require(${JSON.stringify(subject.id)});
        const hear = () => parentPort.once('message', (m) => {
          parentPort.postMessage(m);
          if (m < 3) setTimeout(hear, 1);
        });

        setIdleStrategy({ spin: 100_000 });
        hear();
        parentPort.receiveViews = true; // it connects
        Atomics.store(flags, 0, 1);
        Atomics.notify(flags, 0);`, { eval: true, workerData: flags });
      const got = [];
      const late = setTimeout(() => worker.terminate(), 10_000);

      worker.on('message', (m) => got.push(m));

      const exit = new Promise((resolve) => worker.on('exit', resolve));

      Atomics.wait(flags, 0, 0);
      Atomics.wait(flags, 1, 0, 1 + round % 3); // it watches
      worker.postMessage(0);
      worker.postMessage(1);
      for (let i = 0; i < 2; i++) await new Promise(setImmediate); // its hello arrives
      worker.postMessage(2);
      worker.postMessage(3);
      await exit;
      clearTimeout(late);
      assert.deepStrictEqual(got, [0, 1, 2, 3]);
    }
  });

  (subject.api.threads ? it : it.skip)('go on where another copy of the library has connected', async () => {
    const worker = new subject.api.Worker(`
      const id = require.resolve(${JSON.stringify(path.join(__dirname, '../../dist'))});
      const one = require(id);
      new one.MessageChannel().port1.close(); // all of it is loaded
      for (const file of Object.keys(require.cache)) delete require.cache[file];
      const other = require(id);
      one.parentPort.postMessages(['one']);
      const { port1, port2 } = new (require('node:worker_threads').MessageChannel)();
      const { buffer } = new Uint8Array(100_000);
      other.parentPort.postMessage(port2, [port2]);
      other.parentPort.postMessage(buffer, [buffer]);
      port1.close();`, { eval: true });
    const got = [];

    worker.on('message', (m) => got.push(m.constructor.name));
    worker.on('error', (error) => got.push(error));
    await new Promise((resolve) => worker.on('exit', resolve));
    assert.deepStrictEqual(got.sort(), ['ArrayBuffer', 'MessagePort', 'String']);
  });

  play('its port is gone before it has spoken by ring', (wt) => {
    process.exit(wt.parentPort.hasRef() ? 1 : 2);
  });

  (subject.api.threads ? it : it.skip)('an async hook that posts while the port connects loses nothing', async () => {
    const worker = new subject.api.Worker(`
      const { parentPort } = require(${JSON.stringify(subject.id)});
      let count = 0;
      require('node:async_hooks').createHook({
        init() { if (count++ < 3) parentPort.postMessage('hook'); },
      }).enable();
      for (let i = 0; i < ${MANY}; i++) parentPort.postMessage(i);
      parentPort.postMessages([{ shared: new SharedArrayBuffer(8) }]);
      parentPort.postMessage({ hooks: Math.min(count, 3) });`, { eval: true });
    const got = [];

    worker.on('message', (m) => got.push(m));
    await new Promise((resolve) => worker.on('exit', resolve));
    assert.deepStrictEqual(got.filter((m) => typeof m === 'number'), Array.from({ length: MANY }, (_, i) => i));

    const others = got.filter((m) => typeof m !== 'number');
    const { hooks } = others.find((m) => m.hooks !== undefined);

    assert.ok(hooks > 0);
    assert.strictEqual(others.filter((m) => m === 'hook').length, hooks);
    assert.strictEqual(others.filter((m) => m.shared?.byteLength === 8).length, 1);
    assert.strictEqual(others.length, hooks + 2);
  });

  (subject.api.threads ? it : it.skip)('leave no endpoint behind that nobody came for', async () => {
    const { counts } = require('../../lib/binding');
    const before = counts();

    for (let i = 0; i < 5; i++) {
      const worker = new subject.api.Worker(
        `require(${JSON.stringify(subject.id)}).parentPort.postMessage(1);`, { eval: true });

      await new Promise((resolve) => worker.on('exit', resolve));
    }
    assert.deepStrictEqual(counts(), before);
  });
});
