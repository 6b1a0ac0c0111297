'use strict';

/*
 * Messages on which the codec loses go by Node whole after a few of them
 * (lib/ports/losing.js), which must not show.
 */

const { same } = require('./support/differential');

const shared = new SharedArrayBuffer(8);

/** So many go by the codec or by Node in turn. */
const MANY = 80;

/** A message of each kind on which the codec loses. */
const LOSSES = {
  'shared memory': (i) => ({ shared, i }),
  'an array of shared memory': (i) => [new Uint8Array(shared), i],
  'new keys': (i) => Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key ${i} ${n}`, n])),
  'a long list of strings': (i) => Array.from({ length: 100 }, (_, n) => `a text of some length ${i} ${n}`),
  'large bigints': (i) => Array.from({ length: 50 }, (_, n) => 3n ** BigInt(100 + i + n)),
  'a sparse array': (i) => Object.assign([], Object.fromEntries(Array.from({ length: 60 }, (_, n) => [n * 100, i]))),
  'resizable memory': (i) => [new ArrayBuffer(8, { maxByteLength: 16 }).byteLength, new ArrayBuffer(i, { maxByteLength: 512 })],
  'a large dictionary': (i) => Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`a long key ${i} ${n}`, n])),
  'many keys': (i) => Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`key ${n}`, i])),
  'a Map of errors': (i) => new Map(Array.from({ length: 30 }, (_, n) => [n, new RangeError(`wide \u20ac ${i}`)])),
};

const text = (value) => JSON.stringify(value, (_, item) => {
  if (typeof item === 'bigint') return `${item}n`;
  if (item instanceof Map) return [...item].map(([key, error]) => [key, error.name, error.message]);
  if (item instanceof SharedArrayBuffer) return `shared ${item.byteLength}`;
  return ArrayBuffer.isView(item) ? `view ${item.byteLength} ${text(item.buffer)}` : item;
});

/** A channel whose port has sent so many objects that none goes by Node for a start. */
function warmChannel(wt) {
  const { port1, port2 } = new wt.MessageChannel();

  for (let i = 0; i < 320; i++) port1.postMessage(new Set([i]));
  while (wt.receiveMessageOnPort(port2) !== undefined);
  return [port1, port2];
}

describe('losing: messages that go by Node', () => {
  for (const [name, make] of Object.entries(LOSSES)) {
    same(`${name}: arrive in order among others`, (wt, t) => {
      const [a, b] = warmChannel(wt);

      for (let i = 0; i < MANY; i++) {
        a.postMessage(make(i));
        if (i % 3 === 0) a.postMessage(i);
        if (i % 5 === 0) a.postMessage(`text ${i}`);
        if (i % 7 === 0) a.postMessage([i, { i }]);
      }
      for (let got; (got = wt.receiveMessageOnPort(b)) !== undefined;) t.note(text(got.message));
      a.close();
    });
    same(`${name}: reach a listener in order`, async (wt, t) => {
      const [a, b] = warmChannel(wt);
      const all = new Promise((resolve) => {
        b.on('message', (message) => (message === 'end' ? resolve() : t.note(text(message))));
      });

      for (let i = 0; i < MANY; i++) {
        a.postMessage(make(i));
        if (i % 4 === 0) a.postMessage({ other: i });
      }
      a.postMessage('end');
      await all;
      a.close();
    });
  }

  same('a getter is called once, and what it posts comes first', (wt, t) => {
    const [a, b] = warmChannel(wt);

    for (let i = 0; i < MANY; i++) {
      a.postMessage({
        shared,
        get inner() {
          t.note('getter', i);
          if (i % 9 === 0) a.postMessage({ shared, within: i });
          if (i % 11 === 0) a.postMessage(i);
          return i;
        },
      });
    }
    for (let got; (got = wt.receiveMessageOnPort(b)) !== undefined;) t.note(text(got.message));
    a.close();
  });

  same('a message that cannot be cloned throws, and the next ones arrive', (wt, t) => {
    const [a, b] = warmChannel(wt);
    const { port1: unlisted } = new wt.MessageChannel();

    for (let i = 0; i < MANY; i++) {
      a.postMessage({ shared, i });
      if (i % 10 === 9) {
        t.attempt('function', () => a.postMessage({ shared, f() {} }));
        t.attempt('port', () => a.postMessage({ shared, inner: [unlisted] }));
        t.attempt('getter', () => a.postMessage({ shared, get f() { throw new RangeError('mine'); } }));
      }
    }
    for (let got; (got = wt.receiveMessageOnPort(b)) !== undefined;) t.note(text(got.message));
    a.close();
    unlisted.close();
  });

  same('a port that changes hands goes on', (wt, t) => {
    const [a, b] = warmChannel(wt);
    const way = new wt.MessageChannel();
    let from = a;
    let to = b;

    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < MANY; i++) from.postMessage({ shared, i, round });
      way.port1.postMessage([from, to], [from, to]);
      [from, to] = wt.receiveMessageOnPort(way.port2).message;
      from.postMessage({ shared, i: 'after', round });
    }
    for (let got; (got = wt.receiveMessageOnPort(to)) !== undefined;) t.note(text(got.message));
    from.close();
    way.port1.close();
  });

  same('a port that is closed sends nothing more', (wt, t) => {
    const [a, b] = warmChannel(wt);

    for (let i = 0; i < MANY; i++) a.postMessage({ shared, i });
    a.close();
    t.attempt('closed', () => a.postMessage({ shared, i: 'closed' }));
    t.attempt('closed, a function', () => a.postMessage({ shared, f() {} }));
    for (let got; (got = wt.receiveMessageOnPort(b)) !== undefined;) t.note(text(got.message));
  });
});
