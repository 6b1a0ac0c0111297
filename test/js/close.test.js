'use strict';

/*
 * close() of a port: which messages still arrive, when 'close' is emitted, and what the
 * methods of a closed port do. Each test runs with worker_threads and with ringport and
 * compares what both log.
 */

const { same, sameProcess } = require('./support/differential');

describe('close: the order of things', () => {
  same('what was posted before arrives, then both ends get \'close\'', async (wt, t) => {
    const [a, b] = t.channel();
    const ends = Promise.all([t.next(a, 'close'), t.next(b, 'close')]);

    a.on('close', () => t.note('close of a'));
    b.on('close', () => t.note('close of b'));
    b.on('message', (m) => {
      t.note('message', m);
      process.nextTick(() => t.note('tick of message', m));
      setImmediate(() => t.note('immediate of message', m));
    });
    setImmediate(() => t.note('immediate'));
    process.nextTick(() => t.note('tick'));
    Promise.resolve().then(() => t.note('microtask'));
    a.postMessage('a');
    a.postMessage('b');
    a.close(() => t.note('callback'));
    t.note('closed');
    await ends;
    await t.turns();
  });

  same('on the receiving side: own messages are delivered or kept as Node does', async (wt, t) => {
    const [a, b] = t.channel();
    const ends = Promise.all([t.next(a, 'close'), t.next(b, 'close')]);

    a.on('close', () => t.note('close of a'));
    b.on('close', () => t.note('close of b'));
    b.on('message', (m) => t.note('message', m));
    a.postMessage('a');
    a.postMessage('b');
    b.close(() => t.note('callback'));
    setImmediate(() => t.note('immediate'));
    await ends;
    await t.turns();
  });

  same('with messages on the way in both directions', async (wt, t) => {
    const [a, b] = t.channel();
    const ends = Promise.all([t.next(a, 'close'), t.next(b, 'close')]);

    for (const [name, port] of Object.entries({ a, b })) {
      port.on('message', (m) => t.note('to', name, m));
      port.on('close', () => t.note('close of', name));
    }
    for (let i = 0; i < 3; i++) {
      a.postMessage(i);
      b.postMessage(i);
    }
    a.close();
    a.postMessage('late');
    b.postMessage('late');
    await ends;
    await t.turns();
  });

  same('of ten channels at once', async (wt, t) => {
    const pairs = Array.from({ length: 10 }, () => t.channel());
    const ends = pairs.flat().map((port) => t.next(port, 'close'));

    // Each channel's own two: between channels the order is libuv's (last in, first out).
    const order = pairs.map(() => []);

    pairs.forEach(([a, b], i) => {
      a.on('close', () => order[i].push('a'));
      b.on('close', () => order[i].push('b'));
    });
    pairs.forEach(([a, b], i) => (i % 2 ? a : b).close());
    await Promise.all(ends);
    t.note(order);
  });

  same('of both ends in one go', async (wt, t) => {
    const [a, b] = t.channel();
    const ends = Promise.all([t.next(a, 'close'), t.next(b, 'close')]);

    a.on('close', () => t.note('close of a'));
    b.on('close', () => t.note('close of b'));
    a.postMessage(1);
    b.postMessage(2);
    a.close(() => t.note('callback of a'));
    b.close(() => t.note('callback of b'));
    await ends;
    await t.turns();
  });

  same('the callback is called like a listener, once, for every call of close', async (wt, t) => {
    const [a, b] = t.channel();

    t.attempt('first', () => a.close(function callback(...args) {
      t.note('first callback', this === a, args.length);
    }));
    t.attempt('second', () => a.close(() => t.note('second callback')));
    await t.next(b, 'close');
    await t.turns();
    t.attempt('third', () => a.close(() => t.note('third callback')));
    await t.turns();
  });

  for (const [name, value] of Object.entries({
    null: null, 'a number': 1, 'a string': 'text', 'an object': {}, false: false
  })) {
    same(`with ${name} for a callback`, async (wt, t) => {
      const [a, b] = t.channel();

      t.attempt('close', () => a.close(value));
      t.note(a.listenerCount('close'));
      b.close();
      await t.turns();
      t.note('end');
    });
  }

  same('\'close\' fires once, asynchronously, for listeners of all kinds', async (wt, t) => {
    const [a, b] = t.channel();
    const ends = Promise.all([t.next(a, 'close'), t.next(b, 'close')]);

    for (const [name, port] of Object.entries({ a, b })) {
      port.on('close', function on(...args) {
        t.note('on', name, this === port, args.length);
      });
      port.once('close', () => t.note('once', name));
      port.addEventListener('close', function listener(event) {
        t.note('event', name, this === port, event.type, event.target === port,
          event.constructor.name, event instanceof Event, event.cancelable, event.bubbles);
      });
      port.onclose = () => t.note('onclose', name);
    }
    t.note('onclose' in wt.MessagePort.prototype);
    b.close();
    t.note('called');
    await ends;
    await t.turns();
    a.close();
    b.close();
    await t.turns();
  });

  same('\'close\' listeners of one port run with ticks and microtasks as in Node', async (wt, t) => {
    const [a, b] = t.channel();

    for (const name of ['first', 'second']) {
      a.on('close', () => {
        t.note(name);
        process.nextTick(() => t.note('tick of', name));
        queueMicrotask(() => t.note('microtask of', name));
      });
    }
    b.on('close', () => t.note('the other end'));
    a.close();
    await t.next(b, 'close');
    await t.turns();
  });

  same('a listener added after close() is called, one added after the event is not', async (wt, t) => {
    const [a, b] = t.channel();

    a.close();
    a.on('close', () => t.note('after close()'));
    b.on('close', () => t.note('the other end'));
    await t.next(b, 'close');
    await t.turns();
    a.on('close', () => t.note('after the event'));
    b.on('close', () => t.note('after the event, the other end'));
    a.close();
    await t.turns();
  });
});

