'use strict';

/*
 * RingBuffer in one thread: each method in each mode, and the arguments that it refuses.
 */

const assert = require('node:assert');
const { inspect } = require('node:util');
const { MessageChannel: NodeChannel } = require('node:worker_threads');
const { RingBuffer, each } = require('./support/rings');
const { MessageChannel, RingportError, getIdleStrategy, setIdleStrategy } = require('../../lib');

const texts = (records) => records.map((record) => record.toString());

function readAll(ring) {
  const got = [];

  for (let record; (record = ring.read()) !== null;) got.push(record);
  return got;
}

/** Fill the ring with records of this length. @returns how many there are */
function fill(ring, length = 8) {
  let count = 0;

  while (ring.tryWrite(new Uint8Array(length).fill(count))) count++;
  return count;
}

const coded = (code, name) => (error) => {
  assert.strictEqual(error.code, code, error.stack);
  assert.strictEqual(error.name, name ?? 'RingportError');
  assert.ok(name !== undefined || error instanceof RingportError);
  return true;
};

describe('RingBuffer: made', () => {
  it('rounds its capacity up to a power of two', () => {
    for (const [given, made] of [[64, 64], [65, 128], [1000, 1024], [4096, 4096]]) {
      const ring = new RingBuffer(given);

      assert.deepStrictEqual([ring.capacity, ring.mode, ring.maxLength], [made, 'spsc', made / 2 - 8]);
      assert.ok(ring.buffer instanceof SharedArrayBuffer);
    }
  });

  it('has slots of one size in mpmc', () => {
    const ring = new RingBuffer(1000, { mode: 'mpmc', slotSize: 50 });

    assert.deepStrictEqual([ring.maxLength, ring.capacity], [56, 16 * 64]);
    assert.strictEqual(fill(ring), 16);
    assert.strictEqual(new RingBuffer(64, { mode: 'mpmc' }).maxLength, 120);
  });

  it('can have a gigabyte, of which the memory is taken as it is used', () => {
    const ring = new RingBuffer(2 ** 30);
    const record = Buffer.alloc(1000, 7);

    assert.strictEqual(ring.maxLength, 2 ** 29 - 8);
    for (let i = 0; i < 100; i++) {
      ring.write(record);
      assert.deepStrictEqual(ring.read(), record);
    }
  });

  each('is attached to by its buffer, in any object', (mode) => {
    const one = new RingBuffer(1024, { mode });
    const other = new RingBuffer(one.buffer, { mode });

    assert.deepStrictEqual([other.mode, other.capacity, other.maxLength, other.buffer],
      [mode, one.capacity, one.maxLength, one.buffer]);
    one.write('there');
    assert.deepStrictEqual(texts(readAll(other)), ['there']);
  });

  it('is attached to with the slot size that it was made with', () => {
    const { buffer } = new RingBuffer(640, { mode: 'mpmc', slotSize: 50 });

    for (const slotSize of [50, 56]) assert.strictEqual(new RingBuffer(buffer, { slotSize }).maxLength, 56);
  });

  it('shows what it is', () => {
    assert.strictEqual(inspect(new RingBuffer(64)), "RingBuffer { mode: 'spsc', capacity: 64, closed: false }");
  });

  for (const [name, args, code, type] of [
    ['no capacity', [], 'ERR_INVALID_ARG_TYPE', 'TypeError'],
    ['a text', ['64'], 'ERR_INVALID_ARG_TYPE', 'TypeError'],
    ['an ArrayBuffer', [new ArrayBuffer(4096)], 'ERR_INVALID_ARG_TYPE', 'TypeError'],
    ['too little', [63], 'ERR_OUT_OF_RANGE', 'RangeError'],
    ['a fraction', [64.5], 'ERR_OUT_OF_RANGE', 'RangeError'],
    ['too much', [2 ** 30 + 1], 'ERR_OUT_OF_RANGE', 'RangeError'],
    ['NaN', [NaN], 'ERR_OUT_OF_RANGE', 'RangeError'],
    ['too many slots', [2 ** 30, { mode: 'mpmc', slotSize: 1000 }], 'ERR_OUT_OF_RANGE', 'RangeError'],
    ['options that are none', [64, 'spsc'], 'ERR_INVALID_ARG_TYPE', 'TypeError'],
    ['null for options', [64, null], 'ERR_INVALID_ARG_TYPE', 'TypeError'],
    ['an unknown mode', [64, { mode: 'spmc' }], 'ERR_INVALID_ARG_VALUE', 'TypeError'],
    ['a slot size without slots', [64, { slotSize: 8 }], 'ERR_INVALID_ARG_VALUE', 'TypeError'],
    ['a slot size of 0', [64, { mode: 'mpmc', slotSize: 0 }], 'ERR_OUT_OF_RANGE', 'RangeError'],
    ['memory without a ring', [new SharedArrayBuffer(4096)], 'ERR_RINGPORT_INVALID_RING'],
    ['memory that is too small', [new SharedArrayBuffer(3)], 'ERR_RINGPORT_INVALID_RING'],
    ['no memory', [new SharedArrayBuffer(0)], 'ERR_RINGPORT_INVALID_RING'],
    ['another slot size', [new RingBuffer(640, { mode: 'mpmc', slotSize: 56 }).buffer, { slotSize: 57 }],
      'ERR_RINGPORT_INVALID_RING'],
    ['a slot size of memory without slots', [new RingBuffer(64).buffer, { slotSize: 8 }],
      'ERR_INVALID_ARG_VALUE', 'TypeError'],
    ['another mode', [new RingBuffer(64).buffer, { mode: 'mpsc' }], 'ERR_RINGPORT_INVALID_RING'],
  ]) {
    it(`is refused of ${name}`, () => {
      assert.throws(() => new RingBuffer(...args), coded(code, type));
    });
  }

  it('is refused of each word of the header that is wrong, and of memory that is cut off', () => {
    for (const mode of ['spsc', 'mpsc', 'mpmc']) {
      const { buffer } = new RingBuffer(1024, { mode });
      const words = new Int32Array(buffer);

      for (const [word, values] of [
        [0, [0, -1]], [1, [0, 2, -1]], [2, [0, 4, -1]], [3, [0, -1, 3, 1 << 30]], [4, [-1, 1, 1 << 29]],
      ]) {
        const right = words[word];

        for (const wrong of values) {
          words[word] = wrong;
          assert.throws(() => new RingBuffer(buffer),
            coded(word === 1 ? 'ERR_RINGPORT_VERSION' : 'ERR_RINGPORT_INVALID_RING'), `${word} = ${wrong}`);
        }
        words[word] = right;
      }
      new RingBuffer(buffer);

      const part = new SharedArrayBuffer(buffer.byteLength - 8);

      new Uint8Array(part).set(new Uint8Array(buffer, 0, part.byteLength));
      assert.throws(() => new RingBuffer(part), coded('ERR_RINGPORT_INVALID_RING'));
    }
  });

  it('is not cloned: its buffer is', () => {
    const ring = new RingBuffer(64);

    ring.on('error', () => {});
    for (const { port1, port2 } of [new NodeChannel(), new MessageChannel()]) {
      assert.throws(() => port1.postMessage(ring), { name: 'DataCloneError', message: /send its buffer/ });
      assert.throws(() => port1.postMessage({ ring }), { name: 'DataCloneError', message: /send its buffer/ });
      port1.close();
      port2.close();
    }
    assert.throws(() => structuredClone(ring), { name: 'DataCloneError', message: /send its buffer/ });
    assert.throws(() => ring.tryPostMessage(ring), { name: 'DataCloneError', message: /send its buffer/ });
  });
});

