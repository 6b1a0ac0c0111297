'use strict';

/*
 * port.detach() and MessagePort.from(handle). Node's ports are their own transfer
 * handles, so the tests of what survives the transfer compare with Node; the others cover
 * errors and lost handles.
 */

const assert = require('node:assert');
const plain = require('node:worker_threads');
const { same, sameProcess } = require('./support/differential');
const { subject } = require('./support/implementations');
const { play } = require('./support/play');
const { Scene } = require('./support/scene');

/* A test of ringport alone. */
function own(title, scenario) {
  const ours = typeof subject.api.MessagePort.from === 'function';

  (ours ? it : it.skip)(title, async () => {
    const scene = new Scene(subject);

    try {
      await scenario(scene.wt, scene);
    } finally {
      await scene.end();
    }
  });
}

const plainPair = (t) => {
  const { port1, port2 } = new plain.MessageChannel();

  return [t.keep(port1), t.keep(port2)];
};

describe('transfer handle: what it carries', () => {
  same('a port comes back to its own thread', async (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage('before');
    const handle = t.detach(b);
    a.postMessage('between');
    const back = t.attach(handle);
    a.postMessage('after');
    t.note(await t.messages(back, 3));
    back.postMessage('reply');
    t.note(await t.next(a, 'message'));
  });

  same('over a plain Node port', async (wt, t) => {
    const [a, b] = t.channel();
    const [p, q] = plainPair(t);
    const handle = t.detach(b);

    a.postMessage('one');
    p.postMessage({ deep: [handle] }, [handle]);
    a.postMessage('two');
    const { deep: [received] } = await t.next(q, 'message');
    const back = t.attach(received);
    t.note(await t.messages(back, 2));
    back.postMessage('reply');
    t.note(await t.next(a, 'message'));
  });

  same('over a port of the library', async (wt, t) => {
    const [a, b] = t.channel();
    const [p, q] = t.channel();
    const handle = t.detach(b);

    a.postMessage('one');
    p.postMessage({ handle }, [handle]);
    const { handle: received } = await t.next(q, 'message');
    const back = t.attach(received);
    t.note(await t.next(back, 'message'));
  });

  same('over workerData of a plain Worker', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = t.detach(b);
    const worker = t.keep(new plain.Worker(
      t.tools.source((wt, { attach }) => {
        const port = attach(require('node:worker_threads').workerData.handle);

        port.on('message', (m) => {
          port.postMessage(`got ${m}`);
          if (m === 'end') port.close();
        });
      }),
      { eval: true, workerData: { handle }, transferList: [handle] }
    ));

    a.postMessage('one');
    const replies = t.messages(a, 2);
    a.postMessage('end');
    t.note(await replies, await t.next(worker, 'exit'));
  });

  same('over workerData of the library\'s Worker', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = t.detach(b);
    const worker = t.worker((wt, { attach }) => {
      const port = attach(wt.workerData);

      port.postMessage('here');
      port.once('message', (m) => port.postMessage(`got ${m}`));
    }, { workerData: handle, transferList: [handle] });

    a.postMessage('one');
    t.note(await t.messages(a, 2), await t.next(worker, 'exit'));
  });

  same('over postMessage to a plain Worker, and back', async (wt, t) => {
    const [a, b] = t.channel();
    const worker = t.keep(new plain.Worker(
      t.tools.source((wt, { attach, detach }) => {
        const { parentPort } = require('node:worker_threads');

        parentPort.once('message', (handle) => {
          const port = attach(handle);

          port.once('message', (m) => {
            port.postMessage(`got ${m}`);
            const back = detach(port);
            parentPort.postMessage(back, [back]);
          });
        });
      }),
      { eval: true }
    ));
    const handle = t.detach(b);

    a.postMessage('one');
    worker.postMessage(handle, [handle]);
    const back = t.attach(await t.next(worker, 'message'));
    a.postMessage('two');
    t.note(await t.next(back, 'message'), await t.next(a, 'message'));
  });

  same('over a BroadcastChannel it cannot go', async (wt, t) => {
    const [, b] = t.channel();
    const channel = t.keep(new plain.BroadcastChannel(`handle ${process.pid}`));
    const handle = t.keep(t.detach(b));

    t.attempt('post', () => channel.postMessage(handle));
  });

  same('1,000 messages in flight both ways, at ten hops', async (wt, t) => {
    const [a, b] = t.channel();
    const [p, q] = plainPair(t);
    const received = { there: [], here: [] };
    let moving = b;
    let next = 0;

    for (let hop = 0; hop < 10; hop++) {
      for (let i = 0; i < 50; i++) a.postMessage({ n: next++ });
      for (let i = 0; i < 50; i++) moving.postMessage({ n: hop * 50 + i });
      for (let i = 0; i < 20; i++) received.there.push(wt.receiveMessageOnPort(moving).message.n);

      const handle = t.detach(moving);
      for (let i = 0; i < 50; i++) a.postMessage({ n: next++ });
      p.postMessage(handle, [handle]);
      moving = t.attach(await t.next(q, 'message'));
    }
    received.there.push(...t.drain(moving).map(({ n }) => n));
    received.here.push(...t.drain(a).map(({ n }) => n));
    for (const list of Object.values(received)) t.note(list.length, list.every((n, i) => n === i));
  });

  same('both ends, each to a worker of its own, while messages are in flight', async (wt, t) => {
    const [a, b] = t.channel();
    const start = (port) => {
      const handle = t.detach(port);

      return t.keep(new plain.Worker(
        t.tools.source((wt, { attach }) => {
          const { parentPort, workerData } = require('node:worker_threads');
          const port = attach(workerData);
          const got = [];

          for (let i = 10; i < 20; i++) port.postMessage(i);
          port.on('message', (m) => {
            if (got.push(m) < 20) return;
            parentPort.postMessage(got);
          });
          parentPort.once('message', () => port.close());
        }),
        { eval: true, workerData: handle, transferList: [handle] }
      ));
    };

    for (let i = 0; i < 10; i++) {
      a.postMessage(i);
      b.postMessage(i);
    }
    const workers = [start(a), start(b)];
    t.note(await Promise.all(workers.map((worker) => t.next(worker, 'message'))));
    workers.forEach((worker) => worker.postMessage('end'));
    t.note(await Promise.all(workers.map((worker) => t.next(worker, 'exit'))));
  });

  same('of a port that listened: it stops here and starts anew there', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', (m) => t.note('old listener', m));
    a.postMessage('delivered');
    await t.turns();
    const handle = t.detach(b);
    a.postMessage('kept');
    await t.turns();
    const back = t.attach(handle);
    t.note(back.hasRef(), back.listenerCount('message'));
    t.note(await t.next(back, 'message'));
  });

  same('what only Node carries, and ports, among the messages', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const shared = new SharedArrayBuffer(8);
    const { buffer } = new Uint8Array([1, 2]);

    a.postMessage({ shared });
    a.postMessage({ d, buffer }, [d, buffer]);
    const handle = t.detach(b);
    a.postMessage({ key: require('node:crypto').createSecretKey(Buffer.from('k')) });
    const back = t.attach(handle);
    const [one, two, three] = await t.messages(back, 3);
    t.note(one.shared.byteLength, new Uint8Array(two.buffer), three.key.type);
    t.keep(two.d).postMessage('through the port');
    t.note(await t.next(c, 'message'));
  });

  same('the other end closes while the port is on its way', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = t.detach(b);

    a.postMessage('last');
    a.close();
    await t.next(a, 'close');
    const back = t.attach(handle);
    back.on('message', (m) => t.note('message', m));
    await t.next(back, 'close');
  });
});

