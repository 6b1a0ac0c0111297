'use strict';

/*
 * Transferred objects: buffers, ports of ringport and of Node, file handles, streams;
 * alone or nested in a message, within one thread and to a worker.
 */

const fs = require('node:fs');
const plain = require('node:worker_threads');
const { same } = require('./support/differential');

describe('transfer: ArrayBuffers', () => {
  const bytes = (length) => Uint8Array.from({ length }, (_, i) => i * 3 + 1);

  for (const length of [0, 1, 8, 1000, 40000, 1 << 20]) {
    same(`of ${length} bytes are moved, and detached here`, async (wt, t) => {
      const [a, b] = t.channel();
      const { buffer } = bytes(length);

      t.attempt('post', () => a.postMessage({ buffer, n: 1 }, [buffer]));
      t.note(buffer.byteLength, buffer.detached);
      const [got] = t.drain(b);
      t.note(Buffer.from(got.buffer).equals(Buffer.from(bytes(length))), got.buffer.byteLength, got.n);
    });
  }

  same('with views on them, before and after the buffer', async (wt, t) => {
    const [a, b] = t.channel();
    const view = bytes(64);
    const part = new Uint16Array(view.buffer, 8, 4);
    const data = new DataView(view.buffer, 3);

    a.postMessage({ part, buffer: view.buffer, view, data, list: [part, view.buffer] }, [view.buffer]);
    t.note(view.length, part.length, view.buffer.byteLength);
    const [got] = t.drain(b);
    t.note(got.part, got.view, got.data.byteLength, got.data.byteOffset);
    t.note([got.part, got.view, got.data].map(({ buffer }) => buffer === got.buffer));
    t.note(got.list[0] === got.part, got.list[1] === got.buffer);
  });

  same('by their views alone', async (wt, t) => {
    const [a, b] = t.channel();
    const view = bytes(16).subarray(4, 8);

    a.postMessage(view, [view.buffer]);
    const [got] = t.drain(b);
    t.note(got, got.byteOffset, got.buffer.byteLength, view.length);
  });

  same('resizable, with views that track the length', async (wt, t) => {
    const [a, b] = t.channel();
    const buffer = new ArrayBuffer(8, { maxByteLength: 64 });
    const view = new Uint8Array(buffer);

    a.postMessage({ buffer, view }, [buffer]);
    const [got] = t.drain(b);
    t.note(got.buffer.resizable, got.buffer.maxByteLength, got.view.length);
    got.buffer.resize(32);
    t.note(got.view.length);
  });

  same('that are not in the message', async (wt, t) => {
    const [a, b] = t.channel();
    const { buffer } = bytes(16);

    a.postMessage('text', [buffer]);
    t.note(buffer.byteLength, t.drain(b));
  });

  same('moved and copied in one message', async (wt, t) => {
    const [a, b] = t.channel();
    const [moved, copied] = [bytes(8), bytes(9)];

    a.postMessage([moved, copied, moved.buffer, copied.buffer], [moved.buffer]);
    t.note(moved.length, copied.length);
    const [got] = t.drain(b);
    t.note(got, got[0].buffer === got[2], got[1].buffer === got[3]);
  });

  same('of a Buffer: of its own and of the pool', async (wt, t) => {
    const [a, b] = t.channel();
    const own = Buffer.alloc(16, 'own');
    const pooled = Buffer.from('pooled');

    t.attempt('own', () => a.postMessage(own, [own.buffer]));
    t.attempt('pooled', () => a.postMessage(pooled, [pooled.buffer]));
    t.note(own.length, pooled.length, pooled.toString());
    t.note(t.drain(b).map((got) => Buffer.from(got).toString()));
  });

  same('of another context and of WebAssembly', async (wt, t) => {
    const [a, b] = t.channel();
    const other = require('node:vm').runInNewContext('new Uint8Array([1, 2, 3]).buffer');

    t.attempt('other', () => a.postMessage({ other }, [other]));
    t.note(other.byteLength, t.drain(b));
  });

  same('1,000 in one message', async (wt, t) => {
    const [a, b] = t.channel();
    const list = Array.from({ length: 1000 }, (_, i) => bytes(i % 17).buffer);

    a.postMessage(list, list);
    const [got] = t.drain(b);
    t.note(got.every((buffer, i) => buffer.byteLength === i % 17), list.every((x) => x.byteLength === 0));
  });

  same('to a worker and back, again and again', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', ({ buffer }) => {
        new Uint8Array(buffer)[0]++;
        wt.parentPort.postMessage({ buffer }, [buffer]);
      });
    });
    let { buffer } = bytes(1 << 16);

    for (let round = 0; round < 20; round++) {
      const next = t.next(worker, 'message');

      worker.postMessage({ buffer }, [buffer]);
      if (buffer.byteLength !== 0) t.note('not detached');
      ({ buffer } = await next);
    }
    t.note(new Uint8Array(buffer).subarray(0, 3));
  });
});

