'use strict';

/* receiveViews: large data is lent to the listener, and detached when it returns. */

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { subject } = require('./support/implementations');
const { open } = require('./support/program');
const { play } = require('./support/play');

const rp = subject.api;
const turn = () => new Promise(setImmediate);

const LARGE = 300 * 1024;
const bytes = (fill, length = LARGE) => new Uint8Array(length).fill(fill);
const isFilled = (view, fill) => view.every((byte) => byte === fill);

describe('receiveViews', () => {
  let port1;
  let port2;

  beforeEach(() => {
    ({ port1, port2 } = new rp.MessageChannel());
    port2.receiveViews = true;
  });
  afterEach(() => port1.close());

  /** What `listener` returned for each of `values`. */
  function received(values, listener, event = 'message') {
    return new Promise((resolve) => {
      const got = [];

      port2.on(event, (value) => {
        got.push(listener(value));
        if (got.length === values.length || event === 'messages') setImmediate(resolve, got);
      });
      for (const value of values) port1.postMessage(value);
    });
  }

  it('is off unless set', () => {
    assert.strictEqual(port1.receiveViews, false);
    assert.strictEqual(port2.receiveViews, true);
    port2.receiveViews = 0;
    assert.strictEqual(port2.receiveViews, false);
  });

  it('data is there while the listener runs, and detached afterwards', async () => {
    const kept = await received([bytes(1), bytes(2), { deep: [bytes(3).buffer] }], (value) => {
      const view = value.deep ? new Uint8Array(value.deep[0]) : value;

      assert.strictEqual(view.length, LARGE);
      assert.ok(isFilled(view, value.deep ? 3 : view[0]));
      return view;
    });

    assert.deepStrictEqual(kept.map((view) => view.length), [0, 0, 0]);
  });

  it('views keep their place in the buffer, and identity holds', async () => {
    const whole = bytes(0).map((_, i) => i);
    const [copy] = await received([{ a: whole.subarray(1000, 200000), b: whole }], ({ a, b }) => {
      assert.strictEqual(a.buffer, b.buffer);
      assert.strictEqual(a.byteOffset, 1000);
      return a.slice();
    });

    assert.deepStrictEqual(copy, whole.slice(1000, 200000));
  });

  it('small data and everything else stays', async () => {
    const values = [bytes(1, 1000), bytes(2, 40000), 'x'.repeat(LARGE), new SharedArrayBuffer(LARGE)];
    const kept = await received(values, (value) => value);

    assert.deepStrictEqual(kept, values);
  });

  it('receiveMessageOnPort gives data that stays', () => {
    port1.postMessage(bytes(4));

    const { message } = rp.receiveMessageOnPort(port2);

    port1.postMessage(bytes(5));
    rp.receiveMessageOnPort(port2);
    assert.ok(isFilled(message, 4) && message.length === LARGE);
  });

  it('an array of \'messages\' is lent until the listener returns', async () => {
    const [kept] = await received([bytes(6), 7, bytes(8)], (values) => {
      assert.ok(isFilled(values[0], 6) && isFilled(values[2], 8));
      return values;
    }, 'messages');

    assert.deepStrictEqual(kept.map((value) => value.length ?? value), [0, 7, 0]);
  });

  it('data is lent, too, behind a getter that posts to a port that borrows nothing', async () => {
    const other = new rp.MessageChannel();
    const message = (data) => ({ get first() { return other.port1.postMessage({ a: [1] }); }, data });
    const kept = await received([message(bytes(1)), message(bytes(2))], ({ data }) => data);

    assert.deepStrictEqual(kept.map((view) => view.length), [0, 0]);
    assert.deepStrictEqual(rp.receiveMessageOnPort(other.port2), { message: { a: [1] } });
    other.port1.close();
  });

  it('of several that are posted at once, data is lent behind such a getter', async () => {
    const other = new rp.MessageChannel();
    const message = { get first() { return other.port1.postMessage({ a: [1] }); }, data: bytes(1) };
    const kept = await new Promise((resolve) => {
      port2.on('message', ({ data }) => setImmediate(resolve, data));
      port1.postMessages([message]);
    });

    assert.strictEqual(kept.length, 0);
    other.port1.close();
  });

  it('memory is used again', async () => {
    for (let round = 1; round < 40; round++) {
      const kept = await new Promise((resolve) => {
        port2.once('message', (view) => {
          assert.ok(isFilled(view, round));
          resolve(view);
        });
        port1.postMessage(bytes(round, 1024 * 1024));
      });

      assert.strictEqual(kept.length, 0);
    }
  });

  (ArrayBuffer.prototype.transfer ? it : it.skip)('what the listener moves elsewhere stays its own',
    async () => {
      const values = [9, 10, 11, 12].map((fill) => bytes(fill));
      const kept = await received(values, (view) => new Uint8Array(view.buffer.transfer()));

      assert.deepStrictEqual(kept, values);
    });

  it('the way of the data does not change its order or what goes with it', async () => {
    const shared = new SharedArrayBuffer(8);
    const values = [1, { shared, large: bytes(1) }, 'between', { large: bytes(2), text: 'y'.repeat(LARGE) }, 5];
    const got = await received(values, (value) => (value.large
      ? { ...value, large: value.large.slice() } : value));

    assert.deepStrictEqual(got, values);
  });

  it('can be turned on and off between messages', async () => {
    const got = [];

    port2.on('message', (view) => {
      port2.receiveViews = !port2.receiveViews;
      got.push(view);
    });
    for (let i = 1; i <= 4; i++) {
      port1.postMessage(bytes(i));
      await turn();
      await turn();
    }
    assert.deepStrictEqual(got.map((view) => view.length), [0, LARGE, 0, LARGE]);
    assert.ok(isFilled(got[1], 2) && isFilled(got[3], 4));
  });

  it('a port that Node has refused to send away keeps it', async () => {
    assert.throws(() => new rp.MessageChannel().port1.postMessage(port2, [port2, {}]));
    assert.strictEqual(port2.receiveViews, true);

    const [view] = await received([bytes(1)], (value) => value);

    assert.strictEqual(view.length, 0);
  });

  it('a port that has moved starts without', async () => {
    const way = new rp.MessageChannel();

    way.port1.postMessage(port2, [port2]);

    const moved = rp.receiveMessageOnPort(way.port2).message;
    const kept = new Promise((resolve) => { moved.on('message', resolve); });

    port1.postMessage(bytes(1));
    assert.strictEqual(moved.receiveViews, false);
    assert.ok(isFilled(await kept, 1));
    moved.close();
    way.port1.close();
  });
});

