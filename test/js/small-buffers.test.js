'use strict';

/*
 * Transferred ArrayBuffers, small and large, and objects that resemble them: whether
 * ringport moves the memory, or copies and detaches it, is not observable.
 */

const { same } = require('./support/differential');

const KIB = 1024;

/** What can be seen of a buffer. */
function seen(buffer) {
  const { byteLength, resizable, maxByteLength } = buffer;

  return [byteLength, resizable, maxByteLength, byteLength > 0 ? new Uint8Array(buffer)[byteLength - 1] : null];
}

function filled(length, options) {
  const buffer = new ArrayBuffer(length, options);

  new Uint8Array(buffer).fill(length % 251 + 1);
  return buffer;
}

describe('transferred ArrayBuffers', () => {
  for (const length of [0, 1, 1000, 32 * KIB, 32 * KIB + 1, 200 * KIB, 600 * KIB]) {
    same(`of ${length} bytes`, async (wt, t) => {
      const [a, b] = t.channel();
      const buffer = filled(length);

      t.attempt('post', () => a.postMessage({ buffer, view: new Uint16Array(buffer, 0, 0), again: buffer }, [buffer]));
      t.note(seen(buffer));

      const { message } = wt.receiveMessageOnPort(b);

      t.note(seen(message.buffer), message.buffer === message.again, message.view.buffer === message.buffer);
    });
  }

  same('several, also such as are not in the message', async (wt, t) => {
    const [a, b] = t.channel();
    const buffers = [10, 2000, 30 * KIB, 31 * KIB].map((length) => filled(length));

    t.note(a.postMessage([buffers[2], buffers[0]], { transfer: buffers.values() }));
    t.note(buffers.map(seen), wt.receiveMessageOnPort(b).message.map(seen));
  });

  same('that may not be transferred', async (wt, t) => {
    const [a, b] = t.channel();
    const marked = filled(100);
    const memory = new WebAssembly.Memory({ initial: 1 }).buffer;
    const empty = new WebAssembly.Memory({ initial: 0 }).buffer;
    const detached = filled(8);

    wt.markAsUntransferable(marked);
    structuredClone(detached, { transfer: [detached] });
    for (const odd of [marked, memory, empty, detached, new SharedArrayBuffer(8), new Uint8Array(8), {}]) {
      const good = filled(50);

      t.attempt('odd', () => a.postMessage(1, [good, odd]));
      t.note(good.byteLength, odd.byteLength, wt.receiveMessageOnPort(b));
    }
  });

  same('twice in the list, and beside what cannot be cloned: nothing is detached', async (wt, t) => {
    const [a, b] = t.channel();
    const one = filled(100);
    const other = filled(200);

    t.attempt('twice', () => a.postMessage(1, [one, other, one]));
    t.attempt('a function', () => a.postMessage([one, () => {}], [one, other]));
    t.attempt('a getter that throws', () => a.postMessage({ get x() { throw new Error('x'); } }, [one]));
    t.note(seen(one), seen(other), wt.receiveMessageOnPort(b));
  });

  same('from a port that is closed, or whose peer is', async (wt, t) => {
    const [a, b] = t.channel();
    const [one, other] = [filled(100), filled(100)];

    a.close();
    t.attempt('closed', () => a.postMessage(one, [one]));
    await t.next(b, 'close');
    t.attempt('closed by the peer', () => b.postMessage(other, [other]));
    t.note(seen(one), seen(other));
  });

  same('with a length of their own to show', async (wt, t) => {
    const [a, b] = t.channel();
    const buffer = filled(100);

    Object.defineProperty(buffer, 'byteLength', { value: 5 });
    a.postMessage(buffer, [buffer]);
    t.note(seen(wt.receiveMessageOnPort(b).message));
    t.attempt('it is detached', () => new Uint8Array(buffer));
  });

  same('resizable ones', async (wt, t) => {
    const [a, b] = t.channel();
    const buffer = filled(100, { maxByteLength: 200 });

    a.postMessage(buffer, [buffer]);
    t.note(seen(buffer), seen(wt.receiveMessageOnPort(b).message));
  });

  same('to a worker and back', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.on('message', (buffer) => wt.parentPort.postMessage(buffer, [buffer]));
    });

    for (const length of [1, 500, 32 * KIB, 100 * KIB]) {
      const buffer = filled(length);
      const back = t.next(worker, 'message');

      worker.postMessage(buffer, [buffer]);
      t.note(seen(buffer), seen(await back));
    }
  });
});