describe('transfer: ports', () => {
  same('a port works where it arrives', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    a.postMessage({ port: d }, [d]);
    const { port } = await t.next(b, 'message');
    t.keep(port);
    t.note(port instanceof wt.MessagePort, port.hasRef(), port === d);
    port.postMessage('from the port');
    c.postMessage('to the port');
    t.note(await t.next(c, 'message'), await t.next(port, 'message'));
  });

  same('the port that was left is closed to its owner', async (wt, t) => {
    const [a] = t.channel();
    const [c, d] = t.channel();

    d.on('message', () => t.note('never'));
    d.on('close', () => t.note('close of the port that left'));
    c.on('close', () => t.note('close of the other end'));
    a.postMessage(d, [d]);
    for (const call of ['start', 'ref', 'unref', 'hasRef']) t.attempt(call, () => d[call]());
    t.attempt('post', () => d.postMessage(1));
    c.postMessage('for the new owner');
    await t.turns();
    for (const call of ['start', 'ref', 'unref', 'hasRef', 'close']) t.attempt(call, () => d[call]());
    t.attempt('post', () => d.postMessage(1));
    await t.turns();
  });

  same('deep inside objects, arrays, maps and sets', async (wt, t) => {
    const [a, b] = t.channel();
    const ports = Array.from({ length: 5 }, () => t.channel());
    const [p, q, r, s, u] = ports.map(([port]) => port);

    a.postMessage(
      { list: [1, { p }], map: new Map([['q', q], [r, 'r']]), set: new Set([s]), again: { p, u } },
      [p, q, r, s, u]
    );
    const { list, map, set, again } = await t.next(b, 'message');
    const got = [list[1].p, map.get('q'), [...map.keys()][1], [...set][0], again.u];
    t.note(again.p === list[1].p);
    got.forEach((port, i) => t.keep(port).postMessage(i));
    for (const [, port] of ports) t.note(await t.next(port, 'message'));
  });

  same('with what only Node carries beside them', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const shared = new SharedArrayBuffer(4);
    const { buffer } = new Uint8Array([1, 2, 3]);

    a.postMessage({ shared, d, buffer, view: new Uint8Array(shared), key: new Map([[d, buffer]]) }, [buffer, d]);
    const got = await t.next(b, 'message');
    t.keep(got.d).postMessage('works');
    t.note(await t.next(c, 'message'), new Uint8Array(got.buffer), got.view.buffer === got.shared);
    t.note(got.key.get(got.d) === got.buffer);
  });

  same('event.ports are those in the transfer list, in its order', async (wt, t) => {
    const [a, b] = t.channel();
    const ports = Array.from({ length: 4 }, () => t.channel());
    const [p, q, r, s] = ports.map(([port]) => port);
    const event = new Promise((resolve) => b.addEventListener('message', resolve, { once: true }));

    a.postMessage({ first: s, second: p }, [q, p, new ArrayBuffer(1), s, r]);
    const { data, ports: got } = await event;
    got.forEach((port, i) => t.keep(port).postMessage(i));
    for (const [, port] of ports) t.note(await t.next(port, 'message'));
    t.note(got.indexOf(data.first), got.indexOf(data.second), Object.isFrozen(got), got.constructor === Array);
  });

  same('event.ports is empty for messages without ports', async (wt, t) => {
    const [a, b] = t.channel();
    const event = new Promise((resolve) => b.addEventListener('message', resolve, { once: true }));

    a.postMessage({ x: new ArrayBuffer(1) }, [new ArrayBuffer(2)]);
    t.note((await event).ports);
  });

  same('receiveMessageOnPort gives them as well', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    a.postMessage({ d }, [d]);
    const { message } = wt.receiveMessageOnPort(b);
    t.keep(message.d).postMessage('works');
    t.note(wt.receiveMessageOnPort(c));
  });

  same('Node\'s own ports travel, too', async (wt, t) => {
    const [a, b] = t.channel();
    const { port1, port2 } = new plain.MessageChannel();

    t.keep(port1);
    a.postMessage({ deep: [{ port2 }] }, [port2]);
    const { deep: [{ port2: got }] } = await t.next(b, 'message');
    t.note(t.keep(got) instanceof plain.MessagePort);
    got.postMessage('plain');
    t.note(await t.next(port1, 'message'));
  });

  same('both kinds in one message', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();
    const { port1, port2 } = new plain.MessageChannel();
    const event = new Promise((resolve) => b.addEventListener('message', resolve, { once: true }));

    t.keep(port1);
    a.postMessage({ port2, d, list: [port2, d] }, [port2, d]);
    const { data, ports } = await event;
    t.note(ports.length, data.list[0] === data.port2, data.list[1] === data.d);
    t.note(ports.indexOf(data.port2), ports.indexOf(data.d));
    t.keep(data.port2).postMessage('plain');
    t.keep(data.d).postMessage('ours');
    t.note(await t.next(port1, 'message'), await t.next(c, 'message'));
  });

  same('100 ports in one message, to a worker and back', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.once('message', (ports) => {
        ports.forEach((port, i) => port.postMessage(`there ${i}`));
        wt.parentPort.postMessage(ports, ports);
      });
    });
    const pairs = Array.from({ length: 100 }, () => t.channel());
    const ports = pairs.map(([port]) => port);

    worker.postMessage(ports, ports);
    const back = await t.next(worker, 'message');
    back.forEach((port, i) => t.keep(port).postMessage(`back ${i}`));
    for (const [, port] of pairs) t.note(await t.messages(port, 2));
  });

  same('two workers talk over a channel made by a third thread', async (wt, t) => {
    const start = () => t.worker((wt) => {
      wt.parentPort.once('message', ({ port, first }) => {
        if (first) port.postMessage(0);
        port.on('message', (m) => {
          if (m < 200) return port.postMessage(m + 1);
          wt.parentPort.postMessage(m);
          return port.close();
        });
        port.on('close', () => wt.parentPort.close());
      });
    });
    const [one, two] = [start(), start()];
    const ends = Promise.all([t.next(one, 'exit'), t.next(two, 'exit')]);
    const [a, b] = t.channel();

    one.on('message', (m) => t.note(m));
    two.on('message', (m) => t.note(m));
    one.postMessage({ port: a, first: true }, [a]);
    two.postMessage({ port: b }, [b]);
    t.note(await ends);
  });

  same('a chain of workers, each handing a port to the next', async (wt, t) => {
    const start = () => t.worker((wt) => {
      wt.parentPort.once('message', ({ next, port }) => {
        port.postMessage(wt.threadId > 0);
        if (next) next.postMessage({ port }, [port]);
        else port.postMessage('end');
      });
    });
    const workers = [start(), start(), start()];
    const [a, b] = t.channel();
    const [x, y] = t.channel();

    /* 0 -> x/y -> 1, which passes the port on to the main thread */
    workers[0].postMessage({ port: b, next: x }, [b, x]);
    const { port } = await t.next(y, 'message');
    t.keep(port);
    workers[1].postMessage({ port }, [port]);
    t.note(await t.messages(a, 3));
  });

  same('messages for a port that is on its way are kept for it', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    a.postMessage({ d }, [d]);
    for (let i = 0; i < 100; i++) c.postMessage({ i, bytes: new Uint8Array(i) });
    const { message } = wt.receiveMessageOnPort(b);
    t.note((await t.messages(t.keep(message.d), 100)).map(({ i, bytes }) => [i, bytes.length]));
  });

  same('a close of the other end reaches a port that is on its way', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    a.postMessage({ d }, [d]);
    c.postMessage('last');
    c.close();
    await t.next(c, 'close');
    const { message } = wt.receiveMessageOnPort(b);
    const port = t.keep(message.d);
    port.on('message', (m) => t.note('message', m));
    await t.next(port, 'close');
  });

  same('listeners stay behind', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    d.on('message', () => t.note('old listener'));
    d.on('close', () => t.note('close of the old port'));
    c.postMessage('first');
    a.postMessage({ d }, [d]);
    const { d: moved } = await t.next(b, 'message');
    t.note(moved.listenerCount('message'), moved.hasRef());
    t.note(await t.next(t.keep(moved), 'message'));
    await t.turns();
  });
});

