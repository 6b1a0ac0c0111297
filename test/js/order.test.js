'use strict';

/*
 * The order of messages, and of ticks, microtasks, timers and I/O between them. Each test
 * runs with worker_threads and with ringport and compares what both log.
 */

const { same, sameProcess } = require('./support/differential');

describe('order: messages of a port', () => {
  same('arrive in the order in which they were posted', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 20000);

    for (let i = 0; i < 20000; i++) a.postMessage(i);
    t.note((await all).every((message, i) => message === i));
  });

  same('arrive in order whatever their size and kind', async (wt, t) => {
    const [a, b] = t.channel();
    const kinds = [
      (i) => i,
      (i) => `text ${i}`,
      (i) => ({ i, deep: { list: [i, i + 1] } }),
      (i) => new Uint8Array(i * 37).fill(i),
      (i) => new Uint8Array(100000 + i).fill(i),
      (i) => new Map([[i, 'x'.repeat(i * 11)]]),
      (i) => 'long '.repeat(20000) + i,
      (i) => new SharedArrayBuffer(i + 1),
      (i) => new Error(`number ${i}`)
    ];
    const all = t.messages(b, 300);

    for (let i = 0; i < 300; i++) a.postMessage({ i, value: kinds[i % kinds.length](i) });
    t.note((await all).map(({ i, value }) => [i, value?.byteLength ?? value]));
  });

  same('run ticks, then microtasks, before the next one', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 4);

    b.on('message', (m) => {
      t.note('message', m);
      Promise.resolve().then(() => {
        t.note('promise', m);
        process.nextTick(() => t.note('tick of the promise', m));
      });
      queueMicrotask(() => t.note('microtask', m));
      process.nextTick(() => {
        t.note('tick', m);
        Promise.resolve().then(() => t.note('promise of the tick', m));
        process.nextTick(() => t.note('tick of the tick', m));
      });
    });
    for (let i = 0; i < 4; i++) a.postMessage(i);
    await all;
    await t.turns();
  });

  same('run ticks and microtasks for addEventListener and onmessage alike', async (wt, t) => {
    for (const kind of ['addEventListener', 'onmessage']) {
      const [a, b] = t.channel();

      t.tools.listen(b, kind, (m) => {
        t.note(kind, m);
        Promise.resolve().then(() => t.note('promise', m));
        process.nextTick(() => t.note('tick', m));
      });
      for (let i = 0; i < 3; i++) a.postMessage(i);
      await t.messages(b, 3);
      await t.turns();
    }
  });

  same('reach every listener before the next message does', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 3);

    for (const name of ['first', 'second']) {
      b.on('message', (m) => {
        t.note(name, m);
        process.nextTick(() => t.note(`tick of ${name}`, m));
        queueMicrotask(() => t.note(`microtask of ${name}`, m));
      });
    }
    for (let i = 0; i < 3; i++) a.postMessage(i);
    await all;
    await t.turns();
  });

  same('arrive after ticks and microtasks and before immediates of the poster', async (wt, t) => {
    const [a, b] = t.channel();
    const done = t.next(b, 'message');

    b.on('message', () => t.note('message'));
    a.postMessage(1);
    setImmediate(() => t.note('immediate'));
    process.nextTick(() => t.note('tick'));
    Promise.resolve().then(() => t.note('microtask'));
    t.note('posted');
    await done;
    await t.turns();
  });

  same('posted by a handler follow what is queued already', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 6);

    b.on('message', (m) => {
      t.note(m);
      if (m < 3) a.postMessage(m + 10);
    });
    for (let i = 0; i < 3; i++) a.postMessage(i);
    await all;
  });

  same('that an async listener awaits do not hold the next one back', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 3);

    b.on('message', async (m) => {
      t.note('begin', m);
      await null;
      t.note('middle', m);
      await new Promise(setImmediate);
      t.note('end', m);
    });
    for (let i = 0; i < 3; i++) a.postMessage(i);
    await all;
    await t.turns();
  });

  same('can be taken by receiveMessageOnPort between two deliveries', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', (m) => {
      t.note('delivered', m);
      if (m % 3 === 0) t.note('taken', wt.receiveMessageOnPort(b));
    });
    for (let i = 0; i < 9; i++) a.postMessage(i);
    await t.turns();
  });

  same('in both directions of one channel do not disturb each other', async (wt, t) => {
    const [a, b] = t.channel();
    const seen = { a: [], b: [] };
    const both = Promise.all([t.messages(a, 500), t.messages(b, 500)]);

    a.on('message', (m) => seen.a.push(m));
    b.on('message', (m) => {
      seen.b.push(m);
      b.postMessage(-m);
    });
    for (let i = 0; i < 500; i++) a.postMessage(i);
    await both;
    t.note(seen);
  });

  same('stay queued from the moment the last listener is removed', async (wt, t) => {
    const [a, b] = t.channel();
    const listener = (m) => {
      t.note('delivered', m);
      if (m === 3) b.off('message', listener);
    };

    b.on('message', listener);
    for (let i = 0; i < 8; i++) a.postMessage(i);
    await t.turns();
    t.note('queued', t.drain(b));
  });

  same('go on with the listeners of the moment', async (wt, t) => {
    const [a, b] = t.channel();
    const second = (m) => t.note('second', m);

    b.on('message', (m) => {
      t.note('first', m);
      if (m === 2) b.on('message', second);
      if (m === 4) b.off('message', second);
    });
    for (let i = 0; i < 6; i++) a.postMessage(i);
    await t.turns();
  });
});

