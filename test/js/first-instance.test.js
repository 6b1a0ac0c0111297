'use strict';

/*
 * To find out whether a posted object's class is Node's, ringport loads no module that
 * the application has not loaded. undici alone would take 15 ms and 8 MiB, and announces
 * itself to other copies of undici.
 */

const assert = require('node:assert');
const { same } = require('./support/differential');
const { subject } = require('./support/implementations');
const { play } = require('./support/play');

describe('the first instance of a class', () => {
  (subject.api.threads ? it : it.skip)('loads nothing of Node\'s but what it takes', async () => {
    const lines = await play((wt, { note }) => {
      const { port1, port2 } = new wt.MessageChannel();
      const pass = (value) => {
        port1.postMessage(value);
        return wt.receiveMessageOnPort(port2).message;
      };

      pass([{ a: { b: 1 } }]);

      const before = new Set(process.moduleLoadList);
      class Point { x = 1; }
      class Request { url = 'x'; }
      class Blob { size = 3; }

      for (const value of [new Point(), new Request(), new Blob()]) {
        for (let i = 0; i < 400; i++) note(JSON.stringify(pass({ value })));
      }

      const loaded = process.moduleLoadList.filter((name) => !before.has(name));

      note('loaded', loaded.filter((name) => /undici|fetch|webstreams|websocket/.test(name)));
      port1.close();
    });

    assert.deepStrictEqual(lines.at(-1), ['loaded', []]);
    assert.deepStrictEqual([...new Set(lines.slice(0, -1).flat())],
      ['{"value":{"x":1}}', '{"value":{"url":"x"}}', '{"value":{"size":3}}']);
  });

  same('of Node\'s is Node\'s, also of one that is loaded late', async (wt, t) => {
    const [a, b] = t.channel();
    const pass = (value) => {
      try {
        a.postMessage({ value });
        return Object.prototype.toString.call(wt.receiveMessageOnPort(b).message.value);
      } catch (error) {
        return t.plain(error);
      }
    };
    const makers = [() => new Blob(['x']), () => new URL('http://localhost'), () => new Headers(), () => new Request('http://localhost'),
      () => new MessageEvent('message'), () => new AbortController(), () => new EventTarget(), () => new ReadableStream(),
      () => new CompressionStream('gzip'), () => performance, () => new TextDecoder()];

    for (let round = 0; round < 2; round++) for (const make of makers) t.note(pass(make()));
  });
});