describe('RingBuffer: errors name the way out', () => {
  it('an option that does not exist is refused, and the nearest named', () => {
    const ring = new RingBuffer(64, { mode: undefined, slotsize: undefined });

    for (const [call, hint] of [
      [() => new RingBuffer(64, { slotsize: 8 }), /'options\.slotsize' is not known: did you mean 'slotSize'\?/],
      [() => new RingBuffer(ring.buffer, { moed: 'spsc' }), /did you mean 'mode'/],
      [() => new RingBuffer(64, { capacity: 8 }), /there is 'mode', 'slotSize', 'closeOnDisconnect'/],
      [() => ring.waitReadable({ timeOut: 5 }), /did you mean 'timeout'/],
      [() => ring.waitWritable({ size: 5 }), /there is 'timeout', 'length'/],
      [() => ring.createReadStream({ highWatermark: 5 }), /did you mean 'highWaterMark'/],
      [() => ring.createWriteStream({ objectMode: true }), /'options\.objectMode' is not known/],
      [() => setIdleStrategy({ lingr: 5 }), /'strategy\.lingr' is not known: did you mean 'linger'\?/],
    ]) {
      assert.throws(call, { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message: hint });
    }
    assert.deepStrictEqual(getIdleStrategy(), { spin: 0, linger: 20 });
  });

  it('each error of a ring says what can be done', () => {
    const ring = new RingBuffer(64);
    const other = new RingBuffer(ring.buffer);

    ring.write('x');
    ring.read();
    while (ring.tryWrite('12345678'));
    for (const [call, code, hint] of [
      [() => other.write('x'), 'TAKEN', /producer.*detach\(\).*'mpsc' or 'mpmc'/],
      [() => other.read(), 'TAKEN', /consumer.*detach\(\).*mode 'mpmc'/],
      [() => ring.write('12345678'), 'FULL', /writable\(\)/],
      [() => ring.write('1'.repeat(25)), 'TOO_LARGE', /at most 24 bytes: .*capacity/],
      [() => ring.drain(() => ring.read()), 'DRAINING', /returned/],
      [() => new RingBuffer(new SharedArrayBuffer(4096)), 'INVALID_RING', /pass the buffer of a RingBuffer/],
      [() => { other.detach(); other.read(); }, 'DETACHED', /new RingBuffer\(buffer\)/],
      [() => { ring.close(); ring.write('x'); }, 'CLOSED', /create a new one/],
    ]) {
      assert.throws(call, { code: `ERR_RINGPORT_${code}`, message: hint });
    }
  });
});