describe('close: messages that are queued', () => {
  same('close() inside a handler does not drop them', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', (m) => {
      t.note('message', m);
      if (m === 1) b.close();
    });
    b.on('close', () => t.note('close'));
    for (let i = 0; i < 5; i++) a.postMessage(i);
    await t.next(a, 'close');
    await t.turns();
  });

  same('close() of the other end inside a handler does not drop them', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', (m) => {
      t.note('message', m);
      if (m === 1) a.close();
    });
    b.on('close', () => t.note('close'));
    for (let i = 0; i < 5; i++) a.postMessage(i);
    await t.next(b, 'close');
    await t.turns();
  });

  same('1,500 of them, closed inside the first', async (wt, t) => {
    for (const end of ['own', 'other']) {
      const [a, b] = t.channel();
      let received = 0;

      b.on('message', () => {
        if (received++ === 0) (end === 'own' ? b : a).close();
      });
      for (let i = 0; i < 1500; i++) a.postMessage(i);
      await t.next(b, 'close');
      t.note(end, received);
    }
  });

  same('a handler that posts after it closed its own port', async (wt, t) => {
    const [a, b] = t.channel();

    a.on('message', (m) => t.note('reply', m));
    b.on('message', (m) => {
      t.note('message', m);
      if (m === 1) b.close();
      t.note(b.postMessage(m));
    });
    for (let i = 0; i < 4; i++) a.postMessage(i);
    await t.next(a, 'close');
    await t.turns();
  });

  same('before the peer closed they are kept until the start, and \'close\' follows', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('close', () => t.note('close'));
    a.postMessage(1);
    a.postMessage(2);
    a.postMessage(3);
    a.close();
    await t.next(a, 'close');
    await t.turns();
    t.note(wt.receiveMessageOnPort(b));
    await t.turns();
    b.on('message', (m) => t.note('message', m));
    await t.next(b, 'close');
  });

  same('are all there for receiveMessageOnPort after the peer closed', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('close', () => t.note('close'));
    a.postMessage(1);
    a.postMessage(undefined);
    a.close();
    for (let i = 0; i < 4; i++) t.note(wt.receiveMessageOnPort(b));
    await t.turns();
    t.note(wt.receiveMessageOnPort(b));
    b.start();
    await t.turns();
  });

  same('of a port that has closed itself', async (wt, t) => {
    const [a, b] = t.channel();

    a.postMessage(1);
    a.postMessage(2);
    b.close();
    t.note(wt.receiveMessageOnPort(b));
    await t.next(a, 'close');
    await t.turns(); /* within 'close' itself Node would crash */
    t.note(wt.receiveMessageOnPort(b));
    t.note(wt.receiveMessageOnPort(a));
  });

  same('stopped port whose peer closes gets \'close\' when nothing is queued', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('close', () => t.note('close', b.postMessage(1), b.hasRef()));
    a.close();
    t.note(b.postMessage(1), b.hasRef());
    await t.next(b, 'close');
  });

  same('a peer that closes while this end has been stopped again', async (wt, t) => {
    const [a, b] = t.channel();
    const listener = (m) => t.note(m);

    b.on('message', listener);
    b.on('close', () => t.note('close'));
    a.postMessage(1);
    await t.turns();
    b.off('message', listener);
    a.postMessage(2);
    a.close();
    await t.turns();
    t.note('stopped');
    b.on('message', listener);
    await t.turns();
  });
});

