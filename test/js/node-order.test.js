'use strict';

/*
 * The order of messages sent by ring relative to those on Node's own channels.
 * docs/decisions/order-with-node.md says what Node guarantees.
 */

const assert = require('node:assert');
const { same, sameProcess } = require('./support/differential');
const { play } = require('./support/play');

/** More messages than go by Node before those by ring. */
const MANY = 400;

/**
 * A worker that prints a line, then posts its number, whenever it is asked to; some
 * messages first.
 */
function printer(wt) {
  let count = 0;

  for (let i = 0; i < 30; i++) wt.parentPort.postMessage(i === 29 ? 'ready' : 'warm');
  wt.parentPort.on('message', ({ stream, batch }) => {
    process[stream].write(`line ${count}\n`);
    if (batch && wt.parentPort.postMessages) wt.parentPort.postMessages([count++]);
    else wt.parentPort.postMessage(count++);
  });
}

/**
 * Ask a printer `rounds` times, and count the messages that are heard before their line.
 */
function ask(wt, tools, { rounds, stream = 'stdout', pause, spin, batch }) {
  if (spin) wt.setIdleStrategy?.({ spin });

  const worker = new wt.Worker(tools.source(tools.data.printer),
    { eval: true, stdout: true, stderr: true });
  let written = '';
  let early = 0;
  let heard = 0;
  const next = () => worker.postMessage({ stream, batch });

  worker[stream].setEncoding('utf8').on('data', (text) => { written += text; });
  worker.on('message', (message) => {
    if (message === 'warm') return;
    if (message !== 'ready') {
      if (!written.includes(`line ${message}\n`)) early++;
      if (++heard === rounds) {
        tools.note('heard before their line', early);
        worker.terminate();
        return;
      }
    }
    if (pause === undefined) next();
    else setTimeout(next, pause);
  });
}

/** The text of a function as a worker's source is not JSON: it travels as text. */
const data = { printer: `(${printer})` };

function asking(options) {
  return `(wt, tools) => {
    tools.data.printer = eval(tools.data.printer);
    (${ask})(wt, tools, ${JSON.stringify(options)});
  }`;
}

describe('order with Node\'s channels: what a worker has written before a message is heard before it', () => {
  /* Node keeps a second write back until the first has been taken, and a parent that
   * wakes between two of its handles hears the younger one first: so with Node a few
   * messages may be heard before their line, and many if the parent is busy. By ring
   * alone there are none. */
  const env = { ...process.env, RINGPORT_COLD: '0' };

  for (const [title, options] of [
    ['to stdout, by a parent that sleeps', { rounds: 200, pause: 1 }],
    ['to stderr', { rounds: 100, stream: 'stderr', pause: 1 }],
    ['by a parent that answers at once, and lingers', { rounds: 2000 }],
    ['by a parent that watches', { rounds: 500, spin: 2000 }],
    ['by a parent that watches and pauses', { rounds: 100, spin: 2000, pause: 1 }],
    ['if it posts many at once', { rounds: 200, batch: true, pause: 1 }]
  ]) {
    it(title, async () => {
      assert.deepStrictEqual(await play(asking(options), { data, env }), [['heard before their line', 0]]);
    });
  }

  sameProcess('so a parent that exits when it hears "done" has lost nothing', (wt, { worker }) => {
    const w = worker((wt) => {
      for (let i = 0; i < 400; i++) wt.parentPort.postMessage('warm');
      wt.parentPort.once('message', () => {
        console.log('the last words');
        wt.parentPort.postMessage('done');
      });
    });
    let count = 0;

    w.on('message', (message) => {
      if (message === 'done') process.exit(3);
      if (++count === 400) setTimeout(() => w.postMessage('go on'), 50);
    });
  });

  const byAnotherPort = (wt, { worker, note }) => {
    const w = worker((wt) => {
      wt.parentPort.once('message', (port) => port.on('message', (n) => {
        process.stdout.write(`line ${n}\n`);
        port.postMessage(n);
      }));
    }, { stdout: true });
    const { port1, port2 } = new wt.MessageChannel();
    let written = '';
    let early = 0;

    w.stdout.setEncoding('utf8').on('data', (text) => { written += text; });
    port1.on('message', (n) => {
      if (!written.includes(`line ${n}\n`)) early++;
      if (n < 200) {
        setTimeout(() => port1.postMessage(n + 1), 1);
        return;
      }
      note(early);
      w.terminate();
    });
    w.postMessage(port2, [port2]);
    port1.postMessage(0);
  };

  it('also where the parent reads it by another port', async () => {
    assert.deepStrictEqual(await play(byAnotherPort), [[0]]);
  });

  const readsInput = (wt, { worker, note }) => {
    const w = worker((wt) => {
      let read = '';
      let early = 0;

      process.stdin.setEncoding('utf8').on('data', (text) => { read += text; });
      for (let i = 0; i < 400; i++) wt.parentPort.postMessage('warm');
      wt.parentPort.on('message', (n) => {
        if (!read.includes(`line ${n}\n`)) early++;
        wt.parentPort.postMessage(n < 100 ? 'next' : early);
      });
    }, { stdin: true });
    let n = 0;

    w.on('message', (message) => {
      if (message === 'warm') {
        if (++n === 400) message = 'next', n = 0;
        else return;
      }
      if (message !== 'next') {
        note(message);
        w.terminate();
        return;
      }
      setTimeout(() => {
        w.stdin.write(`line ${n}\n`);
        w.postMessage(n++);
      }, 1);
    });
  };

  /* Not one by one as Node: a worker that wakes between its two handles hears the younger
   * one first, there too. */
  it('and what the parent writes to stdin, but for a few of a hundred', async () => {
    const [[early]] = await play(readsInput);

    assert.ok(early <= 5, `${early} were heard before their line`);
  });
});

