'use strict';

/*
 * `node -r ringport/register app.js`: an application that does not know ringport uses it
 * and behaves as before.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./support/differential');
const { reference } = require('./support/implementations');

const register = path.resolve(__dirname, '../../lib/register.js');

/* In every thread of the program: is what it gets from worker_threads the library's? */
const prologue = `const note = (...entry) => require('node:fs').writeSync(1, JSON.stringify(entry) + '\\n');
  const isOurs = (wt) => typeof wt.MessagePort.prototype.detach === 'function';`;

/* `program` writes the same lines with and without the register, but for \`ours\`. */
function registered(title, program, { flags = [] } = {}) {
  (fs.existsSync(register) ? it : it.skip)(title, async function () {
    this.timeout(0);
    const text = `${prologue}\n${program}`;
    const [expected, actual] = await Promise.all([[], ['-r', register]].map(
      (required) => run(reference, [...required, ...flags, '-e', text], {})
    ));
    const ours = (lines) => lines.filter((line) => line.startsWith('["ours"'));
    const rest = ({ lines, ...end }) => ({ ...end, lines: lines.filter((line) => !line.startsWith('["ours"')) });

    assert.deepStrictEqual(rest(actual), rest(expected));
    assert.notStrictEqual(ours(actual.lines).length, 0);
    assert.deepStrictEqual(ours(actual.lines).filter((line) => line !== '["ours",true]'), []);
  });
}