describe('order: turns of the event loop', () => {
  same('5,000 messages queued beforehand come in one go', async (wt, t) => {
    const [a, b] = t.channel();
    let received = 0;
    let running = true;
    const step = () => {
      t.note('immediate', received);
      if (running) setImmediate(step);
    };

    for (let i = 0; i < 5000; i++) a.postMessage(i);
    setImmediate(step);
    await new Promise((resolve) => {
      b.on('message', () => {
        if (++received === 5000) resolve();
      });
    });
    running = false;
    await t.turns();
  });

  same('a handler that posts to itself yields at 1000, 2000, ...', async (wt, t) => {
    const [a, b] = t.channel();
    let received = 0;
    const step = () => {
      t.note('immediate', received);
      if (received < 5000) setImmediate(step);
    };

    b.on('message', (m) => {
      received++;
      if (m < 5000) a.postMessage(m + 1);
    });
    a.postMessage(1);
    setImmediate(step);
    await t.messages(b, 5000);
    await t.turns();
  });

  same('a handler that posts two for one is handed over in batches as Node does', async (wt, t) => {
    const [a, b] = t.channel();
    let received = 0;
    let posted = 1;
    const step = () => {
      t.note('immediate', received);
      if (received < 9000) setImmediate(step);
    };

    b.on('message', () => {
      received++;
      for (let i = 0; i < 2 && posted < 9000; i++, posted++) a.postMessage(posted);
    });
    a.postMessage(0);
    setImmediate(step);
    await t.messages(b, 9000);
    await t.turns();
  });

  same('timers and I/O run while a handler keeps posting to itself', async (wt, t) => {
    const [a, b] = t.channel();
    let running = true;

    b.on('message', (m) => {
      if (running) a.postMessage(m + 1);
    });
    a.postMessage(0);
    await new Promise((resolve) => setTimeout(resolve, 1));
    t.note('timer');
    await require('node:fs/promises').readFile(__filename);
    t.note('file');
    running = false;
  });

  same('ports take turns: both get through while both keep posting', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const rounds = (from, to) => {
      to.on('message', (m) => from.postMessage(m + 1));
      from.postMessage(0);
      return new Promise((resolve) => {
        to.on('message', (m) => m === 3000 && resolve());
      });
    };

    await Promise.all([rounds(a, b), rounds(c, d)]);
    t.note('both');
  });

  same('ports with news are served one after the other', async (wt, t) => {
    const names = ['a', 'b', 'c'];
    const pairs = names.map(() => t.channel());
    let left = 9;
    const all = new Promise((resolve) => {
      pairs.forEach(([, port], i) => {
        port.on('message', (m) => {
          t.note(names[i], m);
          if (--left === 0) resolve();
        });
      });
    });

    for (let m = 0; m < 3; m++) {
      for (const i of [2, 0, 1]) pairs[i][0].postMessage(m);
    }
    await all;
  });
});

