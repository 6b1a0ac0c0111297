'use strict';

/*
 * The message of a DataCloneError names the path of the failing value. The rest of the
 * error is Node's.
 */

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const threads = require('node:worker_threads');
const { MessageChannel, RingBuffer, Worker, markAsUncloneable, serialize } = require('../../lib');

/** @returns {Error} */
function errorOf(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const here = () => {};
const detached = new Uint8Array(8);

structuredClone(detached.buffer, { transfer: [detached.buffer] });

class Job {
  constructor(callback) {
    this.id = 7;
    this.callback = callback;
  }
}

const cyclic = { name: 'self', rest: [1, 2] };

cyclic.self = cyclic;
cyclic.rest.push({ cyclic, last: here });

let deep = { end: Symbol('deep') };

for (let i = 0; i < 300; i++) deep = { next: deep };

const CASES = {
  'the message itself': [here, ''],
  'a property': [{ a: 1, callback: here }, '.callback'],
  'deeper': [{ jobs: [1, 2, {}, new Job(here)] }, '.jobs[3].callback'],
  'the first of several': [{ a: [{ b: here }], c: here }, '.a[0].b'],
  'a name that is none': [{ 'two words': [here], 3: 1 }, '["two words"][0]'],
  'a named property of an array': [[Object.assign([1, 2], { extra: here })], '[0].extra'],
  'a value of a Map': [{ map: new Map([['a', 1], ['key', { f: here }]]) }, '.map.get("key").f'],
  'a value of a Map with an object for its key': [new Map([[{}, here]]), '.values()[0]'],
  'a key of a Map': [new Map([[1, 2], [here, 1]]), '.keys()[1]'],
  'an element of a Set': [{ set: new Set([1, [here]]) }, '.set.values()[1][0]'],
  'the cause of an error': [{ error: new Error('outer', { cause: { here } }) }, '.error.cause.here'],
  'a symbol': [{ list: [Symbol('s')] }, '.list[0]'],
  'a WeakMap': [{ list: [new WeakMap()] }, '.list[0]'],
  'a Promise': [[[Promise.resolve()]], '[0][0]'],
  'a Proxy': [{ proxy: new Proxy({}, {}) }, '.proxy'],
  'a detached ArrayBuffer': [{ list: [detached.buffer] }, '.list[0]'],
  'a view of a detached ArrayBuffer': [{ list: [detached] }, '.list[0]'],
  'a ring': [{ ring: new RingBuffer(64) }, '.ring.clone'],
  'behind a cycle': [cyclic, '.rest[2].last'],
  'far down': [deep, `${'.next'.repeat(300)}.end`],
};

describe('DataCloneError: path', () => {
  for (const [title, [value, path]] of Object.entries(CASES)) {
    it(`is ${path.length > 40 ? 'the whole way' : path || 'empty'} for ${title}`, () => {
      const { port1, port2 } = new MessageChannel();
      const node = errorOf(() => structuredClone(value));

      for (const call of [() => port1.postMessage(value), () => serialize(value)]) {
        const error = errorOf(call);

        assert.strictEqual(error.path, path);
        assert.ok(error instanceof DOMException);
        assert.deepStrictEqual([error.name, error.code, error.message], [node.name, node.code, node.message]);
      }
      port1.close();
      port2.close();
    });
  }

  it('is not looked for behind getters, which are called once', () => {
    let calls = 0;
    const value = { get list() {
      calls++;
      return [here];
    } };
    const error = errorOf(() => serialize(value));

    assert.deepStrictEqual([error.name, 'path' in error, calls], ['DataCloneError', false, 1]);
  });

  it('is that of the message whose encoding failed, though another fails inside it', () => {
    const value = {
      get inner() {
        return errorOf(() => serialize([here])).path;
      },
      outer: { here },
    };

    assert.strictEqual(errorOf(() => serialize(value)).path, '.outer.here');
  });

  it('an error of the application has none', () => {
    const error = new Error('own');

    assert.strictEqual(errorOf(() => serialize({ get a() { throw error; } })), error);
    assert.ok(!('path' in error));
  });

  it('a value that Node can clone after all leaves no trace', () => {
    assert.strictEqual(errorOf(() => serialize({ a: new SharedArrayBuffer(8) })).path, '.a');
    assert.ok(!('path' in errorOf(() => serialize({ get b() { throw new DOMException('x', 'DataCloneError'); } }))));
  });

  describe('of what Node refuses', () => {
    const { port1: nodePort, port2: otherPort } = new threads.MessageChannel();
    const { port1: ourPort } = new MessageChannel();
    const buffer = new ArrayBuffer(100_000);
    let file;

    before(async () => {
      file = await fs.promises.open(process.execPath);
    });
    after(() => {
      nodePort.close();
      ourPort.close();
      return file.close();
    });

    /* [value, path, transfer list] */
    const REFUSED = {
      'a port that is not listed': () => [{ jobs: [1, ourPort] }, '.jobs[1]'],
      'a port that is not listed, beside one that is': () =>
        [{ listed: new MessageChannel().port1, job: { ourPort } }, '.job.ourPort', 'listed'],
      'a port of Node\'s': () => [new Map([['key', { nodePort }]]), '.get("key").nodePort'],
      'a port of Node\'s, beside one that is listed': () => [{ listed: otherPort, nodePort }, '.nodePort', 'listed'],
      'a FileHandle': () => [{ a: { file } }, '.a.file'],
      'a stream': () => [[1, new ReadableStream()], '[1]'],
      'a stream, beside a buffer that is listed': () => [{ listed: buffer, rest: [new ReadableStream()] }, '.rest[0]', 'listed'],
      'a WebAssembly.Memory': () => [{ memory: new WebAssembly.Memory({ initial: 1 }) }, '.memory'],
      ...markAsUncloneable && {
        'what is marked': () => {
          const marked = {};

          markAsUncloneable(marked);
          return [{ set: new Set([{ marked }]) }, '.set.values()[0].marked'];
        },
      },
    };

    for (const [title, make] of Object.entries(REFUSED)) {
      it(`is that of ${title}, by a port and to a worker`, async () => {
        const { port1, port2 } = new MessageChannel();
        const worker = new Worker('', { eval: true });

        for (const warm of [false, true]) {
          for (let i = 0; warm && i < 350; i++) port1.postMessage({ i: [i] });
          for (const port of [port1, worker]) {
            const [value, path, listed] = make();

            assert.strictEqual(errorOf(() => port.postMessage(value, listed && [value[listed]])).path, path);
          }
        }
        port1.close();
        port2.close();
        await once(worker, 'exit');
      });
    }

    it('runs nothing of the message', () => {
      const { port1 } = new MessageChannel();
      let calls = 0;
      const getter = { get a() { return calls++; } };
      const value = [getter, Object.assign(Object.create({ inherited: 1 }), { getter }), new ReadableStream()];

      assert.strictEqual(errorOf(() => port1.postMessage(value)).path, '[2]');
      assert.strictEqual(calls, 1);
      port1.close();
    });
  });
});
