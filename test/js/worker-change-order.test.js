'use strict';

/*
 * The switch from Node's channel to the ring keeps the order relative to other channels.
 * The receiver is busy until everything has been posted, so that one iteration of its
 * loop finds all of it.
 */

const assert = require('node:assert');

const { sameProcess } = require('./support/differential');
const { play } = require('./support/play');

/**
 * What else is posted, and where. Each makes a pair of ends; the second goes to the
 * worker.
 */
const OTHERS = {
  'a port': (wt) => new wt.MessageChannel(),
  'a port of Node\'s': () => new (require('node:worker_threads').MessageChannel)(),
  'a BroadcastChannel': () => ({ port1: new (require('node:worker_threads').BroadcastChannel)('change') }),
};

/* Notes what is not a number, behind how many numbers it came. The last two may come in
 * any order. */
const collector = String((heard, done) => {
  let numbers = 0;
  let ends = 0;

  return (message) => {
    if (typeof message === 'number') numbers++;
    else heard.push([numbers, message]);
    if (message.endsWith?.('end') && ++ends === 2) done();
  };
});

/* Posts the numbers from `first` to `count`, and `more` behind what goes by the channel;
 * then the sleeper may go on. */
const poster = (count, more) => `(port, channel, flags, first) => {
  for (let i = first; i < ${count}; i++) port.postMessage(i);
  channel.postMessage('other');
  for (let i = 0; i < ${more}; i++) port.postMessage(i + 1);
  port.postMessage('last');
  channel.postMessage('other\\'s end');
  port.postMessage('end');
  Atomics.store(flags, 1, 1);
  Atomics.notify(flags, 1);
}`;

describe('worker: what another channel brings while messages go over to the ring', () => {
  for (const [name, make] of Object.entries(OTHERS)) {
    /* Fewer than Node's port delivers in a wake-up: with more it is not always the same
     * with Node. */
    for (const [count, more] of [[200, 60], [200, 150], [290, 600], [700, 0], [500, 400]]) {
      sameProcess(`${name}: ${count} messages before it and ${more} behind it, to a worker`,
        (wt, { worker, note, data: [make, poster, collector] }) => {
          const flags = new Int32Array(new SharedArrayBuffer(8));
          const other = worker((wt, { data: collector }) => {
            const { parentPort, workerData: flags } = wt;
            const heard = [];
            const see = (0, eval)(collector)(heard, () => {
              parentPort.postMessage(heard);
              parentPort.close();
              other.close();
            });
            let other;

            parentPort.on('message', (message) => {
              if (message.port === undefined) return see(message);
              other = message.port ?? new (require('node:worker_threads').BroadcastChannel)('change');
              if (other.on) other.on('message', see);
              else other.onmessage = ({ data }) => see(data);
              parentPort.postMessage('has it');
            });
            parentPort.on('message', function first(message) {
              if (message !== 0) return;
              parentPort.off('message', first);
              Atomics.store(flags, 0, 1);
              Atomics.notify(flags, 0);
              Atomics.wait(flags, 1, 0);
            });
          }, { workerData: flags, data: collector });
          const { port1, port2 } = (0, eval)(make)(wt);

          other.postMessage({ port: port2 ?? null }, port2 && [port2]);
          other.on('message', (message) => {
            if (message !== 'has it') {
              note(message);
              port1.close();
              return;
            }
            other.postMessage(0);
            Atomics.wait(flags, 0, 0);
            (0, eval)(poster)(other, port1, flags, 1);
          });
        }, { data: [`(${make})`, poster(count, more), `(${collector})`] });

      sameProcess(`${name}: ${count} messages before it and ${more} behind it, from a worker`,
        (wt, { worker, note, data: [make, poster, collector] }) => {
          const flags = new Int32Array(new SharedArrayBuffer(8));
          const other = worker((wt, { data: poster }) => {
            const { parentPort, workerData: flags } = wt;

            parentPort.once('message', ({ port }) => {
              const channel = port ?? new (require('node:worker_threads').BroadcastChannel)('change');

              parentPort.postMessage('blocked');
              Atomics.wait(flags, 0, 0);
              (0, eval)(poster)(parentPort, channel, flags, 0);
              channel.close();
            });
          }, { workerData: flags, data: poster });
          const { port1: mine, port2 } = (0, eval)(make)(wt);
          const heard = [];
          const see = (0, eval)(collector)(heard, () => {
            note(heard);
            mine.close();
          });

          if (mine.on) mine.on('message', see);
          else mine.onmessage = ({ data }) => see(data);
          other.postMessage({ port: port2 ?? null }, port2 && [port2]);
          other.on('message', (message) => {
            see(message);
            if (message !== 'blocked') return;
            Atomics.store(flags, 0, 1);
            Atomics.notify(flags, 0);
            Atomics.wait(flags, 1, 0);
          });
        }, { data: [`(${make})`, poster(count, more), `(${collector})`] });
    }
  }
});

describe('worker: what it has written while its parent was busy with its first messages by ring', () => {
  it('is heard before what it has posted behind that', async () => {
    const noted = await play((wt, { worker, note }) => {
      const flags = new Int32Array(new SharedArrayBuffer(4));
      const other = worker(({ parentPort, workerData: flags }) => {
        parentPort.on('message', () => {
          process.stdout.write('line');
          parentPort.postMessage('behind it');
          parentPort.close();
          Atomics.store(flags, 0, 1);
          Atomics.notify(flags, 0);
        });
        parentPort.postMessage('first');
      }, { workerData: flags, stdout: true });
      const heard = [];

      other.stdout.on('data', (data) => heard.push(String(data)));
      other.on('message', (message) => {
        heard.push(message);
        if (message !== 'first') return;
        other.postMessage('write');
        Atomics.wait(flags, 0, 0);
      });
      other.on('exit', () => note(heard));
    }, { env: { ...process.env, RINGPORT_COLD: '0' } });

    assert.deepStrictEqual(noted, [[['first', 'line', 'behind it']]]);
  });
});

describe('worker: messages that wait for other channels when it ends', () => {
  sameProcess('have all come before \'exit\'', (wt, { worker, note }) => {
    const flags = new Int32Array(new SharedArrayBuffer(4));
    const other = worker(({ parentPort, workerData: flags }) => {
      const channel = new BroadcastChannel('nobody listens');

      parentPort.postMessage('up');
      parentPort.on('message', () => {
        for (let i = 0; i < 20; i++) {
          channel.postMessage(i);
          parentPort.postMessage(i);
        }
        channel.close();
        parentPort.close();
      });
      process.on('exit', () => {
        Atomics.store(flags, 0, 1);
        Atomics.notify(flags, 0);
      });
    }, { workerData: flags });
    const heard = [];

    other.on('message', (message) => {
      heard.push(message);
      if (message !== 'up') return;
      other.postMessage('go');
      Atomics.wait(flags, 0, 0);
      Atomics.wait(flags, 0, 1, 200); // until it has ended
    });
    other.on('exit', () => note(heard));
  }, { env: { ...process.env, RINGPORT_COLD: '0' } });
});
