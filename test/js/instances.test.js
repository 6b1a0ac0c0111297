'use strict';

/*
 * Instances of subclasses of Node's classes. Node clones most of them as plain objects,
 * including the ports, transferred buffers and references to themselves that they hold.
 * Compared with worker_threads.
 */

const { EventEmitter } = require('node:events');
const { AsyncResource } = require('node:async_hooks');
const { Readable } = require('node:stream');
const { same } = require('./support/differential');

const PARENTS = {
  EventTarget: [EventTarget], Event: [Event, 'x'], CustomEvent: [CustomEvent, 'x'], EventEmitter: [EventEmitter],
  AsyncResource: [AsyncResource, 'X'], Readable: [Readable], URL: [URL, 'x:'], URLSearchParams: [URLSearchParams],
  TextDecoder: [TextDecoder], AbortController: [AbortController], Blob: [Blob, []], Headers: [Headers],
  DOMException: [DOMException, 'x'], ReadableStream: [ReadableStream],
};

/** An instance of a new subclass that holds these things. */
function make([Parent, ...args], holds) {
  class Holder extends Parent {}

  return Object.assign(new Holder(...args), holds);
}

/** What can be seen of a clone, without internals of Node's that are cloned along. */
const seen = ({ a, n, 0: first }) => ({ a, n, first });

describe('instances of subclasses of Node\'s classes', () => {
  for (const [name, parent] of Object.entries(PARENTS)) {
    same(`${name}: values and order of getters`, (wt, t) => {
      const [a, b] = t.channel();

      for (const holds of [{}, { a: 1 }, { a: [1, { b: 2 }], n: 5n }, { 0: 'first', a: 1 }]) {
        for (let i = 0; i < 2; i++) {
          const object = make(parent, holds);
          let runs = '';

          Object.defineProperty(object, 'n', { enumerable: true, configurable: true, get() { runs += 'n'; return 7; } });
          Object.defineProperty(object, 'a', { enumerable: true, configurable: true, get() { runs += 'a'; return 8; } });
          t.attempt('post', () => a.postMessage(object));
          t.note(runs, Object.keys(object).slice(-2), t.drain(b).map(seen));
        }
      }
    });

    same(`${name}: identity`, (wt, t) => {
      const [a, b] = t.channel();
      const shared = { shared: new Date(0) };
      const object = make(parent, { shared });

      object.self = object;
      t.attempt('post', () => a.postMessage({ object, again: object, shared }));
      for (const got of t.drain(b)) {
        t.note(got.object === got.again, got.object.self === got.object, got.object.shared === got.shared);
      }
    });

    same(`${name}: a port`, (wt, t) => {
      const [a, b] = t.channel();

      for (const isListed of [true, false]) {
        const [moving, other] = t.channel();

        t.attempt('post', () => a.postMessage({ held: make(parent, { port: moving }) }, isListed ? [moving] : []));
        for (const { held } of t.drain(b)) {
          t.note(held.port instanceof wt.MessagePort);
          if (!(held.port instanceof wt.MessagePort)) continue;
          t.keep(held.port).postMessage('through');
          t.note(wt.receiveMessageOnPort(other));
        }
      }
    });

    for (const bytes of [300, 300_000]) {
      same(`${name}: a buffer of ${bytes} bytes that is transferred`, (wt, t) => {
        const [a, b] = t.channel();
        const buffer = new ArrayBuffer(bytes);

        t.attempt('post', () => a.postMessage({ held: make(parent, { buffer }), buffer }, [buffer]));
        t.note(buffer.byteLength);
        for (const got of t.drain(b)) t.note(got.held.buffer === got.buffer, got.buffer.byteLength);
      });
    }
  }

  same('what is marked as uncloneable stays so', (wt, t) => {
    const [a, b] = t.channel();

    class Holder extends EventTarget { x = 1; }
    for (const isMarked of [false, true, false]) {
      const object = new Holder();

      if (isMarked) wt.markAsUncloneable(object);
      t.attempt('post', () => a.postMessage({ object }));
      t.note(t.drain(b));
    }
  }, { when: require('node:worker_threads').markAsUncloneable !== undefined });
});