describe('transfer handle: its end', () => {
  same('a transfer handle that is closed closes the other end', async (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage('nobody takes it');
    t.detach(b).close();
    await t.next(a, 'close');
    t.note('closed', a.postMessage(1));
  });

  same('a transfer handle in a message that nobody takes', async (wt, t) => {
    const [a, b] = t.channel();
    const [p, q] = plainPair(t);
    const handle = t.detach(b);

    p.postMessage(handle, [handle]);
    q.close();
    await t.next(a, 'close');
    t.note('closed');
  });

  same('a transfer handle sent to a worker that is terminated', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = t.detach(b);
    const worker = t.keep(new plain.Worker('require("node:worker_threads").parentPort.ref()', { eval: true }));

    const closed = t.next(a, 'close');
    worker.postMessage(handle, [handle]);
    await worker.terminate();
    await closed;
    t.note('closed');
  });

  same('a transfer handle in workerData that is never attached', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = t.detach(b);
    const worker = t.keep(new plain.Worker('', { eval: true, workerData: handle, transferList: [handle] }));

    await Promise.all([t.next(worker, 'exit'), t.next(a, 'close')]);
    t.note('closed');
  });

  same('a transfer handle whose worker dies after it was attached', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = t.detach(b);
    const worker = t.keep(new plain.Worker(
      t.tools.source((wt, { attach }) => {
        const port = attach(require('node:worker_threads').workerData);

        port.on('message', () => process.exit(3));
        port.postMessage('up');
      }),
      { eval: true, workerData: handle, transferList: [handle] }
    ));

    t.note(await t.next(a, 'message'));
    a.postMessage('exit');
    t.note(await Promise.all([t.next(worker, 'exit'), t.next(a, 'close').then(() => 'closed')]));
  });

  same('both ends are on their way and one is lost', async (wt, t) => {
    const [a, b] = t.channel();
    const [one, two] = [t.detach(a), t.detach(b)];

    one.close();
    const back = t.attach(two);
    await t.next(back, 'close');
    t.note('closed');
  });

  it('a transfer handle that is lost after the thread of its peer has ended leaves nothing behind', async () => {
    const [before, after] = await play(async (wt, { worker, detach, note, data }) => {
      const { holdings, left } = require(data);
      const { port1, port2 } = new wt.MessageChannel();
      const other = worker((wt) => wt.parentPort.once('message', () => process.exit()));
      const handle = detach(port2);

      port1.postMessage('queued');
      other.postMessage({ port1 }, [port1]);
      await new Promise((resolve) => other.once('exit', resolve));
      note(holdings().transit);
      handle.close();
      note(await left({ transit: 0 }) ?? 'nothing');
    }, { data: require.resolve('./support/holdings') });

    assert.deepStrictEqual([before, after], [[subject.id === 'worker_threads' ? 0 : 1], ['nothing']]);
  });

  for (const gone of ['has closed', 'has ended with its thread']) {
    for (const nested of [false, true]) {
      const maker = nested ? 'the worker of a worker' : 'a worker';

      it(`a transfer handle that ${maker} takes along when its peer ${gone} leaves nothing behind`, async () => {
        const noted = await play(async (wt, { worker, source, note, data }) => {
          const { left } = require(data.holdings);
          const { port1, port2 } = new wt.MessageChannel();
          const flags = new Int32Array(new SharedArrayBuffer(8));
          const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
          const reached = async (state) => {
            while (Atomics.load(flags, 0) < state) await later(2);
          };
          const keep = (wt, { detach }) => wt.parentPort.once('message', ({ port2, flags }) => {
            Atomics.store(flags, 0, 1);
            Atomics.wait(flags, 1, 0); // and so hears of nothing
            globalThis.handle = detach(port2);
            wt.parentPort.postMessage('detached');
            Atomics.store(flags, 0, 2);
            for (;;);
          });
          const pass = (wt, { data }) => {
            const inner = new wt.Worker(data, { eval: true });

            inner.on('message', (message) => wt.parentPort.postMessage(message));
            wt.parentPort.on('message', (message) => inner.postMessage(message, [message.port2]));
          };
          const taker = data.nested ? worker(pass, { data: source(keep) }) : worker(keep);

          /* Of a worker of a worker the main thread has to have been told. */
          const told = data.nested && new Promise((resolve) => taker.once('message', resolve));

          port1.postMessage('queued');
          taker.postMessage({ port2, flags }, [port2]);
          await reached(1);
          if (data.gone === 'has closed') {
            port1.close();
            await new Promise((resolve) => port1.once('close', resolve));
          } else {
            const other = worker((wt) => wt.parentPort.once('message', () => process.exit()));

            other.postMessage({ port1 }, [port1]);
            await new Promise((resolve) => other.once('exit', resolve));
          }
          Atomics.store(flags, 1, 1);
          Atomics.notify(flags, 1);
          await reached(2);
          await told;
          await taker.terminate();
          note(await left({ transit: 0 }) ?? 'nothing');
        }, { data: { holdings: require.resolve('./support/holdings'), gone, nested } });

        assert.deepStrictEqual(noted, [['nothing']]);
      });
    }
  }

  sameProcess('a transfer handle that nobody holds does not keep the process alive', (wt, { note, detach }) => {
    const { port1, port2 } = new wt.MessageChannel();

    globalThis.kept = detach(port2);
    port1.on('close', () => note('close'));
    port1.unref();
    process.on('exit', () => note('exit'));
  });

  same('1,000 transfer handles lost in rounds', async (wt, t) => {
    for (let round = 0; round < 10; round++) {
      const ends = [];

      for (let i = 0; i < 100; i++) {
        const [a, b] = t.channel();

        a.postMessage(i);
        ends.push(t.next(a, 'close'));
        t.detach(b).close();
      }
      await Promise.all(ends);
    }
    t.note('all closed');
  });
});