describe('receiveViews: where Node-API allows no external ArrayBuffers', () => {
  it('data is copied, and stays', () => {
    const program = `
      const path = require.resolve('./lib/binding');
      const binding = require(path);
      let asked = 0;

      require.cache[path].exports = Object.create(binding, {
        define: { value: (object, group) => binding.define(binding, group) },
        lend: { value: () => void asked++ },
      });

      const { MessageChannel } = require('./lib');
      const { port1, port2 } = new MessageChannel();
      const kept = [];

      port2.receiveViews = true;
      port2.on('messages', (values) => kept.push(...values));
      port2.on('message', (value) => kept.push(value));
      port1.postMessages([1, 2].map((fill) => new Uint8Array(${LARGE}).fill(fill)));
      setImmediate(() => {
        port2.removeAllListeners('messages');
        port1.postMessage({ deep: new Uint8Array(${LARGE}).fill(3) });
        port1.close();
      });
      port2.on('close', () => {
        const all = kept.map((value) => value.deep ?? value);

        console.log(JSON.stringify([asked, all.map((view) => [view.length, ...new Set(view)])]));
      });`;
    const cwd = path.join(__dirname, '../..');
    const output = execFileSync(process.execPath, ['-e', program], { cwd, encoding: 'utf8' });

    assert.deepStrictEqual(JSON.parse(output), [3, [1, 2, 3].map((fill) => [LARGE, fill])]);
  });
});

describe('receiveViews: threads', () => {
  it('in a worker and from a worker', async () => {
    const { worker } = open(subject.id);
    const echo = worker((wt) => {
      wt.parentPort.receiveViews = true;
      wt.parentPort.on('message', (view) => wt.parentPort.postMessage(view)); // a copy, made now
    });
    let left = 60;

    echo.receiveViews = true;
    await new Promise((resolve, reject) => {
      echo.on('error', reject);
      echo.on('message', (view) => {
        assert.ok(view.length === LARGE && isFilled(view, view[0]));
        if (--left === 0) resolve();
        else echo.postMessage(bytes(left));
      });
      for (let i = 0; i < 4; i++) echo.postMessage(bytes(left));
    });
    await echo.terminate();
  });

  it('a listener that throws, a worker that ends with loans, and collections in between', async () => {
    const notes = await play(async (wt, { note, worker }) => {
      const { port1, port2 } = new wt.MessageChannel();
      const ends = worker((wt) => {
        wt.parentPort.receiveViews = true;
        wt.parentPort.once('message', () => process.exit(3));
      });
      let left = 20;

      process.on('uncaughtException', (error) => note(error.message));
      ends.postMessage(new Uint8Array(1 << 20));
      note(await new Promise((resolve) => ends.on('exit', resolve)));
      port2.receiveViews = true;
      port2.on('message', (view) => {
        global.gc();
        if (--left === 0) return setImmediate(() => port2.close());
        setImmediate(() => port1.postMessage(view[0] === 1 ? new Uint8Array(1 << 20) : 'stale'));
        if (left === 10) throw new Error('half');
      });
      port1.postMessage(new Uint8Array(1 << 20).fill(1));
    }, { flags: ['--expose-gc'] });

    assert.deepStrictEqual(notes, [[3], ['half']]);
  });
});