describe('order with Node\'s channels: a message behind one of', () => {
  const node = require('node:worker_threads');

  /**
   * A worker posts by a channel of Node's that is older or younger than its own channel
   * with its parent, and by that, in this order or the other, while the parent does not
   * look. What does the parent hear first?
   */
  const between = (kind, age, order) => async (wt, t) => {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const heard = [];
    const name = `ringport order ${t.name} ${kind} ${age} ${order}`;
    const make = () => {
      if (kind === 'BroadcastChannel') return [new node.BroadcastChannel(name)];
      const { port1, port2 } = new node.MessageChannel();
      return [port1, port2];
    };
    const first = age === 'older' ? make() : null;
    const worker = t.worker((wt, { data: { kind, order, name } }) => {
      const node = require('node:worker_threads');

      for (let i = 0; i < 400; i++) wt.parentPort.postMessage('warm');
      wt.parentPort.on('message', ({ flag, port }) => {
        const other = kind === 'BroadcastChannel' ? new node.BroadcastChannel(name) : port;

        for (const one of order.split(', ')) {
          if (one === 'ours') wt.parentPort.postMessage('ours');
          else other.postMessage('Node\'s');
        }
        Atomics.store(flag, 0, 1);
        Atomics.notify(flag, 0);
        setTimeout(() => wt.parentPort.postMessage('end'), 20);
      });
    }, { data: { kind, order, name } });
    const [here, there] = first ?? make();

    t.keep(here);
    here.onmessage = ({ data }) => heard.push(data);
    await t.messages(worker, MANY);
    /*
     * Not in a message of the worker: what comes meanwhile would be of the same wake-up.
     */
    await new Promise((resolve) => setTimeout(resolve, 10));
    worker.on('message', (message) => heard.push(message));
    worker.postMessage({ flag, port: there }, there === undefined ? [] : [there]);
    Atomics.wait(flag, 0, 0);
    while (heard.at(-1) !== 'end') await new Promise((resolve) => setTimeout(resolve, 5));
    t.note(heard);
  };

  for (const kind of ['BroadcastChannel', 'MessagePort']) {
    same(`a ${kind} that is older is heard behind it`, between(kind, 'older', 'Node\'s, ours'));
    same(`a ${kind} that is younger is heard before it, as in Node, which calls the older handle first`,
      between(kind, 'younger', 'Node\'s, ours'));
    same(`a ${kind} that is younger, and before another one of it`,
      between(kind, 'younger', 'Node\'s, ours, Node\'s'));
    same(`a ${kind} that is older, and of all others of it`,
      between(kind, 'older', 'Node\'s, ours, Node\'s, ours'));
    same(`none, and before one of a ${kind} that is younger`, between(kind, 'younger', 'ours, Node\'s'));
  }
});