describe('register', () => {
  registered('require of worker_threads and node:worker_threads, and the globals', `
    for (const id of ['worker_threads', 'node:worker_threads']) note('ours', isOurs(require(id)));
    note('ours', isOurs({ MessagePort }));
    note(require('worker_threads').MessageChannel === MessageChannel);
    const { port1, port2 } = new MessageChannel();
    port2.on('message', (m) => { note(m); port1.close(); });
    port1.postMessage({ a: [1] });
  `);

  registered('import of worker_threads', `
    Promise.all([import('worker_threads'), import('node:worker_threads')]).then((all) => {
      for (const wt of all) {
        note('ours', isOurs(wt));
        note('ours', isOurs(wt.default));
        note(wt.MessageChannel === wt.default.MessageChannel);
      }
    });
  `);

  registered('a worker, by eval and with execArgv of its own, and one inside it', `
    const { Worker } = require('worker_threads');
    const inner = \`const { parentPort, workerData } = require('node:worker_threads');
      parentPort.once('message', (m) => parentPort.postMessage([m, workerData,
        typeof require('node:worker_threads').MessagePort.prototype.detach]));\`;
    const outer = \`const { Worker, parentPort, workerData } = require('worker_threads');
      const w = new Worker(workerData.inner, { eval: true, execArgv: [], workerData: 'inner data' });
      w.on('message', (m) => parentPort.postMessage(m));
      parentPort.once('message', (m) => w.postMessage(m));\`;
    const w = new Worker(outer, { eval: true, workerData: { inner } });
    w.on('message', ([m, data, type]) => { note(m, data); note('ours', type === 'function'); });
    w.on('exit', (code) => note('exit', code));
    w.postMessage({ hello: true });
  `);

  registered('a worker from a data: URL that is a module', `
    const { Worker } = require('worker_threads');
    const text = \`import { parentPort, MessagePort } from 'node:worker_threads';
      parentPort.once('message', (m) => parentPort.postMessage([m, typeof MessagePort.prototype.detach]));\`;
    const w = new Worker(new URL('data:text/javascript,' + encodeURIComponent(text)));
    w.on('message', ([m, type]) => { note(m); note('ours', type === 'function'); });
    w.on('exit', (code) => note('exit', code));
    w.postMessage('hello');
  `);

  registered('ports in workerData and in messages, both ways', `
    const { Worker, MessageChannel, MessagePort } = require('worker_threads');
    note('ours', isOurs({ MessagePort }));
    const { port1, port2 } = new MessageChannel();
    const w = new Worker(\`const { workerData, parentPort, MessageChannel } = require('worker_threads');
      workerData.port2.postMessage('by workerData');
      const { port1, port2 } = new MessageChannel();
      port1.postMessage('by a new port');
      parentPort.postMessage({ port2 }, [port2]);\`, { eval: true, workerData: { port2 }, transferList: [port2] });
    const got = [];
    const put = (m) => {
      if (got.push(m) < 3) return;
      note(got.sort());
      port1.close();
    };
    port1.on('message', put);
    w.on('message', ({ port2 }) => port2.once('message', put));
    w.on('exit', (code) => put('exit ' + code));
  `);

  registered('no warning, and isMainThread, threadId and workerData as they are', `
    const wt = require('worker_threads');
    note('ours', isOurs(wt));
    process.on('warning', ({ name }) => note('warning', name));
    note(wt.isMainThread, wt.threadId, wt.workerData, wt.parentPort, Object.keys(wt).length > 10);
  `);

  registered('structuredClone with ports in its transfer list, and its errors', `
    note('ours', isOurs({ MessagePort }));
    note(structuredClone.name, structuredClone.length, structuredClone({ a: [1n] }).a.length);
    const { port1, port2 } = new MessageChannel();
    const bytes = new Uint8Array([1, 2]);
    const { in: { port }, bytes: moved } = structuredClone({ in: { port: port2 }, bytes },
      { transfer: [port2, bytes.buffer] });
    note('ours', isOurs({ MessagePort: port.constructor }));
    note(port !== port2, bytes.length, moved.length);
    port1.on('message', (m) => { note(m); port1.close(); });
    port.postMessage('by the clone');
    for (const transfer of [[port1, port1], [port2], [port1, 5], undefined, null, 5, {}]) {
      try {
        note(structuredClone(1, { transfer }));
      } catch (error) {
        note(error.name, error.code);
      }
    }
    for (const list of [(port) => new Set([port]), function* (port) { yield port; }]) {
      const { port1, port2 } = new MessageChannel();
      let reads = 0;
      const port = structuredClone(port2, { get transfer() { reads++; return list(port2); } });

      port1.on('message', (m) => { note(m); port1.close(); });
      port.postMessage(['by an iterable', reads]);
    }
    structuredClone(1, { transfer: function* () { yield moved.buffer; }() });
    note(moved.length);
    for (const call of [
      () => structuredClone(port1), () => structuredClone(new Map([[1, port1]])), () => new structuredClone(1).constructor.name,
      () => structuredClone(), () => structuredClone(1, 5), () => structuredClone({ a: 1 }, null).a,
      () => structuredClone.call(5, 1), () => structuredClone({ call() {} }, { transfer: [] }),
      () => structuredClone(1, { get transfer() { throw new RangeError('mine'); } }),
    ]) {
      try {
        note(call());
      } catch (error) {
        note(error.name, error.code, error.message);
      }
    }
  `);

  registered('module.register with ports in its transfer list: they lead to a thread of Node\'s own', `
    note('ours', isOurs({ MessagePort }));
    const { port1, port2 } = new MessageChannel();
    const hooks = \`export async function initialize({ ports: [port], bytes }) {
      port.on('message', ({ reply, n }) => { reply.postMessage([n, bytes.length]); reply.close(); });
      port.unref();
      port.postMessage('initialized');
    }\`;
    const bytes = new Uint8Array(3);

    port1.once('message', (m) => {
      const reply = new MessageChannel();

      note(m);
      reply.port1.on('message', (m) => note(m)).on('close', () => { note('closed'); port1.close(); });
      port1.postMessage({ reply: reply.port2, n: 7 }, [reply.port2]);
    });
    require('node:module').register('data:text/javascript,' + encodeURIComponent(hooks), {
      parentURL: 'file:///', data: { ports: [port2], bytes }, transferList: [port2, bytes.buffer],
    });
    note(bytes.length);
  `, { flags: ['--no-deprecation'] });

  registered('postMessageToThread with ports in its transfer list', `
    const { Worker, MessageChannel, MessagePort, postMessageToThread } = require('worker_threads');
    note('ours', isOurs({ MessagePort }));
    const w = postMessageToThread && new Worker(\`const { parentPort } = require('worker_threads');
      process.on('workerMessage', ({ port, bytes }, from) => {
        port.on('message', (m) => { port.postMessage([m, from, bytes.length]); port.close(); });
      });
      parentPort.once('message', () => {});
      parentPort.postMessage('up');\`, { eval: true });
    w?.on('message', async () => {
      const { port1, port2 } = new MessageChannel();
      const bytes = new Uint8Array(5);

      port1.on('message', (m) => note(m));
      await postMessageToThread(w.threadId, { port: port2, bytes }, [port2, bytes.buffer]);
      note(bytes.length);
      port1.postMessage('hello');
      await new Promise((resolve) => port1.on('close', resolve));
      await postMessageToThread(9999, 1, []).catch(({ code }) => note(code));
      await postMessageToThread(w.threadId, 1, [port2]).catch(({ name }) => note(name));
      for (const list of [(port) => new Set([port]), (port) => ({ transfer: [port] })]) {
        const { port1, port2 } = new MessageChannel();

        port1.on('message', (m) => note(m));
        port1.postMessage('by another list');
        await postMessageToThread(w.threadId, { port: port2, bytes: [] }, list(port2));
        await new Promise((resolve) => port1.on('close', resolve));
      }

      const kept = new MessageChannel();
      const message = [{ port: kept.port2 }, [kept.port2]];

      await postMessageToThread(0, ...message).catch(({ code }) => note(code));
      kept.port1.on('message', (m) => { note(m); kept.port1.close(); });
      kept.port2.postMessage('still here');
      w.postMessage('end');
    });
  `);

  it('postMessageToThread to a thread that there is not: the peers of the ports are closed', async function () {
    const { postMessageToThread } = require('node:worker_threads');
    if (postMessageToThread === undefined) this.skip();
    const { lines } = await run(reference, ['-r', register, '-e', `${prologue}
      const { postMessageToThread } = require('worker_threads');
      const { port1, port2 } = new MessageChannel();
      port1.on('message', () => {});
      port1.on('close', () => note('closed'));
      postMessageToThread(9999, port2, [port2]).catch(({ code }) => note(code));`], {});

    assert.deepStrictEqual(lines.sort(), ['["ERR_WORKER_MESSAGING_FAILED"]', '["closed"]']);
  });

  registered('Node\'s own ports, and parentPort, are MessagePorts, and its methods work on them', `
    const { Worker, MessageChannel, MessagePort, receiveMessageOnPort, BroadcastChannel } = require('worker_threads');
    note('ours', isOurs({ MessagePort }));
    const { port1, port2 } = new MessageChannel();
    /* What carries it may be the library's, or not. */
    const plain = typeof port2.detach === 'function' ? port2.detach() : port2;
    for (const type of [MessagePort, globalThis.MessagePort]) {
      note(plain instanceof type, port1 instanceof type, {} instanceof type, null instanceof type);
      note(Object.create(type.prototype) instanceof type);
    }
    class Sub extends MessagePort {}
    note(plain instanceof Sub, Object.create(Sub.prototype) instanceof Sub);
    for (const name of ['ref', 'unref', 'start', 'hasRef', 'postMessage', 'close']) {
      for (const object of [plain, port1, {}, null, Object.create(MessagePort.prototype), new EventTarget()]) {
        try {
          note(name, typeof MessagePort.prototype[name].call(object, 1));
        } catch (error) {
          note(name, error.name);
        }
      }
    }
    new Worker(\`const { parentPort, MessagePort } = require('worker_threads');
      MessagePort.prototype.postMessage.call(parentPort, [parentPort instanceof MessagePort,
        parentPort instanceof globalThis.MessagePort, MessagePort.prototype.hasRef.call(parentPort)]);\`,
      { eval: true }).on('message', (m) => note(m));
  `);
});
