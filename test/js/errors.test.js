'use strict';

/*
 * A postMessage() that throws sends nothing and detaches nothing, and getters may use the
 * port while their object is posted. Each test runs with worker_threads and with ringport
 * and compares what both log.
 */

const { same } = require('./support/differential');

describe('DataCloneError: nothing is sent and nothing is detached', () => {
  const detached = () => {
    const buffer = new ArrayBuffer(8);

    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  };
  const getterError = (error) => ({
    get value() {
      throw error;
    }
  });

  /*
   * Each gets ports and a buffer that must survive, and returns [message, transfer list].
   */
  const CASES = {
    'the source port in its own list': (x) => [x.a, [x.a]],
    'the source port in its own list, with others': (x) => [1, [x.buffer, x.c, x.a]],
    'the source port in the message only': (x) => [x.a],
    'a duplicate ArrayBuffer': (x) => [x.buffer, [x.buffer, x.buffer]],
    'a duplicate port': (x) => [x.c, [x.c, x.c]],
    'a duplicate port among others': (x) => [x.c, [x.c, x.buffer, x.d, x.c]],
    'a detached ArrayBuffer in the list': (x) => [1, [x.buffer, detached()]],
    'a detached ArrayBuffer in the message': () => [{ deep: [detached()] }],
    'a view of a detached ArrayBuffer in the message': () => {
      const view = new Uint8Array(8);

      structuredClone(view, { transfer: [view.buffer] });
      return [view];
    },
    'a detached ArrayBuffer in both': (x) => {
      const buffer = detached();

      return [buffer, [x.c, buffer]];
    },
    'a closed port in the list': (x) => {
      x.closed.close();
      return [x.closed, [x.buffer, x.closed]];
    },
    'a closed port in the message only': (x) => {
      x.closed.close();
      return [x.closed];
    },
    'a transferred port in the list': (x) => [x.moved, [x.buffer, x.moved]],
    'a transferred port in the message': (x) => [x.moved],
    'a function': (x) => [() => {}, [x.buffer]],
    'a method in an object': (x) => [{ c: x.c, method() {} }, [x.c]],
    'a class': (x) => [class Some {}, [x.buffer]],
    'a symbol': (x) => [Symbol('s'), [x.buffer, x.c]],
    'a symbol in an array': (x) => [[1, Symbol('s')], [x.c]],
    'a boxed symbol': (x) => [Object(Symbol('s')), [x.c]],
    'a WeakMap': (x) => [new WeakMap(), [x.c]],
    'a WeakSet': (x) => [new WeakSet(), [x.c]],
    'a WeakRef': (x) => [new WeakRef({}), [x.c]],
    'a FinalizationRegistry': (x) => [new FinalizationRegistry(() => {}), [x.c]],
    'a Promise': (x) => [Promise.resolve(1), [x.c]],
    'a Proxy': (x) => [new Proxy({}, {}), [x.c]],
    'a Proxy of an array': (x) => [new Proxy([], {}), [x.c]],
    'a Proxy deep inside': (x) => [{ a: [new Map([[1, new Proxy({}, {})]])] }, [x.buffer]],
    'a generator object': (x) => [(function* () {})(), [x.c]],
    'an iterator': (x) => [[].values(), [x.c]],
    'arguments': (x) => [(function () { return arguments; })(1, 2), [x.c]],
    'a module namespace': (x) => [x.namespace, [x.c]],
    'a MessageChannel': (x) => [x.channel, [x.c]],
    'a worker': (x) => [Object.create(x.wt.Worker.prototype), [x.c]],
    'a fake port': (x) => [Object.create(x.wt.MessagePort.prototype), [x.c]],
    'a fake port in the list': (x) => [1, [x.c, Object.create(x.wt.MessagePort.prototype)]],
    'a Hash': (x) => [require('node:crypto').createHash('sha256'), [x.c]],
    'a socket': (x) => [new (require('node:net').Socket)(), [x.c]],
    'a script': (x) => [new (require('node:vm').Script)(''), [x.c]],
    'a URL': (x) => [new URL('https://a.b/c'), [x.c]],
    'URLSearchParams': (x) => [new URLSearchParams('a=b'), [x.c]],
    'an AbortSignal': (x) => [AbortSignal.abort(), [x.c]],
    'a TextDecoder': (x) => [new TextDecoder(), [x.c]],
    'Headers': (x) => [new Headers({ a: 'b' }), [x.c]],
    'Intl': (x) => [new Intl.NumberFormat('en'), [x.c]],
    'an EventTarget': (x) => [new EventTarget(), [x.c]],
    'an Event': (x) => [new Event('e'), [x.c]],
    'a stream that is not in the list': (x) => [new ReadableStream(), [x.c]],
    'WebAssembly.Memory': (x) => [new WebAssembly.Memory({ initial: 1 }), [x.c]],
    'the buffer of a WebAssembly.Memory in the list': (x) => {
      const { buffer } = new WebAssembly.Memory({ initial: 1 });

      return [1, [x.c, buffer]];
    },
    'a getter that throws': (x) => [getterError(new RangeError('mine')), [x.buffer, x.c]],
    'a getter that throws a DataCloneError': (x) =>
      [getterError(new DOMException('mine', 'DataCloneError')), [x.c]],
    'a getter that throws undefined': (x) => [getterError(undefined), [x.c]],
    'a getter that throws deep inside': (x) =>
      [{ a: 1, list: [1, { c: x.c, bad: getterError(new Error('deep')) }] }, [x.c]],
    'a function after what Node carries': (x) =>
      [{ shared: new SharedArrayBuffer(8), c: x.c, f() {} }, [x.c, x.buffer]],
    'a nesting too deep': (x) => {
      let deep = [];

      for (let i = 0; i < 200000; i++) deep = [deep];
      return [deep, [x.c]];
    },
    'an untransferable ArrayBuffer': (x) => {
      const buffer = new ArrayBuffer(8);

      x.wt.markAsUntransferable(buffer);
      return [1, [x.c, buffer]];
    },
    'an untransferable port': (x) => {
      const { port1, port2 } = new x.wt.MessageChannel();

      port2.close();
      x.wt.markAsUntransferable(port1);
      return [1, [x.c, port1]];
    }
  };

  for (const [name, make] of Object.entries(CASES)) {
    same(name, async (wt, t) => {
      const [a, b] = t.channel();
      const [c, d] = t.channel();
      const [moved] = t.channel();
      const [closed] = t.channel();
      const [carrier] = t.channel();
      const buffer = new ArrayBuffer(16);
      const channel = new wt.MessageChannel();
      const namespace = await import('node:path');

      t.keep(channel.port1);
      t.keep(channel.port2);
      carrier.postMessage(moved, [moved]);
      const [message, list] = make({ wt, a, c, d, moved, closed, buffer, channel, namespace });

      t.attempt('post', () => a.postMessage(message, list));
      t.note(buffer.byteLength);
      /* c works only if it has not been transferred, a only if it has not been harmed. */
      t.attempt('c', () => c.postMessage('from c'));
      t.attempt('a', () => a.postMessage('from a'));
      t.note(t.drain(d));
      t.note(t.drain(b).map((value) => [typeof value, Object.prototype.toString.call(value)]));
    });
  }

  same('the error is a DOMException of Node', (wt, t) => {
    const [a] = t.channel();

    for (const bad of [() => {}, Symbol('s'), new WeakMap()]) {
      try {
        a.postMessage(bad);
      } catch (error) {
        t.note(error instanceof DOMException, error instanceof Error, error.code, error.name);
        t.note(String(error), typeof error.stack, error.stack.includes(__filename));
      }
    }
  });

  same('fails to a port that listens, then goes on', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 2);

    a.postMessage(1);
    t.attempt('bad', () => a.postMessage({ x: [1, 2, { f() {} }] }));
    a.postMessage(2);
    t.note(await all);
  });

  same('500 failures between 500 messages', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 500);
    let failures = 0;

    for (let i = 0; i < 500; i++) {
      try {
        a.postMessage({ i, text: 'x'.repeat(i), shared: new SharedArrayBuffer(1), bad: () => {} });
      } catch {
        failures++;
      }
      a.postMessage(i);
    }
    t.note(failures, (await all).every((m, i) => m === i));
  });
});

