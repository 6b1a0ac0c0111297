'use strict';

/*
 * The order of the messages of several ports, in threads that have had no port before:
 * each scenario has a process of its own. Node's loop serves the ports in the order in
 * which they were made, and the scenarios post in that order.
 */

const { sameProcess } = require('./support/differential');

/**
 * Make channels, listen to each before or after its first message, and note the order in
 * which all messages arrive. After a pause, `mixed`: every third one is Node's.
 */
function play(wt, note, { count, listens, mixed }) {
  const node = require('node:worker_threads');
  const rounds = mixed ? 1 : 2;
  const run = () => {
    const heard = [];
    const channels = Array.from({ length: count }, (_, i) =>
      new (mixed && i % 3 === 2 ? node : wt).MessageChannel());
    const post = (what) => channels.forEach(({ port1 }) => port1.postMessage(what));
    const listen = () => channels.forEach(({ port2 }, i) => port2.on('message', (what) => {
      heard.push(`${what} ${i}`);
      if (heard.length === count && rounds === 2) setTimeout(post, 1, 'second');
      if (heard.length < rounds * count) return;
      for (const { port1 } of channels) port1.close();
      note(heard);
    }));

    if (listens === 'before') listen();
    post('first');
    if (listens === 'after') listen();
  };

  if (!mixed) {
    run();
    return;
  }

  const { port1, port2 } = new wt.MessageChannel();

  new node.MessageChannel().port1.postMessage('nobody hears it');
  port2.on('message', (left) => {
    if (left > 0) {
      setTimeout(() => port1.postMessage(left - 1), 1);
      return;
    }
    port1.close();
    setTimeout(run, 1);
  });
  port1.postMessage(2);
}

const inMain = `(wt, { note, data }) => (${play})(wt, note, data)`;
const inWorker = `(wt, { note, worker, data }) =>
  worker((wt, { note, data }) => (${play})(wt, note, data), { data })`;

describe('order: messages of several ports of a thread', () => {
  for (const count of [2, 3, 4, 8]) {
    for (const listens of ['before', 'after']) {
      const title = `${count} channels, if they listen ${listens} the first post`;

      sameProcess(title, inMain, { data: { count, listens } });
      sameProcess(`${title}, in a worker`, inWorker, { data: { count, listens } });
      if (count === 3 || count === 4) {
        sameProcess(`${title}, every third one Node's, after some messages`, inMain, { data: { count, listens, mixed: true } });
      }
    }
  }

  sameProcess('a channel made after a post to Node\'s', (wt, { note }) => {
    const node = require('node:worker_threads');
    const [theirs, warm] = [new node.MessageChannel(), new wt.MessageChannel()];
    const open = [theirs, warm];
    const heard = [];
    const listen = ({ port2 }) => port2.on('message', (message) => heard.push(message));
    const makeOne = (round) => {
      const one = new wt.MessageChannel();

      open.push(one);
      listen(one);
      theirs.port1.postMessage(`Node's ${round}`);
      one.port1.postMessage(`made before ${round}`);

      const other = new wt.MessageChannel();

      open.push(other);
      listen(other);
      other.port1.postMessage(`made behind ${round}`);
      if (round < 4) {
        setTimeout(makeOne, 2, round + 1);
        return;
      }
      setTimeout(() => {
        note(heard);
        for (const { port1 } of open) port1.close();
      }, 20);
    };

    listen(theirs);
    listen(warm);
    warm.port1.postMessage('warm');
    setTimeout(makeOne, 10, 0);
  });
});

describe('order: messages of several ports to another thread that does not look meanwhile', () => {
  sameProcess('the first ones', (wt, { note, worker }) => {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const w = worker((wt) => {
      wt.parentPort.once('message', ({ flag, ports }) => {
        const heard = [];

        ports.forEach((port, i) => port.on('message', (message) => {
          heard.push([i, message]);
          if (heard.length === 2 * ports.length) {
            wt.parentPort.postMessage(heard);
            for (const port of ports) port.close();
          }
        }));
        wt.parentPort.postMessage('listening');
        Atomics.wait(flag, 0, 0);
      });
    });
    const channels = Array.from({ length: 4 }, () => new wt.MessageChannel());
    const ports = channels.map(({ port2 }) => port2);

    w.on('message', (message) => {
      if (message !== 'listening') {
        note(message);
        return;
      }
      for (const { port1 } of channels) {
        port1.postMessage('first');
        port1.postMessage('second');
      }
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    });
    w.postMessage({ flag, ports }, ports);
  });

  /* The sender of `older` got it from another thread, but made `younger` itself. */
  sameProcess('of a port that was sent and one that was not', (wt, { note, worker }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const heard = [];
    const w = worker((wt) => {
      wt.parentPort.once('message', ({ flag, older }) => {
        const { port1: younger, port2 } = new wt.MessageChannel();

        younger.postMessage('warm');
        wt.parentPort.postMessage(port2, [port2]);
        wt.parentPort.once('message', () => {
          for (const message of ['first', 'second']) {
            older.postMessage(`older ${message}`);
            younger.postMessage(`younger ${message}`);
          }
          Atomics.store(flag, 0, 1);
          Atomics.notify(flag, 0);
          younger.once('message', () => process.exit());
        });
      });
    });
    let younger;
    const listen = (message) => {
      heard.push(message);
      if (message === 'warm') {
        setTimeout(() => {
          w.postMessage('go on');
          Atomics.wait(flag, 0, 0);
        }, 10);
      } else if (heard.length === 5) {
        note(heard);
        younger.postMessage('end');
      }
    };

    port1.on('message', listen);
    w.once('message', (port) => {
      younger = port;
      younger.on('message', listen);
    });
    w.postMessage({ flag, older: port2 }, [port2]);
  });
});
