'use strict';

/*
 * The API has the shape of Node's: exports, classes, property descriptors, argument
 * checks and error messages. Each test runs with worker_threads and with ringport and
 * compares what both log.
 */

const { same } = require('./support/differential');

describe('shape of the API', () => {
  const describeProperty = (object, key) => {
    const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(object, key);

    return [
      String(key),
      typeof value,
      typeof value === 'function' && [value.name, value.length],
      typeof get,
      typeof set,
      flags
    ];
  };

  same('the classes', (wt, t) => {
    for (const name of ['MessageChannel', 'MessagePort', 'Worker', 'BroadcastChannel']) {
      const value = wt[name];

      t.note(name, typeof value, value.name, value.length);
      t.note(describeProperty(value, 'prototype'));
      t.note(Object.prototype.toString.call(value.prototype));
    }
  });

  same('what Node exports is exported', (wt, t) => {
    const names = Object.keys(require('node:worker_threads'));

    t.note(names.map((name) => [name, typeof wt[name]]));
  });

  same('a channel has port1 and port2, and they are its own', (wt, t) => {
    const channel = new wt.MessageChannel();

    t.note(Object.getOwnPropertyNames(channel).map((key) => describeProperty(channel, key)));
    t.note(channel instanceof wt.MessageChannel);
    t.note(channel.port1 instanceof wt.MessagePort, channel.port1 === channel.port2);
    t.note(Object.prototype.toString.call(channel), Object.prototype.toString.call(channel.port1));
    channel.port1 = null;
    t.note(channel.port1);
    t.keep(channel.port2);
  });

  same('a port is an EventTarget', (wt, t) => {
    const [a] = t.channel();

    t.note(a instanceof EventTarget, a instanceof wt.MessagePort, a.constructor === wt.MessagePort);
    t.note(a instanceof require('node:events').EventEmitter);
  });

  same('every method and property of Node\'s port is there', (wt, t) => {
    const names = new Set();
    const { port1, port2 } = new (require('node:worker_threads').MessageChannel)();

    for (let object = port1; object !== Object.prototype; object = Object.getPrototypeOf(object)) {
      for (const name of Object.getOwnPropertyNames(object)) names.add(name);
    }
    port1.close();
    port2.close();

    const [a] = t.channel();
    t.note([...names].sort().map((name) => [name, typeof a[name]]));
  });

  same('names and lengths of the methods of a port', (wt, t) => {
    const [a] = t.channel();

    for (const name of [
      'postMessage', 'start', 'close', 'ref', 'unref', 'hasRef', 'on', 'once', 'off',
      'addListener', 'removeListener', 'removeAllListeners', 'emit', 'listenerCount', 'eventNames',
      'setMaxListeners', 'getMaxListeners', 'addEventListener', 'removeEventListener',
      'dispatchEvent'
    ]) {
      t.note(name, a[name].name, a[name].length);
    }
  });

  same('which of them are enumerable, writable, configurable', (wt, t) => {
    const proto = wt.MessagePort.prototype;

    for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef', 'onmessage',
      'onmessageerror']) {
      t.note(describeProperty(proto, name));
    }
  });

  same('what for-in and Object.keys see of a port and a channel', (wt, t) => {
    const [a] = t.channel();
    const { port1, port2 } = new wt.MessageChannel();
    const seen = [];

    for (const key in a) seen.push(key);
    t.note(seen.includes('postMessage'), seen.includes('onmessage'), Object.keys(a));
    t.note(Object.keys({ port1, port2 }));
    t.keep(port1);
    t.keep(port2);
  });

  same('JSON and string forms', (wt, t) => {
    const [a] = t.channel();

    t.note(String(a), JSON.stringify(a));
  });
});

describe('constructors', () => {
  const CALLS = {
    'new MessagePort()': (wt) => new wt.MessagePort(),
    'new MessagePort(1)': (wt) => new wt.MessagePort(1),
    'MessagePort()': (wt) => wt.MessagePort(),
    'MessagePort.call of a port': (wt, [a]) => wt.MessagePort.call(a),
    'a subclass of MessagePort': (wt) => new (class extends wt.MessagePort {})(),
    'Reflect.construct of MessagePort': (wt) => Reflect.construct(wt.MessagePort, [], Object),
    'MessageChannel()': (wt) => wt.MessageChannel(),
    'MessageChannel.call of an object': (wt) => wt.MessageChannel.call({})
  };

  for (const [name, call] of Object.entries(CALLS)) {
    same(name, (wt, t) => {
      const ports = t.channel();

      t.attempt(name, () => typeof call(wt, ports));
    });
  }

  same('a subclass of MessageChannel', async (wt, t) => {
    class Mine extends wt.MessageChannel {
      own() {
        return 'own';
      }
    }
    const mine = new Mine(1, 2, 3);

    t.note(mine.own(), mine instanceof wt.MessageChannel);
    t.keep(mine.port1).postMessage(1);
    t.note(await t.next(t.keep(mine.port2), 'message'));
  });

  same('methods of a port on something else', (wt, t) => {
    const things = [undefined, null, {}, 1, Object.create(wt.MessagePort.prototype)];

    for (const method of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef']) {
      for (const thing of things) {
        t.attempt(method, () => wt.MessagePort.prototype[method].call(thing, 1));
      }
    }
  });
});

