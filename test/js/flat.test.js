'use strict';

/*
 * Plain values, which C writes and reads before the codec is loaded
 * (lib/ports/is-plain.js), and values that resemble them: the same properties are read
 * and the same value arrives as with Node.
 */

const assert = require('node:assert');
const path = require('node:path');
const { same } = require('./support/differential');
const { subject } = require('./support/implementations');
const { play } = require('./support/play');
const { makers } = require('./fixtures/flat-values');

/** Post each, as often as it takes to have a function of its own. */
function postAll(t, send, receive, times) {
  for (const [name, make] of Object.entries(makers)) {
    for (let i = 0; i < times; i++) {
      const reads = [];
      const post = (value) => { send(value); };
      let error;

      try {
        send(make(reads, post));
      } catch (thrown) {
        error = t.plain(thrown);
      }
      t.note(name, reads, error, receive().map((m) =>
        [m, m?.self === m, Object.getPrototypeOf(Object(m)) === Object.prototype]));
    }
  }
}

describe('plain values', () => {
  same('between two ports', async (wt, t) => {
    const [a, b] = t.channel();

    postAll(t, (value) => a.postMessage(value), () => t.drain(b), 6);
  });

  same('with properties on Object.prototype', async (wt, t) => {
    const [a, b] = t.channel();
    const send = (value) => {
      Object.prototype.b = 'inherited';
      try {
        a.postMessage(value);
      } finally {
        delete Object.prototype.b;
      }
    };

    for (let i = 0; i < 4; i++) {
      a.postMessage({ a: 1, b: 2 });
      for (const value of [{ a: 1 }, { a: 1, b: 2 }, { b: 3 }, {}]) send(value);
    }
    Object.defineProperty(Object.prototype, 'a', { set() { throw new Error('called'); }, configurable: true });
    try {
      t.note(t.drain(b));
    } finally {
      delete Object.prototype.a;
    }
  });

  same('of many shapes', async (wt, t) => {
    const [a, b] = t.channel();

    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 300; i++) a.postMessage({ [`key ${i}`]: round, [`other ${i % 7}`]: `${i}` });
      t.note(t.drain(b));
    }
  });

  same('that a getter closes the port of', async (wt, t) => {
    for (const more of [1, {}]) {
      const [a, b] = t.channel();
      const heard = [];

      b.on('message', (m) => heard.push(m));
      for (let i = 0; i < 3; i++) a.postMessage({ get a() { return i; }, more });
      try {
        a.postMessage({ get a() { a.close(); return 'closed'; }, more });
      } catch (error) {
        t.note(t.plain(error));
      }
      await t.next(b, 'close');
      t.note(heard);
    }
  });

  same('to a worker and back, between other values', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', (m) => wt.parentPort.postMessage(m));
    });
    const values = Array.from({ length: 3000 }, (_, i) =>
      [{ id: i, name: `n ${i}` }, i, `text ${i}`, { id: i, list: [i, { i }] }, [i], { id: i, date: new Date(i) }][i % 6]);
    const all = t.messages(worker, values.length);

    for (const value of values) worker.postMessage(value);
    t.note(await all);
  });

  (subject.api.threads ? it : it.skip)('arrive in order over the number that C writes and reads', async () => {
    assert.deepStrictEqual(await play((wt, { note }) => {
      const { thresholds } = require(`${process.env.LIB}/loading/native`);

      thresholds.COLD_FLATS = 50;
      thresholds.COLD_OBJECTS = 3;

      const { port1, port2 } = new wt.MessageChannel();
      let next = 0;

      port2.on('message', (m) => {
        if (m.id !== next++ || m.name !== `n ${m.id}`) note('wrong', m);
        if (next < 500) return;
        note(next);
        port1.close();
      });
      for (let id = 0; id < 500; id++) {
        port1.postMessage(id % 3 === 0 ? { id, name: `n ${id}`, list: [id, { id }] } : { id, name: `n ${id}` });
      }
    }, { env: { ...process.env, LIB: path.resolve(__dirname, '../../lib') } }), [[500]]);
  });

  (subject.api.threads ? it : it.skip)('go and come where no code can be made of text', async () => {
    assert.deepStrictEqual(await play((wt, { note }) => {
      const { port1, port2 } = new wt.MessageChannel();

      for (let i = 0; i < 20; i++) port1.postMessage({ i, text: ['x', {}] });
      for (let i = 0, received; (received = wt.receiveMessageOnPort(port2)); i++) {
        if (received.message.i !== i || received.message.text[0] !== 'x') note('wrong', received);
      }
      note('end');
    }, { flags: ['--disallow-code-generation-from-strings'] }), [['end']]);
  });

  same('that are marked as uncloneable', async (wt, t) => {
    const [a, b] = t.channel();
    const marked = { a: 1 };

    a.postMessage({ a: 0 });
    wt.markAsUncloneable(marked);
    try {
      a.postMessage(marked);
    } catch (error) {
      t.note(t.plain(error));
    }
    t.note(t.drain(b));
  }, { when: subject.api.markAsUncloneable !== undefined });

});