describe('a getter that acts while its object is posted', () => {
  same('posts to the same port: its message goes first', (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage({
      before: 1,
      get during() {
        a.postMessage('inner');
        a.postMessage({ deep: { inner: 2 } });
        return 'during';
      },
      after: [1, 2]
    });
    t.note(t.drain(b));
  });

  same('posts to the same port and throws', (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('post', () => a.postMessage([
      'x'.repeat(1000),
      {
        get during() {
          a.postMessage('inner');
          throw new Error('outer');
        }
      }
    ]));
    t.note(t.drain(b));
  });

  same('posts recursively', (wt, t) => {
    const [a, b] = t.channel();
    const nested = (depth) => ({
      depth,
      get inner() {
        if (depth > 0) a.postMessage(nested(depth - 1));
        return 'x'.repeat(depth);
      }
    });

    a.postMessage(nested(50));
    t.note(t.drain(b));
  });

  same('posts what Node carries, while its object holds such things too', (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage({
      first: new SharedArrayBuffer(1),
      get during() {
        a.postMessage({ inner: new SharedArrayBuffer(2) });
        return new SharedArrayBuffer(3);
      },
      last: new SharedArrayBuffer(4)
    });
    t.note(t.drain(b).map((m) => Object.entries(m).map(([key, v]) => [key, v.byteLength])));
  });

  same('closes the port', async (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('post', () => a.postMessage({
      get during() {
        a.close();
        return 1;
      }
    }));
    b.on('message', (m) => t.note('message', m));
    await t.next(b, 'close');
  });

  same('closes the other end', async (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('post', () => a.postMessage({
      get during() {
        b.close();
        return 1;
      }
    }));
    await t.next(a, 'close');
    t.note('closed');
  });

  same('receives on the other end', (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage('first');
    a.postMessage({
      get during() {
        return wt.receiveMessageOnPort(b);
      }
    });
    t.note(t.drain(b));
  });

  same('transfers the port that it posts to', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    t.attempt('post', () => a.postMessage({
      get during() {
        c.postMessage(a, [a]);
        return 'during';
      }
    }));
    const moved = t.keep(await t.next(d, 'message'));
    moved.postMessage('moved');
    t.note(t.drain(b));
  });

  same('changes the object that is posted', (wt, t) => {
    const [a, b] = t.channel();
    const object = {
      get first() {
        delete object.second;
        object.third = 3;
        object.fourth = 4;
        return 1;
      },
      second: 2,
      third: 'unchanged'
    };
    const list = [0, 1, 2, 3];

    Object.defineProperty(list, 1, {
      enumerable: true,
      get() {
        list.length = 3;
        return 'one';
      }
    });
    a.postMessage(object);
    t.attempt('array', () => a.postMessage(list));
    t.note(t.drain(b));
  });
});