describe('transfer: other things', () => {
  same('a FileHandle, in one thread and to a worker', async (wt, t) => {
    const [a, b] = t.channel();
    const handle = await fs.promises.open(__filename);

    a.postMessage({ handle }, [handle]);
    t.note(handle.fd);
    const { handle: here } = await t.next(b, 'message');
    t.note((await here.read({ buffer: Buffer.alloc(12), position: 0 })).buffer.toString());

    const worker = t.worker((wt) => {
      wt.parentPort.once('message', async ([handle]) => {
        const { buffer } = await handle.read({ buffer: Buffer.alloc(12), position: 0 });
        await handle.close();
        wt.parentPort.postMessage(buffer.toString());
      });
    });
    worker.postMessage([here], [here]);
    t.note(await t.next(worker, 'message'));
  });

  same('streams', async (wt, t) => {
    const [a, b] = t.channel();
    const readable = new ReadableStream({
      start(controller) {
        controller.enqueue('one');
        controller.enqueue({ two: 2 });
        controller.close();
      }
    });

    a.postMessage({ readable }, [readable]);
    const { readable: got } = await t.next(b, 'message');
    t.note(got instanceof ReadableStream, readable.locked);
    for await (const chunk of got) t.note(chunk);
  });

  same('a writable and a transform stream', async (wt, t) => {
    const [a, b] = t.channel();
    const writable = new WritableStream({ write: (chunk) => t.note('written', chunk) });
    const transform = new TransformStream();

    a.postMessage([writable, transform], [writable, transform]);
    const [w, tr] = await t.next(b, 'message');
    const writer = w.getWriter();
    await writer.write('chunk');
    await writer.close();
    t.note(tr instanceof TransformStream);
  });

  same('an AbortSignal that can be transferred', async (wt, t) => {
    const [a, b] = t.channel();
    const controller = require('node:util').transferableAbortController();

    a.postMessage({ signal: controller.signal }, [controller.signal]);
    const { signal } = await t.next(b, 'message');
    t.note(signal instanceof AbortSignal, signal.aborted);
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    controller.abort('reason');
    await aborted;
    t.note(signal.aborted, signal.reason);
  });

  same('a file handle that is not in the list', async (wt, t) => {
    const [a] = t.channel();
    const handle = await fs.promises.open(__filename);

    t.attempt('post', () => a.postMessage({ handle }));
    t.note((await handle.read({ buffer: Buffer.alloc(4), position: 0 })).bytesRead);
    await handle.close();
  });

  same('what is lost on the way is closed', async (wt, t) => {
    const [a, b] = t.channel();
    const { port1, port2 } = new plain.MessageChannel();
    const [c, d] = t.channel();

    a.postMessage({ port2, d }, [port2, d]);
    b.close();
    await Promise.all([t.next(t.keep(port1), 'close'), t.next(c, 'close')]);
    t.note('closed');
  });

  same('a SharedArrayBuffer, waited for and notified both ways', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.once('message', ({ ints }) => {
        wt.parentPort.postMessage('ready');
        const woken = Atomics.wait(ints, 0, 0);
        Atomics.store(ints, 1, 7);
        Atomics.notify(ints, 1);
        wt.parentPort.postMessage([woken === 'timed-out', ints[0]]);
      });
    });
    const ints = new Int32Array(new SharedArrayBuffer(8));

    worker.postMessage({ ints });
    t.note(await t.next(worker, 'message'));
    const rest = t.next(worker, 'message');
    Atomics.store(ints, 0, 5);
    Atomics.notify(ints, 0);
    Atomics.wait(ints, 1, 0, 10000);
    t.note(Atomics.load(ints, 1));
    t.note(await rest);
  });
});
