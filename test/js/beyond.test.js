'use strict';

/*
 * What ringport does where Node crashes or its behavior depends on timing. Each test runs
 * in its own process, because a failure may be a crash.
 */

const assert = require('node:assert');
const { run } = require('./support/differential');
const { subject } = require('./support/implementations');
const { source } = require('./support/program');

/* `program(wt, tools)` must write exactly these lines and end with code 0. */
function writes(title, program, expected) {
  const ours = subject.id !== 'worker_threads';

  (ours ? it : it.skip)(title, async function () {
    this.timeout(0);
    const end = await run(subject, ['-e', source(subject.id, program)], {});
    const lines = end.lines.map((line) => JSON.parse(line));

    assert.deepStrictEqual({ ...end, lines }, { code: 0, signal: null, stderr: '', lines: expected });
  });
}

describe('beyond Node: where it crashes', () => {
  writes('a port in the list that is transferred while the message is read: DataCloneError',
    (wt, { note }) => {
      const { port1, port2 } = new wt.MessageChannel();
      const { port1: a, port2: b } = new wt.MessageChannel();

      try {
        port1.postMessage({ get x() { port1.postMessage({ a }, [a]); return 1; } }, [a]);
      } catch (error) {
        note(error.name, error.code);
      }
      const { message: { a: moved } } = wt.receiveMessageOnPort(port2);
      moved.postMessage('moved');
      note(wt.receiveMessageOnPort(b), wt.receiveMessageOnPort(port2) === undefined);
      port1.close();
      moved.close();
    }, [['DataCloneError', 25], [{ message: 'moved' }, true]]);

  writes('a port in the list that is closed while the message is read arrives all the same',
    (wt, { note }) => {
      const { port1, port2 } = new wt.MessageChannel();
      const { port1: a, port2: b } = new wt.MessageChannel();

      b.ref();
      b.on('close', () => note('close'));
      port1.postMessage({ a, get x() { a.close(); return 1; } }, [a]);

      const { message } = wt.receiveMessageOnPort(port2);

      message.a.postMessage(message.x);
      note(wt.receiveMessageOnPort(b));
      message.a.close();
      port1.close();
    }, [[{ message: 1 }], ['close']]);

  writes('a port in the list that is detached while the message is read: DataCloneError',
    (wt, { note }) => {
      const { port1, port2 } = new wt.MessageChannel();
      const { port1: a, port2: b } = new wt.MessageChannel();
      let handle;

      try {
        port1.postMessage({ get x() { handle = a.detach(); return 1; } }, [a]);
      } catch (error) {
        note(error.name, error.code);
      }
      note(wt.receiveMessageOnPort(port2) === undefined);
      const back = wt.MessagePort.from(handle);
      back.postMessage('back');
      note(wt.receiveMessageOnPort(b));
      port1.close();
      back.close();
    }, [['DataCloneError', 25], [true], [{ message: 'back' }]]);

  writes('receiveMessageOnPort within \'close\' gives undefined', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();

    port2.ref();
    port1.on('close', () => note('own', wt.receiveMessageOnPort(port1) === undefined));
    port2.on('close', () => {
      note('other', wt.receiveMessageOnPort(port2) === undefined);
      process.nextTick(() => note('tick', wt.receiveMessageOnPort(port2) === undefined));
    });
    port1.close();
    process.on('exit', () => note('exit'));
  }, [['own', true], ['other', true], ['tick', true], ['exit']]);

  writes('receiveMessageOnPort of a port that was just transferred gives undefined', (wt, { note }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const { port1: a, port2: b } = new wt.MessageChannel();

    b.postMessage('goes along');
    port1.postMessage(a, [a]);
    note(wt.receiveMessageOnPort(a) === undefined);
    const { message: moved } = wt.receiveMessageOnPort(port2);
    note(wt.receiveMessageOnPort(moved));
    port1.close();
    b.close();
  }, [[true], [{ message: 'goes along' }]]);

  writes('every method of a port within its \'close\'', (wt, { note, plain }) => {
    const { port1, port2 } = new wt.MessageChannel();
    const { port1: a, port2: b } = new wt.MessageChannel();

    port2.ref();
    b.ref();
    port2.on('close', () => {
      for (const method of ['start', 'ref', 'unref', 'close', 'hasRef', 'postMessage']) {
        note(method, port2[method](1) ?? null);
      }
      port2.on('message', () => {});
      try {
        a.postMessage(port2, [port2]);
      } catch (error) {
        note(plain(error).name);
      }
      a.close();
    });
    b.on('close', () => note('end'));
    port1.close();
  }, [
    ['start', null], ['ref', null], ['unref', null], ['close', null], ['hasRef', false],
    ['postMessage', null], ['DataCloneError'], ['end']
  ]);
});

describe('beyond Node: where it leaves it to chance', () => {
  writes('the messages of a worker come before its error', (wt, { note, worker }) => {
    let runs = 0;
    const once = () => {
      const seen = [];
      const w = worker((wt) => {
        for (let i = 0; i < 50; i++) wt.parentPort.postMessage(i);
        throw new Error('after 50');
      });

      w.on('message', (m) => seen.push(m));
      w.on('error', () => seen.push('error'));
      w.on('exit', () => {
        if (seen.length !== 51 || seen[50] !== 'error') note(seen);
        if (++runs < 10) once();
        else note('ten times');
      });
    };

    once();
  }, [['ten times']]);

  writes('what the library\'s and Node\'s parentPort post is all there before \'exit\'', (wt, { note, worker }) => {
    const counts = { node: 0, ours: 0 };
    const w = worker((wt) => {
      const node = require('node:worker_threads').parentPort;

      for (let i = 0; i < 500; i++) {
        node.postMessage({ node: i });
        wt.parentPort.postMessage({ ours: i });
      }
      process.exit(0);
    });

    w.on('message', (m) => {
      const key = 'node' in m ? 'node' : 'ours';

      if (m[key] !== counts[key]++) note('out of order', m);
    });
    w.on('exit', () => note(counts));
  }, [[{ node: 500, ours: 500 }]]);
});
