'use strict';

/*
 * moveMessagePortToContext(): the classes and objects that code in the context sees.
 * Compared with worker_threads; move-context.test.js covers the behavior of the moved
 * port.
 */

const vm = require('node:vm');
const plain = require('node:worker_threads');
const { same } = require('./support/differential');

describe('moveMessagePortToContext', () => {
  /* A port moved into a context, and its other end. */
  const moved = (wt, t) => {
    const [a, b] = t.channel();
    const context = vm.createContext({ found: [] });

    return { a, b, context, port: t.keep(wt.moveMessagePortToContext(b, context)) };
  };
  const heard = (port, count) => new Promise((resolve) => {
    const events = [];

    port.onmessage = port.onmessageerror = (event) => events.push(event) === count && resolve(events);
    port.start();
  });

  same('the port has the methods of a port, and no listeners', (wt, t) => {
    const { port } = moved(wt, t);

    for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef', 'on', 'once', 'emit',
      'addEventListener', 'onmessage']) {
      t.note(name, typeof port[name]);
    }
    t.note(port instanceof EventTarget, port instanceof wt.MessagePort, port.hasRef());
  });

  same('the port that was moved is closed to its owner', async (wt, t) => {
    const { a, b, port } = moved(wt, t);

    t.note(b.postMessage(1));
    a.postMessage('for the moved one');
    t.note(wt.receiveMessageOnPort(port));
  });

  same('objects arrive with the prototypes of the context', async (wt, t) => {
    const { a, context, port } = moved(wt, t);
    const events = heard(port, 1);

    a.postMessage({ list: [new Map([[1, new Set([2])]])], date: new Date(5), error: new TypeError('t'), bytes: new Uint8Array(2) });
    const [{ data }] = await events;
    context.data = data;
    t.note(vm.runInContext(`[
      data instanceof Object, data.list instanceof Array, data.list[0] instanceof Map,
      data.list[0].get(1) instanceof Set, data.date instanceof Date, data.error instanceof TypeError,
      data.bytes instanceof Uint8Array
    ].join()`, context), data instanceof Object, data.list instanceof Array);
  });

  same('onmessage gets an event of the context', async (wt, t) => {
    const { a, port } = moved(wt, t);
    const events = heard(port, 1);

    a.postMessage('data');
    const [event] = await events;
    t.note(event.constructor.name, event instanceof MessageEvent, Object.keys(event), event.data, event.type);
    t.note(event.target === port, event.ports.length);
  });

  same('what was queued goes along', async (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage(1);
    a.postMessage({ two: 2 });
    const port = t.keep(wt.moveMessagePortToContext(b, vm.createContext()));
    a.postMessage(3);
    t.note((await heard(port, 3)).map(({ data }) => JSON.stringify(data)));
  });

  same('it posts back', async (wt, t) => {
    const { a, port } = moved(wt, t);

    t.note(port.postMessage({ from: 'the context' }));
    t.note(await t.next(a, 'message'));
  });

  same('ports arrive in the context, too', async (wt, t) => {
    const { a, port } = moved(wt, t);
    const [c, d] = t.channel();
    const events = heard(port, 1);

    a.postMessage({ d }, [d]);
    const [{ data, ports }] = await events;
    t.note(ports.length, data.d === ports[0], data.d instanceof wt.MessagePort);
    t.keep(data.d).postMessage('works');
    t.note(await t.next(c, 'message'));
  });

  same('what the context cannot hold becomes a messageerror', async (wt, t) => {
    const { a, port } = moved(wt, t);
    const events = heard(port, 2);

    a.postMessage(require('node:crypto').createSecretKey(Buffer.from('k')));
    a.postMessage('next');
    t.note((await events).map(({ type, data }) => [type, data.code, data.message ?? data]));
  });

  same('it closes, and its other end does', async (wt, t) => {
    const { a, port } = moved(wt, t);

    port.close();
    await t.next(a, 'close');
    t.note('closed', port.postMessage(1));
  });

  same('wrong arguments', (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('no port', () => wt.moveMessagePortToContext({}, vm.createContext()));
    t.attempt('nothing', () => wt.moveMessagePortToContext());
    t.attempt('no context', () => wt.moveMessagePortToContext(b, {}));
    t.attempt('null', () => wt.moveMessagePortToContext(b, null));
    a.postMessage('unharmed');
    t.note(t.drain(b));
    t.note(wt.moveMessagePortToContext.name, wt.moveMessagePortToContext.length);
  });

  same('a port of Node\'s own', (wt, t) => {
    const { port1, port2 } = new plain.MessageChannel();

    t.keep(port1).postMessage('plain');
    const port = t.keep(wt.moveMessagePortToContext(port2, vm.createContext()));
    t.note(plain.receiveMessageOnPort(port));
  });
});