describe('RingBuffer: as a value', () => {
  for (const [name, read] of Object.entries({
    'JSON.stringify': (ring) => assert.strictEqual(JSON.stringify({ ring }), '{"ring":{}}'),
    'a spread': (ring) => assert.doesNotThrow(() => ({ ...ring })),
    'Object.entries': (ring) => assert.doesNotThrow(() => Object.entries(ring)),
    'deepEqual': (ring) => assert.deepStrictEqual({ ring }, { ring: new RingBuffer(ring.buffer) }),
    'inspect, as it shows any object': (ring) =>
      assert.doesNotMatch(inspect(ring, { customInspect: false, getters: true, showHidden: true }), /threw/),
  })) {
    it(`is no trap for what reads its properties: ${name}`, () => read(new RingBuffer(64)));
  }
});

describe('RingBuffer: records', () => {
  each('come in order, with their bytes, and are the reader\'s own', (mode) => {
    const ring = new RingBuffer(2048, { mode });
    const bytes = Uint8Array.of(1, 2, 3);

    ring.write(bytes);
    bytes.fill(9);
    ring.write('text, wörld \u{1F600} \ud800');
    ring.write('');
    ring.write(Buffer.alloc(100, 5));

    const first = ring.read();

    assert.ok(Buffer.isBuffer(first));
    assert.deepStrictEqual([...first], [1, 2, 3]);
    assert.strictEqual(ring.read().toString(), 'text, wörld \u{1F600} \ufffd');
    assert.strictEqual(ring.read().length, 0);
    assert.deepStrictEqual(ring.read(), Buffer.alloc(100, 5));
    assert.strictEqual(ring.read(), null);
    ring.write(Buffer.alloc(100));
    assert.deepStrictEqual([...first], [1, 2, 3]);
  });

  each('fill the ring, and no more', (mode) => {
    const ring = new RingBuffer(256, { mode, ...mode === 'mpmc' && { slotSize: 24 } });
    const count = fill(ring);

    assert.strictEqual(count, mode === 'mpmc' ? 8 : 16);
    assert.throws(() => ring.write('more'), coded('ERR_RINGPORT_FULL'));
    assert.strictEqual(ring.claim(8), null);
    assert.strictEqual(ring.writeMany(['a', 'b']), 0);
    assert.strictEqual(ring.tryPostMessage(1), false);
    assert.throws(() => ring.postMessage(1), coded('ERR_RINGPORT_FULL'));
    assert.deepStrictEqual(readAll(ring).map((record) => record[0]), Array.from({ length: count }, (_, i) => i));
    ring.write('now');
    assert.deepStrictEqual(texts(readAll(ring)), ['now']);
  });

  each('are as large as maxLength, and no larger', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    const { maxLength } = ring;
    const large = coded('ERR_RINGPORT_TOO_LARGE');

    for (let turn = 0; turn < 3; turn++) {
      ring.write(Buffer.alloc(maxLength, turn));
      assert.strictEqual(ring.read().length, maxLength);
      ring.write('x'.repeat(maxLength));
      assert.strictEqual(ring.read().length, maxLength);
      ring.write('odd');
      assert.strictEqual(ring.read().length, 3);
    }
    assert.throws(() => ring.write(Buffer.alloc(maxLength + 1)), large);
    assert.throws(() => ring.tryWrite('x'.repeat(maxLength + 1)), large);
    assert.throws(() => ring.tryWrite('ö'.repeat(maxLength / 2 + 1)), large);
    assert.throws(() => ring.claim(maxLength + 1), large);
    assert.throws(() => ring.claim(2 ** 40), large);
    assert.throws(() => ring.postMessage('x'.repeat(maxLength)), large);
    assert.throws(() => ring.writeMany(['fits', Buffer.alloc(maxLength + 1)]), large);
    assert.strictEqual(ring.read(), null);
  });

  each('are written many at once, as many as there is room for', (mode) => {
    const ring = new RingBuffer(256, { mode, ...mode === 'mpmc' && { slotSize: 24 } });
    const room = mode === 'mpmc' ? 8 : 16;

    assert.strictEqual(ring.writeMany([]), 0);
    assert.strictEqual(ring.writeMany(['one', Buffer.from('two'), 'three']), 3);
    assert.deepStrictEqual(texts(readAll(ring)), ['one', 'two', 'three']);
    assert.strictEqual(ring.writeMany(new Set(['a', 'b'])), 2);
    assert.strictEqual(ring.writeMany(Array.from({ length: 40 }, (_, i) => `${i}`)), room - 2);
    assert.deepStrictEqual(texts(readAll(ring)), ['a', 'b', ...Array.from({ length: room - 2 }, (_, i) => `${i}`)]);
    assert.throws(() => ring.writeMany(['a', 1]), coded('ERR_INVALID_ARG_TYPE', 'TypeError'));
    for (const wrong of [7, 'text', undefined, null, {}]) {
      assert.throws(() => ring.writeMany(wrong), coded('ERR_INVALID_ARG_TYPE', 'TypeError'));
    }
    assert.throws(() => ring.writeMany((function* () { yield 'a'; throw new Error('mine'); })()), { message: 'mine' });
    assert.strictEqual(ring.read(), null);
  });

  each('are written by the thousand, of all sizes', (mode) => {
    const ring = new RingBuffer(2 ** 22, { mode, ...mode === 'mpmc' && { slotSize: 1024 } });
    const list = Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? 'x'.repeat(i % 400) : Buffer.alloc(i % 1000, i)));

    assert.strictEqual(ring.writeMany(list), 3000);
    assert.deepStrictEqual(readAll(ring), list.map((data) => Buffer.from(data)));
  });

  each('are read into memory of one\'s own', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    const target = Buffer.alloc(20, 1);

    assert.strictEqual(ring.readInto(target), -1);
    ring.writeMany(['four', Buffer.alloc(20, 2), '']);
    assert.strictEqual(ring.readInto(target), 4);
    assert.strictEqual(target.toString('latin1', 0, 5), 'four\x01');
    assert.throws(() => ring.readInto(target.subarray(0, 19)), coded('ERR_OUT_OF_RANGE', 'RangeError'));
    assert.strictEqual(ring.readInto(target), 20);
    assert.strictEqual(ring.readInto(target), 0);
    assert.strictEqual(ring.readInto(target), -1);
    assert.throws(() => ring.readInto('x'), coded('ERR_INVALID_ARG_TYPE', 'TypeError'));
  });

  each('are drained without a copy, in order, up to a limit', (mode) => {
    const ring = new RingBuffer(8192, { mode });
    const got = [];
    const take = (bytes, length) => {
      assert.strictEqual(bytes.length, length);
      assert.strictEqual(bytes.buffer, ring.buffer);
      got.push(Buffer.from(bytes).toString());
    };
    const all = Array.from({ length: 20 }, (_, i) => `number ${i}`);

    assert.strictEqual(ring.drain(take), 0);
    ring.writeMany(all);
    assert.strictEqual(ring.drain(take, 0), 0);
    assert.strictEqual(ring.drain(take, 3), 3);
    assert.strictEqual(ring.read().toString(), 'number 3');
    assert.strictEqual(ring.peek().length, 8);
    assert.strictEqual(ring.drain(take), 16);
    assert.deepStrictEqual(got, all.toSpliced(3, 1));
    assert.strictEqual(ring.drain(take), 0);
    assert.throws(() => ring.drain(), coded('ERR_INVALID_ARG_TYPE', 'TypeError'));
    assert.throws(() => ring.drain(take, -1), coded('ERR_OUT_OF_RANGE', 'RangeError'));
    assert.throws(() => ring.drain(take, 'all'), coded('ERR_INVALID_ARG_TYPE', 'TypeError'));
  });

  each('that drain() has called back for are read, also if that throws', (mode) => {
    const ring = new RingBuffer(8192, { mode });
    const got = [];

    ring.writeMany(Array.from({ length: 30 }, (_, i) => `${i}`));
    for (let turn = 0; turn < 3; turn++) {
      assert.throws(() => ring.drain((bytes) => {
        got.push(Buffer.from(bytes).toString());
        if (got.length % 5 === 0) throw new Error('enough');
      }), { message: 'enough' });
    }
    got.push(...texts(readAll(ring)));
    assert.deepStrictEqual(got, Array.from({ length: 30 }, (_, i) => `${i}`));
  });

  each('cannot be read from within drain(), but written, and the ring closed', (mode) => {
    const ring = new RingBuffer(8192, { mode });
    const draining = coded('ERR_RINGPORT_DRAINING');
    let calls = 0;

    ring.writeMany(['a', 'b']);
    ring.drain(() => {
      calls++;
      for (const name of ['read', 'peek', 'release', 'receiveMessage', 'waitReadable', 'detach']) {
        assert.throws(() => ring[name](), draining, name);
      }
      assert.throws(() => ring.drain(() => {}), draining);
      assert.throws(() => ring.readInto(Buffer.alloc(9)), draining);
      if (calls === 1) ring.write('c');
      else ring.close();
    }, 2);
    assert.strictEqual(calls, 2);
    assert.deepStrictEqual(texts(readAll(ring)), ['c']);
    assert.ok(ring.ended);
  });

  each('are looked at, and stay until they are released or read', (mode) => {
    const ring = new RingBuffer(1024, { mode });

    assert.strictEqual(ring.peek(), null);
    assert.throws(() => ring.release(), coded('ERR_RINGPORT_CLAIM'));
    ring.writeMany(['one', 'two', 'three']);
    assert.deepStrictEqual([...ring.peek()], [...Buffer.from('one')]);
    assert.deepStrictEqual([...ring.peek()], [...Buffer.from('one')]);
    assert.strictEqual(ring.waitReadable(), true);
    ring.release();
    assert.throws(() => ring.release(), coded('ERR_RINGPORT_CLAIM'));
    assert.strictEqual(ring.peek().length, 3);
    assert.strictEqual(ring.read().toString(), 'two');
    assert.throws(() => ring.release(), coded('ERR_RINGPORT_CLAIM'));
    assert.strictEqual(ring.peek().length, 5);
    ring.close();
    assert.strictEqual(ring.ended, false);
    ring.release();
    assert.strictEqual(ring.ended, true);
  });

  each('are claimed, filled in place, and committed or aborted', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    const open = coded('ERR_RINGPORT_CLAIM');

    for (let turn = 0; turn < 50; turn++) {
      ring.claim(10).fill(turn);
      assert.strictEqual(ring.read(), null);
      ring.commit();
      ring.claim(20).fill(0xff);
      ring.abort();
      assert.deepStrictEqual([...ring.read()], new Array(10).fill(turn));
      assert.strictEqual(ring.read(), null);
    }
    ring.claim(0);
    for (const call of [
      () => ring.claim(1), () => ring.write('x'), () => ring.tryWrite('x'), () => ring.writeMany(['x']),
      () => ring.postMessage(1), () => ring.waitWritable(),
    ]) assert.throws(call, open);
    ring.commit();
    assert.throws(() => ring.commit(), open);
    assert.throws(() => ring.abort(), open);
    assert.throws(() => ring.claim(-1), coded('ERR_OUT_OF_RANGE', 'RangeError'));
    assert.throws(() => ring.claim(1.5), coded('ERR_OUT_OF_RANGE', 'RangeError'));
    assert.throws(() => ring.claim('1'), coded('ERR_INVALID_ARG_TYPE', 'TypeError'));
    assert.strictEqual(ring.read().length, 0);
    assert.strictEqual(ring.read(), null);
  });

  each('that are no bytes and no text are refused', (mode) => {
    const ring = new RingBuffer(1024, { mode });

    const buffer = new ArrayBuffer(2);

    for (const wrong of [undefined, null, 1, {}, [1], buffer, new Uint16Array(buffer), new DataView(buffer)]) {
      for (const name of ['write', 'tryWrite']) {
        assert.throws(() => ring[name](wrong), coded('ERR_INVALID_ARG_TYPE', 'TypeError'));
      }
    }
    assert.throws(() => ring.write(7), {
      message: 'The "data" argument must be of type string or an instance of Buffer or Uint8Array. Received type number (7)',
    });
    assert.strictEqual(ring.read(), null);
  });

  each('may lie in shared memory, in the ring itself, and in a part of a buffer', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    const shared = new Uint8Array(new SharedArrayBuffer(40), 10, 20).fill(3);

    ring.write(shared);
    ring.write(ring.peek());
    ring.write(Buffer.from('a part of it').subarray(2, 6));
    assert.deepStrictEqual(readAll(ring), [Buffer.alloc(20, 3), Buffer.alloc(20, 3), Buffer.from('part')]);
  });
});

