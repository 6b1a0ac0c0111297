'use strict';

/* threads() lists each thread that has ringport loaded, its state, and its counters. */

const assert = require('node:assert');
const { pathToFileURL } = require('node:url');
const plain = require('node:worker_threads');
const { subject } = require('./support/implementations');
const { open } = require('./support/program');

const { api: wt, id } = subject;

/* What goes by Node counts as a message of 16 bytes. */
if (wt.threads) require('../../lib/loading/native').thresholds.COLD_OBJECTS = 0;

(wt.threads ? describe : describe.skip)('threads()', () => {
  const { worker } = open(id);
  const started = [];
  const start = (...args) => {
    started.push(worker(...args));
    return started.at(-1);
  };
  const next = (target, event) => new Promise((resolve) => target.once(event, resolve));
  const of = (threadId) => wt.threads().find((one) => one.threadId === threadId);
  const here = () => of(wt.threadId);
  /** What has changed in this thread meanwhile. */
  const since = (before) => {
    const now = here();

    return Object.fromEntries(Object.keys(now)
      .filter((key) => now[key] !== before[key]).map((key) => [key, now[key] - before[key]]));
  };

  afterEach(() => Promise.all(started.splice(0).map((one) => one.terminate())));

  it('lists the main thread', () => {
    const { name, state, ...numbers } = here();

    assert.deepStrictEqual([name, state], [plain.threadName ?? '', 'running']);
    assert.deepStrictEqual(Object.keys(numbers).sort(),
      ['byNode', 'bytesIn', 'bytesOut', 'messagesIn', 'messagesOut', 'ports', 'queued', 'stalls', 'threadId', 'wakeUps']);
    for (const number of Object.values(numbers)) assert.ok(Number.isSafeInteger(number) && number >= 0);
  });

  it('is exported to ES modules', async () => {
    assert.strictEqual((await import(pathToFileURL(`${id}/index.mjs`))).threads, wt.threads);
  });

  it('counts ports', async () => {
    const before = here();
    const { port1, port2 } = new wt.MessageChannel();

    assert.deepStrictEqual(since(before), { ports: 2 });
    const handle = port2.detach();
    assert.deepStrictEqual(since(before), { ports: 1 });
    const back = wt.MessagePort.from(handle);
    assert.deepStrictEqual(since(before), { ports: 2 });
    port1.close();
    back.close();
    await next(back, 'close');
    assert.deepStrictEqual(since(before), {});
  });

  it('counts messages and bytes, and the same number on both sides', async () => {
    const { port1, port2 } = new wt.MessageChannel();
    const before = here();
    const values = [1, 'text'.repeat(100), new Uint8Array(300), new Uint8Array(200000), 'ü'.repeat(100000),
      Array.from({ length: 20000 }, (_, i) => [i, `${i}`]), { sab: new SharedArrayBuffer(8) }];

    for (const value of values) port1.postMessage(value);

    const posted = since(before);

    assert.deepStrictEqual(Object.keys(posted).sort(), ['byNode', 'bytesOut', 'messagesOut', 'queued']);
    assert.strictEqual(posted.byNode, port1.stats().byNode);
    assert.strictEqual(posted.messagesOut, values.length);
    assert.ok(posted.bytesOut > 400000 && posted.bytesOut < 1500000, `${posted.bytesOut}`);

    for (let i = 0; i < 3; i++) wt.receiveMessageOnPort(port2);
    assert.strictEqual(since(before).messagesIn, 3);
    await new Promise((resolve) => {
      let left = values.length - 3;

      port2.on('message', () => --left === 0 && resolve());
    });
    await new Promise(setImmediate);

    const { queued, ...rest } = posted;

    assert.strictEqual(queued, values.length);
    assert.deepStrictEqual(since(before), {
      ...rest, messagesIn: posted.messagesOut, bytesIn: posted.bytesOut, wakeUps: since(before).wakeUps
    });
    assert.ok(since(before).wakeUps >= 1);
    port1.close();
    await next(port2, 'close');
  });

  it('follows a worker from its start to its end, and forgets it', async () => {
    const before = wt.threads().length;
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const one = started[started.push(new wt.Worker(
      `const { workerData } = require('node:worker_threads');
       Atomics.wait(workerData, 0, 0);
       const { parentPort } = require(${JSON.stringify(id)});
       parentPort.on('message', (m) => parentPort.postMessage(m));
       parentPort.postMessage('up');`,
      { eval: true, workerData: gate, name: 'a worker with a name' }
    )) - 1];
    const { threadId } = one;
    const none = {
      ports: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, wakeUps: 0, queued: 0, byNode: 0, stalls: 0,
    };
    const name = 'a worker with a name';

    assert.deepStrictEqual(of(threadId), { threadId, name, state: 'starting', ...none });
    await next(one, 'online');
    assert.deepStrictEqual(of(threadId), { threadId, name, state: 'running', ...none });
    gate[0] = 1;
    Atomics.notify(gate, 0);
    await next(one, 'message');
    for (let i = 0; i < 400; i++) {
      one.postMessage(i);
      await next(one, 'message');
    }

    const { state, messagesIn, messagesOut, wakeUps, ports } = of(threadId);

    /* The first ones go by Node. */
    assert.deepStrictEqual([state, ports], ['running', 1]);
    assert.ok(messagesOut >= 200 && messagesOut <= 402, `${messagesOut}`);
    assert.ok(messagesIn >= 200 && messagesIn <= 402, `${messagesIn}`);
    assert.ok(wakeUps >= 1, `${wakeUps}`);

    let inListener;

    one.once('exit', () => {
      inListener = of(threadId);
    });
    await one.terminate();
    assert.strictEqual(inListener, undefined);
    assert.strictEqual(wt.threads().length, before);
  });

  it('a worker that never loads the library runs, too, and counts nothing', async () => {
    const one = new wt.Worker(
      'require("node:worker_threads").parentPort.once("message", () => process.exit());', { eval: true });
    const { threadId } = one;
    const states = [of(threadId).state];

    started.push(one);
    await next(one, 'online');
    states.push(of(threadId).state);
    one.postMessage('end');
    await next(one, 'exit');
    states.push(of(threadId));
    assert.deepStrictEqual(states, ['starting', 'running', undefined]);
  });

  it('reads the same in every thread, of threads that are blocked, too', async () => {
    const blocked = start((wt) => {
      wt.parentPort.postMessages(['up']); // by ring from the first
      for (;;);
    }, { name: 'blocked' });

    await next(blocked, 'message');

    const reader = start((wt) => {
      wt.parentPort.on('message', () => {}); // stays until all is compared
      wt.parentPort.postMessage(wt.threads());
    });
    const seen = await next(reader, 'message');
    const ids = [wt.threadId, blocked.threadId, reader.threadId];

    for (const one of ids) assert.strictEqual(seen.find(({ threadId }) => threadId === one)?.state, 'running');
    assert.deepStrictEqual(seen.map(({ threadId }) => threadId), wt.threads().map(({ threadId }) => threadId));
    assert.strictEqual(of(blocked.threadId).messagesOut, 1);
  });

  it('counts what is queued, also for a thread that is blocked, and until it is dropped', async () => {
    const before = here().queued;
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const blocked = start((wt) => {
      wt.parentPort.once('message', (gate) => {
        wt.parentPort.postMessages(['blocks']);
        Atomics.wait(gate, 0, 0);
        wt.parentPort.on('message', (n) => n === 'last' && wt.parentPort.postMessages(['done']));
      });
    });
    const { threadId } = blocked;

    blocked.postMessages([gate]); // by ring from the first
    await next(blocked, 'message');
    await new Promise(setImmediate); // it is queued until its listener has returned
    for (let n = 0; n < 400; n++) blocked.postMessage(n);
    blocked.postMessage('last');
    assert.strictEqual(of(threadId).queued, 401);
    assert.strictEqual(here().queued, before);
    gate[0] = 1;
    Atomics.notify(gate, 0);
    await next(blocked, 'message');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.strictEqual(of(threadId).queued, 0);

    const { port1, port2 } = new wt.MessageChannel();

    for (let n = 0; n < 10; n++) port1.postMessage(n);
    assert.strictEqual(here().queued, before + 10);

    const handle = port2.detach(); // nobody's now

    assert.strictEqual(here().queued, before);

    const back = wt.MessagePort.from(handle);

    assert.strictEqual(here().queued, before + 10);
    back.close();
    await next(port1, 'close');
    assert.strictEqual(here().queued, before);
  });

  it('counts the stalls of ports with a mark', async () => {
    const before = here().stalls;
    const { port1, port2 } = new wt.MessageChannel({ highWaterMark: 100 });

    for (let n = 0; n < 50; n++) port1.postMessage(n);
    assert.strictEqual(here().stalls, before + 1);
    port2.on('message', () => {});
    await port1.drained();
    for (let n = 0; n < 50; n++) port1.postMessage(n);
    assert.strictEqual(here().stalls, before + 2);
    assert.strictEqual(port1.stats().stalls, 2);
    port1.close();
    await next(port2, 'close');
  });

  it('is read safely while ports are made, moved and closed, and threads start and end', async function() {
    this.timeout(120_000);

    const reader = start((wt) => {
      const { binding, define, FOR_TOP } = require(`${process.cwd()}/lib/loading/native`);
      let reads = 0;
      let most = 0;

      define(FOR_TOP);
      setImmediate(function read() {
        for (let i = 0; i < 20; i++) {
          const ports = binding.ports();
          for (const { queued, messagesIn } of ports) if (!(queued < 1e6 && messagesIn < 1e6)) throw new Error('torn');
          most = Math.max(most, ports.length);
          reads++;
          wt.threads();
        }
        setImmediate(read);
      });
      wt.parentPort.on('message', () => {
        wt.parentPort.postMessage([reads, most]);
        wt.parentPort.close();
        process.exit();
      });
    });
    const players = Array.from({ length: 3 }, () => start((wt, { worker }) => {
      const end = Date.now() + 1500;

      wt.parentPort.on('message', () => {});
      (async () => {
        while (Date.now() < end) {
          const channels = Array.from({ length: 20 }, () => new wt.MessageChannel());

          for (const { port1, port2 } of channels) {
            for (let i = 0; i < 20; i++) port1.postMessage(i);
            wt.MessagePort.from(port2.detach()).on('message', (n) => n === 19 && port1.close());
          }

          const child = worker((wt) => wt.parentPort.once('message', ({ port }) => port.postMessage('got')));
          const { port1, port2 } = new wt.MessageChannel();

          child.postMessage({ port: port2 }, [port2]);
          await new Promise((resolve) => port1.once('message', resolve));
          port1.close();
          await child.terminate();
        }
        wt.parentPort.postMessage('done');
      })();
    }));

    await Promise.all(players.map((player) => next(player, 'message')));
    reader.postMessage('how many');

    const [reads, most] = await next(reader, 'message');

    assert.ok(reads > 50 && most > 20, `${reads} reads of up to ${most} ports`);
  });

  it('lists a thread of Node\'s own Worker while it has ringport loaded', async () => {
    const one = new plain.Worker(
      `require(${JSON.stringify(id)});
       const { parentPort } = require('node:worker_threads');
       parentPort.on('message', () => parentPort.close());
       parentPort.postMessage('up');`, { eval: true });
    const { threadId } = one;

    await next(one, 'message');
    assert.strictEqual(of(threadId).state, 'running');
    one.postMessage('end');
    await next(one, 'exit');
    assert.strictEqual(of(threadId), undefined);
  });

  it('nothing is left of the workers of a worker that is terminated', async () => {
    const before = wt.threads().length;
    const outer = start((wt, { worker }) => {
      for (let i = 0; i < 3; i++) worker((wt) => wt.parentPort.on('message', () => {}));
      setTimeout(() => wt.parentPort.postMessage(wt.threads().length), 20);
    });

    assert.ok(await next(outer, 'message') >= before + 4);
    await outer.terminate();
    assert.strictEqual(wt.threads().length, before);
  });
});