describe('transfer handle: wrong use', () => {
  own('the detached port is closed to its owner: nothing throws, nothing is sent', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = t.keep(b.detach());

    assert.ok(handle instanceof plain.MessagePort);
    assert.strictEqual(b.postMessage(1), undefined);
    assert.strictEqual(b.hasRef(), false);
    for (const method of ['start', 'ref', 'unref', 'close']) assert.strictEqual(b[method](), undefined);
    assert.strictEqual(wt.receiveMessageOnPort(b), undefined);
    assert.deepStrictEqual(t.drain(a), []);
    a.postMessage('kept');
    assert.deepStrictEqual(t.drain(t.attach(handle)), ['kept']);
  });

  own('a port is detached once: a second time is Node\'s error for a detached port', (wt, t) => {
    const [a, b] = t.channel();
    const { port1, port2 } = new plain.MessageChannel();
    let expected;

    t.keep(b.detach());
    port1.close();
    try {
      port2.postMessage(null, [port1]);
    } catch (error) {
      expected = error;
    }
    port2.close();
    assert.throws(() => b.detach(), { name: expected.name, code: expected.code, message: expected.message });
    t.keep(a);
  });

  own('a closed port cannot be detached', async (wt, t) => {
    const [a, b] = t.channel();

    b.close();
    assert.throws(() => b.detach(), { name: 'DataCloneError' });
    await t.next(a, 'close');
    assert.throws(() => a.detach(), { name: 'DataCloneError' });
  });

  own('a transfer handle is attached once', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = b.detach();
    const back = t.attach(handle);

    assert.throws(() => wt.MessagePort.from(handle), { code: 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE' });
    a.postMessage('works');
    assert.strictEqual(await t.next(back, 'message'), 'works');
  });

  own('a plain port is no transfer handle, and goes on working', (wt, t) => {
    const [p, q] = plainPair(t);

    assert.throws(() => wt.MessagePort.from(p), { code: 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE' });
    p.postMessage('still works');
    assert.deepStrictEqual(plain.receiveMessageOnPort(q), { message: 'still works' });
    p.postMessage('not ours');
    assert.throws(() => wt.MessagePort.from(q), { code: 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE' });
    p.postMessage('works on');
    assert.deepStrictEqual(plain.receiveMessageOnPort(q), { message: 'works on' });
  });

  for (const [name, thing] of Object.entries({
    undefined, null: null, 'a number': 1, 'a string': 'port', 'an object': {}, 'a class': class {},
    'a BroadcastChannel class': plain.BroadcastChannel
  })) {
    own(`${name} is no transfer handle: TypeError`, (wt) => {
      assert.throws(() => wt.MessagePort.from(thing), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    });
  }

  own('a port of ringport is no transfer handle', (wt, t) => {
    const [a, b] = t.channel();

    assert.throws(() => wt.MessagePort.from(b), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    a.postMessage('works');
    assert.deepStrictEqual(t.drain(b), ['works']);
  });

  own('a closed handle is none', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = b.detach();

    handle.close();
    await t.next(a, 'close');
    assert.throws(() => wt.MessagePort.from(handle), { code: 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE' });
  });

  own('a transfer handle that was sent away is none', async (wt, t) => {
    const [a, b] = t.channel();
    const [p, q] = plainPair(t);
    const handle = b.detach();

    p.postMessage(handle, [handle]);
    await t.turns(1);
    assert.throws(() => wt.MessagePort.from(handle), { code: 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE' });
    const back = t.attach(await t.next(q, 'message'));
    a.postMessage('works');
    assert.strictEqual(await t.next(back, 'message'), 'works');
  });

  own('a forged handle attaches nothing', (wt, t) => {
    const { message: { kind, end } } = plain.receiveMessageOnPort(t.channel()[1].detach());

    end.close();
    for (const message of [
      { kind }, { kind, id: 1 }, { kind, id: -1 }, { kind, id: 2 ** 53 }, { kind, id: 1n }, { kind, id: 'x' },
      { kind, id: {} }, null, kind, 5
    ]) {
      const [p, q] = plainPair(t);

      p.postMessage(message);
      assert.throws(() => wt.MessagePort.from(q), { code: 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE' });
    }
  });

  own('a transfer handle that somebody has tampered with attaches nothing, and its channel closes', async (wt, t) => {
    for (const fake of [undefined, null, 5, {}, 'end']) {
      const [a, b] = t.channel();
      const { message } = plain.receiveMessageOnPort(b.detach());
      const [p, q] = plainPair(t);

      p.postMessage({ ...message, end: fake });
      assert.throws(() => wt.MessagePort.from(q), { code: 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE' });
      message.end.close();
      await t.next(a, 'close');
    }

    const [a, b] = t.channel();
    const { message } = plain.receiveMessageOnPort(b.detach());
    const [p, q] = plainPair(t);

    p.postMessage({ ...message, id: message.id + 1n }, [message.end]);
    assert.throws(() => wt.MessagePort.from(q), { code: 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE' });
    await t.next(a, 'close');
  });

  own('a ringport port in the transfer list of a plain port is refused by Node, and unharmed', (wt, t) => {
    const [a, b] = t.channel();
    const [p] = plainPair(t);

    assert.throws(() => p.postMessage(b, [b]));
    a.postMessage('works');
    assert.deepStrictEqual(t.drain(b), ['works']);
  });

  own('methods need a port: this is checked', (wt) => {
    for (const thing of [undefined, null, {}, Object.create(wt.MessagePort.prototype)]) {
      assert.throws(() => wt.MessagePort.prototype.detach.call(thing), TypeError);
    }
  });
});