describe('order with Node\'s channels: a message that waits for the loop', () => {
  const node = require('node:worker_threads');
  /** A post to a channel of Node's that nobody hears. */
  const post = (t) => {
    const { port1 } = new node.MessageChannel();

    t.keep(port1).postMessage('nobody hears it');
  };

  same('is there for receiveMessageOnPort at once', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', (message) => {
      t.note('heard', message);
      if (message === 1) t.note('taken', wt.receiveMessageOnPort(b));
    });
    a.postMessage(1);
    post(t);
    a.postMessage(2);
    a.postMessage(3);
    await t.turns();
  });

  same('keeps its place, also if each does', async (wt, t) => {
    const [a, b] = t.channel();
    const all = t.messages(b, 3000);

    for (let i = 0; i < 3000; i++) {
      if (i % 3 !== 0) post(t);
      a.postMessage(i);
    }
    t.note((await all).every((message, i) => message === i));
  });

  same('stays for a port that stops meanwhile and starts again', async (wt, t) => {
    const [a, b] = t.channel();
    const listen = (message) => {
      t.note('heard', message);
      if (message !== 0) return;
      b.off('message', listen);
      t.note('stopped');
      setTimeout(() => b.on('message', listen), 5);
    };

    b.on('message', listen);
    a.postMessage(0);
    post(t);
    a.postMessage(1);
    a.postMessage(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  same('goes along with a port that leaves meanwhile', async (wt, t) => {
    const [a, b] = t.channel();
    const [c, d] = t.channel();

    d.on('message', (message) => {
      t.note('heard', message);
      if (message === 0) a.postMessage(d, [d]);
    });
    c.postMessage(0);
    post(t);
    c.postMessage(1);
    post(t);
    c.postMessage(2);
    t.note(await t.messages(t.keep(await t.next(b, 'message')), 2));
  });

  same('comes before the close of its port', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', (message) => t.note('heard', message));
    b.on('close', () => t.note('closed'));
    a.postMessage(0);
    post(t);
    a.postMessage(1);
    a.close();
    await t.next(b, 'close');
  });

  same('is dropped by a port that closes meanwhile as by Node', async (wt, t) => {
    const [a, b] = t.channel();

    post(t);
    a.postMessage(1);
    b.on('close', () => t.note('closed'));
    b.on('message', (message) => t.note('heard', message));
    b.close();
    await t.turns();
  });

  same('comes before the end of its worker', async (wt, t) => {
    const worker = t.worker((wt) => {
      for (let i = 0; i < 400; i++) wt.parentPort.postMessage(i);
      process.stdout.write('');
      new (require('node:worker_threads').MessageChannel)().port1.postMessage('nobody hears it');
      wt.parentPort.postMessage('last');
      process.exit(4);
    });

    worker.on('message', (message) => t.note('heard', message));
    t.note('exit', await t.next(worker, 'exit'));
  }, { together: true });

  same('leaves timers and other ports their turns', async (wt, t) => {
    const [a, b] = t.channel();
    let left = 300;
    let others = 0;
    const [c, d] = t.channel();

    d.on('message', () => {
      others++;
      if (left > 0) c.postMessage(0);
    });
    c.postMessage(0);
    b.on('message', () => {
      if (--left === 0) return;
      post(t);
      a.postMessage(left);
    });
    a.postMessage(left);
    await new Promise((resolve) => {
      const timer = setInterval(() => {
        if (left > 0) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    t.note(others > 0);
  });
});