describe('RingBuffer: messages', () => {
  each('are values, as structured clone makes them', (mode) => {
    const ring = new RingBuffer(65536, { mode, ...mode === 'mpmc' && { slotSize: 8192 } });
    const cycle = { list: [1, 'two', { three: 3n }], when: new Date(5), map: new Map([[1, new Set([2])]]) };

    cycle.self = cycle;
    for (const value of [undefined, null, 0, 'text', cycle, 'x'.repeat(6000), new Float64Array([1.5]), new Error('e')]) {
      ring.postMessage(value);
      assert.deepStrictEqual(ring.receiveMessage(), { message: value });
    }
    assert.strictEqual(ring.receiveMessage(), undefined);
  });

  each('that cannot be bytes are refused, and nothing is sent', (mode) => {
    const ring = new RingBuffer(1024, { mode });

    for (const value of [() => {}, Symbol('s'), new SharedArrayBuffer(8), new MessageChannel().port1]) {
      assert.throws(() => ring.postMessage(value), { name: 'DataCloneError' });
    }
    assert.throws(() => ring.postMessage({ get x() { throw new Error('mine'); } }), { message: 'mine' });
    assert.strictEqual(ring.receiveMessage(), undefined);
  });

  each('may have getters that post, write and detach', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    const value = { get inner() { ring.postMessage({ deep: 1 }); ring.write('raw'); return 'outer'; } };

    ring.postMessage(value);
    assert.deepStrictEqual(ring.receiveMessage(), { message: { deep: 1 } });
    assert.strictEqual(ring.read().toString(), 'raw');
    assert.deepStrictEqual(ring.receiveMessage(), { message: { inner: 'outer' } });
    assert.throws(() => ring.postMessage({ get x() { ring.detach(); return 1; } }), coded('ERR_RINGPORT_DETACHED'));
  });

  each('of bytes that are none are an error, and the next one comes', (mode) => {
    const ring = new RingBuffer(16384, { mode, ...mode === 'mpmc' && { slotSize: 6000 } });

    ring.writeMany(['no message', Buffer.alloc(5000), '']);
    ring.postMessage('next');
    for (let i = 0; i < 3; i++) assert.throws(() => ring.receiveMessage(), coded('ERR_RINGPORT_CORRUPT'));
    assert.deepStrictEqual(ring.receiveMessage(), { message: 'next' });
  });
});