describe('order: a transfer keeps it', () => {
  same('of the receiving end: queued before, posted between and after', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    for (let i = 0; i < 5; i++) a.postMessage(i);
    c.postMessage(b, [b]);
    for (let i = 5; i < 10; i++) a.postMessage(i);
    const moved = t.keep(await t.next(d, 'message'));
    for (let i = 10; i < 15; i++) a.postMessage(i);
    t.note(await t.messages(moved, 15));
  });

  same('of the posting end', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    for (let i = 0; i < 5; i++) a.postMessage(i);
    c.postMessage(a, [a]);
    const moved = t.keep(await t.next(d, 'message'));
    for (let i = 5; i < 10; i++) moved.postMessage(i);
    t.note(await t.messages(b, 10));
  });

  same('of both ends at once', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    a.postMessage('to b');
    b.postMessage('to a');
    c.postMessage([a, b], [a, b]);
    const [a2, b2] = await t.next(d, 'message');
    t.keep(a2).postMessage('to b again');
    t.keep(b2).postMessage('to a again');
    t.note(await t.messages(a2, 2), await t.messages(b2, 2));
  });

  same('over twenty hops, posting and receiving at every one', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    let moving = b;
    let next = 0;

    for (let hop = 0; hop < 20; hop++) {
      a.postMessage(next++);
      a.postMessage(next++);
      a.postMessage(next++);
      t.note(wt.receiveMessageOnPort(moving), wt.receiveMessageOnPort(moving));
      c.postMessage(moving, [moving]);
      a.postMessage(next++);
      moving = t.keep((await t.next(d, 'message')));
    }
    t.note(await t.messages(moving, 40));
  });

  same('out of its own handler: the rest of the queue goes along', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    b.on('message', (m) => {
      t.note('before', m);
      if (m === 2) c.postMessage(b, [b]);
    });
    for (let i = 0; i < 6; i++) a.postMessage(i);
    const moved = t.keep(await t.next(d, 'message'));
    t.note('after', await t.messages(moved, 3));
  });

  same('of a port inside a message inside a port inside a message', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const [e, f] = t.channel();

    a.postMessage('first');
    c.postMessage({ b }, [b]);
    a.postMessage('second');
    e.postMessage({ d }, [d]);
    a.postMessage('third');
    const { d: d2 } = await t.next(f, 'message');
    const { b: b2 } = await t.next(t.keep(d2), 'message');
    t.note(await t.messages(t.keep(b2), 3));
  });

  same('to a worker and back', async (wt, t) => {
    const [a, b] = t.channel();
    const worker = t.worker((wt) => {
      wt.parentPort.once('message', ({ port }) => {
        port.once('message', (m) => {
          port.postMessage(`got ${m}`);
          wt.parentPort.postMessage({ port }, [port]);
        });
      });
    });

    for (let i = 0; i < 5; i++) a.postMessage(i);
    worker.postMessage({ port: b }, [b]);
    for (let i = 5; i < 10; i++) a.postMessage(i);
    const { port } = await t.next(worker, 'message');
    a.postMessage('last');
    t.note(await t.messages(t.keep(port), 10));
    t.note(t.drain(a));
  });
});

describe('order: a listener that throws', () => {
  for (const kind of ['on', 'addEventListener', 'onmessage']) {
    sameProcess(
      `given to ${kind}: uncaughtException, and the remaining messages are still delivered`,
      (wt, { note, plain, listen, data }) => {
        const { port1, port2 } = new wt.MessageChannel();

        process.on('uncaughtException', (error, origin) => note(plain(error), origin));
        listen(port2, data, (m) => {
          note('message', m);
          process.nextTick(() => note('tick', m));
          Promise.resolve().then(() => note('microtask', m));
          if (m === 4) port1.close();
          if (m % 2) throw new Error(`listener ${m}`);
        });
        for (let i = 0; i < 5; i++) port1.postMessage(i);
      },
      { data: kind }
    );
  }

  sameProcess('keeps the listeners behind it from the message only as Node does', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    process.on('uncaughtException', (error) => note(error.message));
    port2.on('message', (m) => {
      note('first', m);
      throw new Error(`thrown at ${m}`);
    });
    port2.on('message', (m) => {
      note('second', m);
      if (m === 2) port1.close();
    });
    for (let i = 0; i < 3; i++) port1.postMessage(i);
  });

  sameProcess('in a tick or a microtask of a message', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    process.on('uncaughtException', (error, origin) => note(error.message, origin));
    process.on('unhandledRejection', (error) => note('unhandled', error.message));
    port2.on('message', (m) => {
      note('message', m);
      if (m === 1) process.nextTick(() => { throw new Error('tick'); });
      if (m === 2) queueMicrotask(() => { throw new Error('microtask'); });
      if (m === 3) Promise.reject(new Error('promise'));
      if (m === 6) port1.close();
    });
    for (let i = 0; i < 7; i++) port1.postMessage(i);
  });

  sameProcess('that is not caught ends the process with code 1', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    process.on('exit', (code) => note('exit', code));
    port2.on('message', (m) => {
      note(m);
      if (m === 1) throw new TypeError('not caught');
    });
    for (let i = 0; i < 3; i++) port1.postMessage(i);
  }, { pick: (line) => /TypeError: not caught$/.test(line) });

  sameProcess('something that is no error', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const things = [undefined, null, 0, 'text', { a: 1 }];

    process.on('uncaughtException', (error) => note('caught', String(error)));
    port2.on('message', (m) => {
      note(m);
      if (m === 4) port1.close();
      throw things[m];
    });
    for (let i = 0; i < 5; i++) port1.postMessage(i);
  });

  sameProcess('3,000 times in a row', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    let caught = 0;

    process.on('uncaughtException', () => caught++);
    process.on('exit', () => note(caught));
    port2.on('message', (m) => {
      if (m === 2999) port1.close();
      throw new Error('again');
    });
    for (let i = 0; i < 3000; i++) port1.postMessage(i);
  });

  sameProcess('while other ports have news: they get theirs', (wt, { note }) => {
    const pairs = Array.from({ length: 3 }, () => new wt.MessageChannel());
    const got = [0, 0, 0];

    process.on('uncaughtException', () => {});
    process.on('exit', () => note(got));
    pairs.forEach(({ port1, port2 }, i) => {
      port2.on('message', (m) => {
        got[i]++;
        if (m === 9) port2.close();
        if (m % 3 === i) throw new Error('now and then');
      });
      for (let m = 0; m < 10; m++) port1.postMessage(m);
    });
  });
});