describe('close: a closed port', () => {
  const METHODS = {
    'postMessage': (port) => port.postMessage(1),
    'postMessage of what cannot be cloned': (port) => port.postMessage(() => {}),
    'postMessage without arguments': (port) => port.postMessage(),
    'postMessage with a bad transfer list': (port) => port.postMessage(1, 1),
    start: (port) => port.start(),
    close: (port) => port.close(),
    ref: (port) => port.ref(),
    unref: (port) => port.unref(),
    hasRef: (port) => port.hasRef(),
    on: (port) => port.on('message', () => {}) === port,
    'onmessage =': (port) => {
      port.onmessage = () => {};
      return typeof port.onmessage;
    },
    listenerCount: (port) => port.listenerCount('message'),
    emit: (port) => port.emit('message', 1)
  };

  for (const [name, method] of Object.entries(METHODS)) {
    same(`${name}: before and after its 'close', on both ends`, async (wt, t) => {
      const [a, b] = t.channel();

      a.close();
      t.attempt('own end, before', () => method(a));
      t.attempt('other end, before', () => method(b));
      b.on('message', () => {});
      await t.next(b, 'close');
      await t.turns();
      t.attempt('own end, after', () => method(a));
      t.attempt('other end, after', () => method(b));
    });
  }

  same('does not detach what is in the transfer list, or does, as Node', async (wt, t) => {
    const [a, b] = t.channel();
    const buffers = Array.from({ length: 4 }, () => new ArrayBuffer(8));

    a.close();
    t.attempt('own, before', () => a.postMessage(buffers[0], [buffers[0]]));
    t.attempt('other, before', () => b.postMessage(buffers[1], [buffers[1]]));
    await t.next(b, 'close');
    await t.turns();
    t.attempt('own, after', () => a.postMessage(buffers[2], [buffers[2]]));
    t.attempt('other, after', () => b.postMessage(buffers[3], [buffers[3]]));
    t.note(buffers.map((buffer) => buffer.byteLength));
  });

  same('closes the other end of a port posted to it', async (wt, t) => {
    const [a, b] = t.channel();

    b.close();
    await t.next(a, 'close');
    const [c, d] = t.channel();
    t.attempt('post', () => a.postMessage(c, [c]));
    await t.next(d, 'close');
    t.note('closed');
  });

  same('closes the other end of a port in a message that nobody took', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    a.postMessage({ port: c }, [c]);
    b.close();
    await t.next(d, 'close');
    t.note('closed');
  });

  same('closes the ends of ports nested in messages that nobody took', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const [e, f] = t.channel();

    c.postMessage('first');
    c.postMessage({ port: e }, [e]);
    a.postMessage({ port: d }, [d]);
    b.close();
    await Promise.all([t.next(c, 'close'), t.next(f, 'close')]);
    t.note('closed');
  });

  same('a port closed by its own message', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    b.on('message', ({ port }) => {
      t.keep(port);
      port.on('message', (m) => t.note('from the port', m)).on('close', () => t.note('close'));
      b.close();
    });
    a.postMessage({ port: d }, [d]);
    c.postMessage('still here');
    await t.next(a, 'close');
    c.close();
    await t.next(c, 'close');
    await t.turns();
  });

  same('can be closed from every kind of listener', async (wt, t) => {
    for (const kind of ['on', 'once', 'addEventListener', 'onmessage']) {
      const [a, b] = t.channel();

      t.tools.listen(b, kind, () => b.close(() => t.note(kind, 'closed')));
      a.postMessage(1);
      await t.next(a, 'close');
    }
    await t.turns();
  });
});

describe('close: a post of the peer', () => {
  same('through its own channel closes both ends, with a warning', async (wt, t) => {
    const [a, b] = t.channel();
    const warning = new Promise((resolve) => process.once('warning', resolve));

    a.on('close', () => t.note('close of a'));
    b.on('close', () => t.note('close of b'));
    const ends = [t.next(a, 'close')];
    t.attempt('post', () => a.postMessage({ b }, [b]));
    await Promise.all(ends);
    const { name, code, message } = await warning;
    t.note({ name, code, message });
    await t.turns();
  });

  same('with messages queued on both ends', async (wt, t) => {
    const [a, b] = t.channel();
    const warning = new Promise((resolve) => process.once('warning', resolve));

    a.on('message', (m) => t.note('to a', m)).on('close', () => t.note('close of a'));
    b.on('close', () => t.note('close of b'));
    b.postMessage(1);
    a.postMessage(2);
    a.postMessage(3, [b]);
    t.note(a.postMessage(4));
    await t.next(a, 'close');
    await warning;
    await t.turns();
  });
});

describe('close: a listener that throws', () => {
  sameProcess('in \'close\' and in the callback', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    process.on('uncaughtException', (error) => note(error.message));
    process.on('exit', (code) => note('exit', code));
    port1.on('close', () => { throw new Error('first'); });
    port1.on('close', () => note('second'));
    port2.on('close', () => { throw new Error('other end'); });
    port1.close(() => { throw new Error('callback'); });
  });

  sameProcess('in \'close\', not caught: exit code 1', (wt, { note }) => {
    const { port1 } = new wt.MessageChannel();

    process.on('exit', (code) => note('exit', code));
    port1.on('close', () => { throw new Error('not caught'); });
    port1.close();
  });
});