describe('RingBuffer: the end', () => {
  each('comes after the last record, for every handle', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    const other = new RingBuffer(ring.buffer);
    const closed = coded('ERR_RINGPORT_CLOSED');

    ring.writeMany(['a', 'b']);
    assert.deepStrictEqual([ring.closed, other.ended], [false, false]);
    other.close();
    other.close();
    assert.deepStrictEqual([ring.closed, ring.ended, other.closed, other.ended], [true, false, true, false]);
    for (const call of [
      () => ring.write('x'), () => ring.tryWrite('x'), () => ring.writeMany(['x']), () => ring.claim(1),
      () => ring.postMessage(1), () => ring.tryPostMessage(1),
    ]) assert.throws(call, closed);
    assert.strictEqual(ring.waitWritable(), false);
    assert.strictEqual(other.waitReadable(), true);
    assert.deepStrictEqual(texts(readAll(other)), ['a', 'b']);
    assert.strictEqual(other.waitReadable(), false);
    assert.deepStrictEqual([other.read(), other.peek(), other.receiveMessage()], [null, null, undefined]);
    assert.deepStrictEqual([ring.ended, other.ended], [true, true]);
  });

  each('can be brought about by one who has no part in the ring', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    const [writer, reader] = [new RingBuffer(ring.buffer), new RingBuffer(ring.buffer)];

    writer.write('last');
    assert.strictEqual(reader.read().toString(), 'last');
    ring.close();
    assert.strictEqual(reader.ended, true);
    assert.throws(() => writer.write('x'), coded('ERR_RINGPORT_CLOSED'));
    assert.strictEqual(reader.read(), null);
  });

  each('drops what is claimed', (mode) => {
    const ring = new RingBuffer(1024, { mode });

    ring.claim(8);
    ring.close();
    assert.strictEqual(ring.read(), null);
    assert.ok(ring.ended);
    assert.throws(() => ring.commit(), coded('ERR_RINGPORT_CLAIM'));
  });

  each('of an object is detach(): another takes over', (mode) => {
    const one = new RingBuffer(1024, { mode });
    const two = new RingBuffer(one.buffer);
    const detached = coded('ERR_RINGPORT_DETACHED');

    one.writeMany(['a', 'b', 'c']);
    assert.strictEqual(one.read().toString(), 'a');
    one.claim(8);
    one.detach();
    one.detach();
    assert.throws(() => one.write('x'), detached);
    assert.throws(() => one.read(), detached);
    assert.throws(() => one.commit(), coded('ERR_RINGPORT_CLAIM'));
    two.write('d');
    assert.deepStrictEqual(texts(readAll(two)), ['b', 'c', 'd']);
    assert.strictEqual(one.closed, false);
    one.close();
    assert.strictEqual(two.ended, true);
  });

  for (const name of ['dispose', 'asyncDispose']) {
    it(`and disposing of it, by Symbol.${name}, is detach()`, async function () {
      const { [name]: symbol } = Symbol;

      if (symbol === undefined) this.skip();

      const one = new RingBuffer(1024);
      const two = new RingBuffer(one.buffer, { closeOnDisconnect: true });

      one.write('a');
      assert.strictEqual(two.read().toString(), 'a');
      one.claim(8);
      assert.strictEqual(await one[symbol](), undefined);
      await one[symbol]();
      assert.throws(() => one.write('x'), coded('ERR_RINGPORT_DETACHED'));
      assert.strictEqual(one.closed, false);
      assert.strictEqual(await two.readable(), false);
      assert.strictEqual(two.ended, true); // its last writer has gone

      const three = new RingBuffer(1024);
      const failed = coded('ERR_RINGPORT_DRAINING');
      let disposal;

      three.write('x');
      three.drain(() => {
        if (name === 'dispose') assert.throws(() => three[symbol](), failed);
        else disposal = three[symbol]();
      });
      if (name === 'asyncDispose') await assert.rejects(disposal, failed);
      three[symbol]();
    });
  }

  it('by Symbol.dispose breaks its waits', async function () {
    if (Symbol.dispose === undefined) this.skip();

    const ring = new RingBuffer(1024);
    const wait = ring.readable();

    ring[Symbol.dispose]();
    await assert.rejects(wait, coded('ERR_RINGPORT_DETACHED'));
  });
});

