'use strict';

/* A DataCloneError says where in the message the value is; all else of it is Node's. */

const assert = require('node:assert');
const { MessageChannel, RingBuffer, serialize } = require('../../lib');

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
});