describe('return values', () => {
  const CALLS = {
    postMessage: (port) => port.postMessage(1),
    'postMessage of undefined': (port) => port.postMessage(undefined),
    'postMessage with a transfer list': (port) => port.postMessage(1, []),
    start: (port) => port.start(),
    ref: (port) => port.ref(),
    unref: (port) => port.unref(),
    hasRef: (port) => port.hasRef(),
    close: (port) => port.close()
  };

  for (const [name, call] of Object.entries(CALLS)) {
    same(`of ${name}`, (wt, t) => {
      const [a] = t.channel();

      t.attempt(name, () => call(a));
    });
  }

  same('of postMessage of a worker', (wt, t) => {
    const w = t.worker(() => {});

    t.attempt('post', () => w.postMessage(1));
  });

  same('of postMessage and close of parentPort', async (wt, t) => {
    const w = t.worker((wt, { plain }) => {
      const results = [];
      const attempt = (action) => {
        try {
          results.push(String(action()));
        } catch (error) {
          results.push(plain(error));
        }
      };

      attempt(() => wt.parentPort.postMessage(1));
      attempt(() => wt.parentPort.postMessage());
      attempt(() => wt.parentPort.postMessage(() => {}));
      attempt(() => wt.parentPort.postMessage(1, 1));
      attempt(() => wt.parentPort.start());
      attempt(() => wt.parentPort.hasRef());
      wt.parentPort.postMessage(results);
    });

    t.note(await t.messages(w, 2));
  });
});

describe('receiveMessageOnPort', () => {
  same('gives {message} or undefined', (wt, t) => {
    const [a, b] = t.channel();

    t.note(wt.receiveMessageOnPort(b));
    for (const value of [0, undefined, null, false, '', { a: 1 }]) a.postMessage(value);
    for (let i = 0; i < 7; i++) t.note(wt.receiveMessageOnPort(b));
    t.note(wt.receiveMessageOnPort.length, wt.receiveMessageOnPort.name);
  });

  for (const [name, thing] of Object.entries({
    undefined, null: null, 'an object': {}, 'a number': 1, 'a string': 'port', 'a function': () => {},
    'an EventTarget': new EventTarget()
  })) {
    same(`of ${name}`, (wt, t) => {
      t.attempt(name, () => wt.receiveMessageOnPort(thing));
    });
  }

  same('without arguments, of a class, of an object like a port', (wt, t) => {
    t.attempt('nothing', () => wt.receiveMessageOnPort());
    t.attempt('class', () => wt.receiveMessageOnPort(wt.MessagePort));
    t.attempt('prototype', () => wt.receiveMessageOnPort(wt.MessagePort.prototype));
    t.attempt('like', () => wt.receiveMessageOnPort(Object.create(wt.MessagePort.prototype)));
  });

  same('of a BroadcastChannel', (wt, t) => {
    const [one, two] = [1, 2].map(() => t.keep(new wt.BroadcastChannel(`errors ${process.pid}`)));

    one.postMessage({ a: 1 });
    t.note(wt.receiveMessageOnPort(two), wt.receiveMessageOnPort(two));
  });

  same('of a port of Node\'s own', (wt, t) => {
    const { port1, port2 } = new (require('node:worker_threads').MessageChannel)();

    t.keep(port1).postMessage('plain');
    t.note(wt.receiveMessageOnPort(t.keep(port2)), wt.receiveMessageOnPort(port2));
  });

  same('of a port that listens takes what has not been delivered', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', (m) => t.note('delivered', m));
    for (let i = 0; i < 3; i++) a.postMessage(i);
    t.note(wt.receiveMessageOnPort(b));
    await t.turns();
  });

  same('of a port that has been transferred', async (wt, t) => {
    const [a, b] = t.channel();
    const [c] = t.channel();

    a.postMessage(1);
    c.postMessage(b, [b]);
    await t.turns(); /* at once Node would crash */
    t.attempt('receive', () => wt.receiveMessageOnPort(b));
  });

  same('of a BroadcastChannel that is closed', (wt, t) => {
    const channel = new wt.BroadcastChannel(`errors ${process.pid}`);

    channel.close();
    t.attempt('receive', () => wt.receiveMessageOnPort(channel));
  });
});