describe('RingBuffer: who has part in it', () => {
  const taken = coded('ERR_RINGPORT_TAKEN');

  it('one producer and one consumer in spsc, and who reads does not write', () => {
    const [one, two, three] = [0, 1, 2].reduce((all) => [...all, new RingBuffer(all[0]?.buffer ?? 1024)], []);

    one.write('x');
    two.read();
    for (const call of [
      () => two.write('x'), () => three.tryWrite('x'), () => two.claim(1), () => two.waitWritable(),
      () => three.read(), () => one.peek(), () => one.drain(() => {}), () => one.waitReadable(),
    ]) assert.throws(call, taken);
    one.detach();
    three.write('y');
    assert.throws(() => three.read(), taken);
    two.detach();
    assert.strictEqual(three.read().toString(), 'y');
  });

  it('many producers and one consumer in mpsc', () => {
    const one = new RingBuffer(1024, { mode: 'mpsc' });
    const others = Array.from({ length: 40 }, () => new RingBuffer(one.buffer));

    one.read();
    others.forEach((ring, i) => ring.write(`${i}`));
    for (const ring of others) assert.throws(() => ring.read(), taken);
    assert.strictEqual(readAll(one).length, 40);
    assert.deepStrictEqual([one.stats.recordsIn, one.stats.recordsOut], [40, 40]);
  });

  it('many of both in mpmc', () => {
    const rings = [new RingBuffer(8192, { mode: 'mpmc' })];

    for (let i = 0; i < 40; i++) rings.push(new RingBuffer(rings[0].buffer));
    rings.forEach((ring, i) => ring.write(`${i}`));
    assert.deepStrictEqual(rings.map((ring) => ring.read().toString()), rings.map((_, i) => `${i}`));
    assert.strictEqual(rings[0].read(), null);
    assert.deepStrictEqual([rings[0].stats.recordsIn, rings[0].stats.recordsOut], [41, 41]);
  });
});

describe('RingBuffer: statistics', () => {
  each('count records, bytes, stalls and what was given up', (mode) => {
    const ring = new RingBuffer(1024, { mode });
    const before = ring.stats;

    assert.deepStrictEqual(before, {
      recordsIn: 0, bytesIn: 0, recordsOut: 0, bytesOut: 0, wakeUps: 0, fullStalls: 0, emptyStalls: 0,
      aborted: 0, highWater: 0,
    });
    ring.writeMany(['12345', Buffer.alloc(10)]);
    ring.claim(3);
    ring.abort();
    ring.claim(4);
    ring.commit();
    ring.postMessage(1);
    ring.read();
    ring.drain(() => {});
    ring.read();
    while (ring.tryWrite(Buffer.alloc(100)));

    const { recordsIn, bytesIn, recordsOut, bytesOut, fullStalls, emptyStalls, aborted, highWater } = ring.stats;
    const message = require('../../lib').serialize(1).length;

    assert.deepStrictEqual([recordsOut, bytesOut, aborted], [4, 19 + message, 1]);
    assert.deepStrictEqual([bytesIn - bytesOut, fullStalls], [(recordsIn - recordsOut) * 100, 1]);
    assert.ok(emptyStalls >= 1);
    assert.ok(highWater > 0);
  });
});
