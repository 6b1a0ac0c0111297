'use strict';

/*
 * With `ringport/register`: ports sent to threads that do not load ringport. Each program
 * runs with and without the preload and must print the same.
 */

const assert = require('node:assert');
const path = require('node:path');
const threads = require('node:worker_threads');
const { run } = require('./support/differential');
const { reference } = require('./support/implementations');

const register = path.resolve(__dirname, '../../lib/register.js');

/*
 * give(port, code): the port is there, as `port`, in a thread of Node's own that runs
 * this code. It knows say(...): a line, written at once. Each way to get it there is one
 * that Node has.
 */
const WAYS = {
  'module.register': `const give = (port, code) => require('node:module').register(
    'data:text/javascript,' + encodeURIComponent(\`import fs from 'node:fs';
      import * as promises from 'node:fs/promises';
      const say = (...entry) => fs.writeSync(1, JSON.stringify(entry) + '\\\\n');
      export async function initialize({ port }) { \${code}; port.unref(); }\`),
    { parentURL: 'file:///', data: { port }, transferList: [port] });
    const end = () => {};`,
  'postMessageToThread': `const hearer = new Worker(\`const fs = require('node:fs');
      const promises = require('node:fs/promises');
      const say = (...entry) => fs.writeSync(1, JSON.stringify(entry) + '\\\\n');
      process.on('workerMessage', ({ port, code }) => new Function('port', 'say', 'fs', 'promises', code)(
        port, say, fs, promises));
      require('node:worker_threads').parentPort.on('message', () => process.exit()).postMessage('up');\`,
      { eval: true, execArgv: [] });
    const up = new Promise((resolve) => hearer.once('message', resolve));
    const give = async (port, code) => {
      await up;
      await threads.postMessageToThread(hearer.threadId, { port, code }, [port]);
    };
    const end = () => hearer.postMessage('end');`,
};

const PROLOGUE = `const threads = require('node:worker_threads');
  const { MessageChannel, MessagePort, Worker, receiveMessageOnPort } = threads;
  const fs = require('node:fs');
  const note = (...entry) => fs.writeSync(1, JSON.stringify(entry) + '\\n');
  const next = (port) => new Promise((resolve) => port.once('message', resolve));
  const closed = (port) => new Promise((resolve) => port.once('close', resolve));
  const word = () => new Int32Array(new SharedArrayBuffer(4));
  /* Nothing runs in this thread until the other one has said so. */
  const wait = (flag) => { note(Atomics.wait(flag, 0, 0, 20000) !== 'timed-out'); Atomics.store(flag, 0, 0); };
  const plain = ({ name, code, message }) => [name, code, message];
  /* Node makes it of a class that it does not find. */
  function unreadable() {
    const blob = new Blob([]);
    const [symbol] = Object.getOwnPropertySymbols(Blob.prototype).filter((s) => s.description === 'messaging_clone_symbol');
    return Object.defineProperty(blob, symbol, { value: () => ({ data: {}, deserializeInfo: 'nothing:Nothing' }) });
  }
  note('ours', typeof MessagePort.prototype.detach === 'function');`;

const PROGRAMS = {
  'hear what is posted while this thread waits, whatever was posted before, and answer it': `
    const { port1, port2 } = new MessageChannel();
    const flag = word();
    port1.postMessage({ flag });
    port1.postMessage('early');
    await give(port2, \`const heard = []; port.on('message', (m) => {
      if (m.flag) port.flag = m.flag;
      heard.push(typeof m === 'object' ? 'object' : m);
      if (m !== 'now' && !m.nested) return;
      port.postMessage(heard);
      Atomics.store(port.flag, 0, 1); Atomics.notify(port.flag, 0);
    })\`);
    port1.postMessage({ a: [1, 2] });
    port1.postMessage('now');
    wait(flag);
    note(receiveMessageOnPort(port1)?.message);
    port1.postMessage({ nested: new Map([[1, [new Date(0)]]]) });
    wait(flag);
    note(receiveMessageOnPort(port1)?.message, receiveMessageOnPort(port1) === undefined);
    port1.close();`,

  'a port that was closed after posting': `
    const { port1, port2 } = new MessageChannel();
    const flag = word();
    port1.postMessage({ flag });
    port1.close();
    await give(port2, \`port.on('message', ({ flag }) => { Atomics.store(flag, 0, 1); Atomics.notify(flag, 0); })\`);
    wait(flag);`,

  'a port in a message, while this thread waits': `
    const { port1, port2 } = new MessageChannel();
    await give(port2, \`port.on('message', ({ inner, flag }) => {
      inner.on('message', (m) => { inner.postMessage(['by the inner', m]); Atomics.store(flag, 0, 1); Atomics.notify(flag, 0); });
    })\`);
    const inner = new MessageChannel();
    const flag = word();
    inner.port1.postMessage('before');
    port1.postMessage({ inner: inner.port2, flag }, [inner.port2]);
    wait(flag);
    note(receiveMessageOnPort(inner.port1)?.message);
    inner.port1.postMessage('after');
    wait(flag);
    note(receiveMessageOnPort(inner.port1)?.message);
    inner.port1.close();
    port1.close();`,

  'order, with listeners that come late and messages both ways from before': `
    const { port1, port2 } = new MessageChannel();
    for (let i = 0; i < 5; i++) { port1.postMessage(i); port2.postMessage(['by the other', i]); }
    port2.postMessage({ large: 'x'.repeat(100000) });
    const seen = [];
    port1.on('message', (m) => { seen.push(m.large ? m.large.length : m); });
    await give(port2, \`const heard = []; port.on('message', (m) => {
      heard.push(m.many ?? m);
      port.postMessage(['back', m.many ?? m]);
      if (m === 'last') { port.postMessage({ heard }); port.close(); }
    })\`);
    for (let i = 5; i < 400; i++) port1.postMessage(i % 2 ? i : { many: i });
    port1.postMessage('last');
    await closed(port1);
    note(seen);`,

  'what arrives while a listener stops the port, in order once it listens again': `
    const { port1, port2 } = new MessageChannel();
    const flag = word();
    const heard = [];
    const listen = (method, last) => new Promise((resolve) => port1[method]('message', (m) => {
      heard.push(m);
      Promise.resolve().then(() => heard.push('tick'));
      if (m === last) setTimeout(resolve, 20);
    }));
    port2.postMessage('first');
    port1.postMessage({ flag });
    await give(port2, \`port.on('message', ({ flag }) => {
      for (const m of ['second', 'third', 'fourth']) port.postMessage(m);
      Atomics.store(flag, 0, 1); Atomics.notify(flag, 0);
    })\`);
    wait(flag);
    await listen('once', 'first');
    await listen('once', 'second');
    await listen('on', 'fourth');
    note(heard);
    port1.close();`,

  'the same, while a fake clock has the place of setImmediate': `
    const { port1, port2 } = new MessageChannel();
    const flag = word();
    port2.postMessage('first');
    port1.postMessage({ flag });
    await give(port2, \`port.on('message', ({ flag }) => {
      port.postMessage('second');
      Atomics.store(flag, 0, 1); Atomics.notify(flag, 0);
    })\`);
    wait(flag);
    note(await next(port1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.setImmediate = () => {};
    note(await next(port1));
    port1.close();`,

  'what only Node carries, both ways': `
    const { port1, port2 } = new MessageChannel();
    await give(port2, \`port.on('message', async ({ file, stream, bytes, signal, name }) => {
      const text = await file.readFile('utf8');
      const chunks = []; for await (const chunk of stream) chunks.push(chunk);
      await file.close();
      const again = await promises.open(name);
      port.postMessage({ chunks, length: text.length > 0, bytes: bytes.byteLength, again, echo: bytes }, [again, bytes]);
    })\`);
    const file = await require('node:fs/promises').open(process.execPath.slice(0, 0) + '/dev/null').catch(() => null)
      ?? await require('node:fs/promises').open(process.execPath);
    const stream = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); c.close(); } });
    const bytes = new ArrayBuffer(1000);
    port1.postMessage({ file, stream, bytes, name: process.execPath }, [file, stream, bytes]);
    note(bytes.byteLength);
    const { again, ...rest } = await next(port1);
    note(rest.chunks, rest.bytes, rest.echo.byteLength, typeof again.fd);
    await again.close();
    port1.close();`,

  'errors': `
    const { port1, port2 } = new MessageChannel();
    await give(port2, "port.on('message', (m) => { port.postMessage(m); })");
    const other = new MessageChannel();
    const bytes = new ArrayBuffer(8);
    for (const [value, list] of [
      [() => {}], [{ call: () => {}, bytes }, [bytes]], [other.port1], [{ a: [other.port1] }, [bytes]], [1, [port1]],
      [port1, [port1]], [1, [bytes, bytes]], [1, [5]], [1, 5], [1, { transfer: null }], [other.port1, [other.port1, other.port1]],
      [{ call: () => {}, port: other.port1 }, [other.port1]],
    ]) {
      try {
        note(typeof port1.postMessage(value, list));
      } catch (error) {
        note(...plain(error));
      }
    }
    note(bytes.byteLength);
    other.port2.postMessage('still here');
    note(receiveMessageOnPort(other.port1)?.message);
    try { port1.postMessage(); } catch (error) { note(...plain(error)); }
    port1.postMessage('end');
    note(await next(port1));
    port1.close();
    note(typeof port1.postMessage(1));
    try { port1.postMessage(() => {}); } catch (error) { note(...plain(error)); }`,

  'ref, unref, start and listeners, as of any port': `
    const { port1, port2 } = new MessageChannel();
    await give(port2, "port.on('message', (m) => { port.postMessage(m); })");
    note(port1.hasRef());
    const first = (m) => { note('first', m); port1.off('message', first); note(port1.hasRef()); };
    port1.on('message', first);
    note(port1.hasRef());
    port1.postMessage(1);
    port1.postMessage({ two: 2 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    port1.addEventListener('message', ({ data, ports }) => { note('second', data, ports.length); port1.close(); }, { once: true });
    await closed(port1);
    note(port1.hasRef());`,

  'the port that is left may leave, too': `
    const { port1, port2 } = new MessageChannel();
    port2.postMessage('before');
    await give(port2, "port.on('message', (m) => { port.postMessage(['echo', m]); if (m === 'end') port.close(); })");
    port1.postMessage('from here');
    const gone = closed(port1);
    const worker = new Worker(\`const { workerData: { port }, parentPort } = require('node:worker_threads');
      const heard = [];
      port.on('message', (m) => {
        heard.push(m);
        if (m[1] === 'from here') { port.postMessage({ from: ['there'] }); port.postMessage('end'); }
        if (m[1] === 'end') parentPort.postMessage(heard);
      });\`, { eval: true, workerData: { port: port1 }, transferList: [port1] });
    note(await next(worker));
    note(await gone);`,

  'the port that is left goes round in this thread, by a message, a clone and a context': `
    const { port1, port2 } = new MessageChannel();
    await give(port2, "port.on('message', (m) => { port.postMessage(['echo', m]); if (m === 'end') port.close(); })");
    port1.postMessage(0);
    const other = new MessageChannel();
    other.port1.postMessage({ port1 }, [port1]);
    const { port1: second } = receiveMessageOnPort(other.port2).message;
    second.postMessage({ n: 1 });
    note(await next(second));
    const third = structuredClone(second, { transfer: [second] });
    third.postMessage({ n: 2 });
    const heard = [];
    third.on('message', (m) => heard.push(m));
    while (heard.length < 2) await new Promise(setImmediate);
    note(heard);
    const vm = require('node:vm');
    const context = vm.createContext({ heard, note });
    context.port = threads.moveMessagePortToContext(third, context);
    vm.runInContext("port.onmessage = ({ data }) => heard.push(JSON.stringify(data)); port.start(); port.postMessage('end')", context);
    while (heard.length < 3) await new Promise(setImmediate);
    note(heard);
    process.exit(); // Node keeps a port that has been moved`,

  'a port whose peer is in another thread, with a FileHandle': `
    const worker = new Worker(\`const { MessageChannel, parentPort } = require('node:worker_threads');
      const { port1, port2 } = new MessageChannel();
      port1.postMessage('before');
      port1.on('message', async (m) => {
        if (m.fileToo) {
          const file = await require('node:fs/promises').open(process.execPath);
          port1.postMessage({ file }, [file]);
        } else {
          parentPort.postMessage(m);
          port1.close();
        }
      });
      parentPort.postMessage(port2, [port2]);\`, { eval: true });
    const port = await next(worker);
    await give(port, \`const heard = []; port.on('message', async (m) => {
      heard.push(m.file ? typeof m.file.fd : m);
      if (m === 'before') port.postMessage({ fileToo: true });
      if (m.file) { await m.file.close(); port.postMessage(heard); }
    })\`);
    note(await next(worker));`,

  'a listener that sends the port away, with messages left': `
    for (const at of ['early', 'late']) {
      const { port1, port2 } = new MessageChannel();
      const other = new MessageChannel();
      const heard = [];
      port2.postMessage('early');
      await give(port2, "for (const m of ['late', { a: 1 }, 'last']) port.postMessage(m)");
      await new Promise((resolve) => setTimeout(resolve, 300));
      other.port2.once('message', (port) => port.on('message', (m) => {
        heard.push(['there', m]);
        if (m === 'last') port.close();
      }));
      port1.on('message', (m) => {
        heard.push(m);
        if (m === at) other.port1.postMessage(port1, [port1]);
      });
      while (heard.at(-1)?.[1] !== 'last') await new Promise(setImmediate);
      note(heard);
      other.port1.close();
    }`,

  'messages that cannot be read, both ways, of a port whose peer is in this thread': `
    const { port1, port2 } = new MessageChannel();
    const seen = [];
    port1.on('message', (m) => { seen.push(m); if (m === 'end') { note(seen); port1.close(); } });
    port1.on('messageerror', (error) => seen.push(error.name));
    port1.postMessage('before');
    port1.postMessage(unreadable());
    await give(port2, \`\${unreadable}; port.on('messageerror', (error) => port.postMessage(['error', error.name]));
      port.on('message', (m) => {
        port.postMessage(['heard', m]);
        if (m === 'last') { port.postMessage(unreadable()); port.postMessage('end'); }
      })\`);
    port1.postMessage(unreadable());
    port1.postMessage({ object: 1 });
    port1.postMessage('last');
    await closed(port1);`,

  'a message that cannot be read, to a port that has left since': `
    const { port1, port2 } = new MessageChannel();
    await give(port2, \`\${unreadable}; port.on('message', () => {
      port.postMessage(unreadable());
      port.postMessage('end');
    })\`);
    const moved = structuredClone(port1, { transfer: [port1] });
    moved.on('messageerror', (error) => note(error.name));
    moved.on('message', (m) => { note(m); moved.close(); });
    moved.postMessage('go');
    await closed(moved);`,

  'messages that cannot be read, both ways, of a port whose peer is in another thread': `
    const worker = new Worker(\`\${unreadable}; const { MessageChannel, parentPort } = require('node:worker_threads');
      const { port1, port2 } = new MessageChannel();
      const seen = [];
      port1.on('message', (m) => { seen.push(m); if (m === 'end') { parentPort.postMessage(seen); port1.close(); } });
      port1.on('messageerror', (error) => seen.push(error.name));
      port1.postMessage('before');
      port1.postMessage(unreadable());
      port1.postMessage({ object: 1 });
      parentPort.postMessage(port2, [port2]);
      parentPort.on('message', () => {
        port1.postMessage(unreadable());
        port1.postMessage('last');
        parentPort.unref();
      });\`, { eval: true });
    const port = await next(worker);
    await give(port, \`\${unreadable}; port.on('messageerror', (error) => port.postMessage(['error', error.name]));
      port.on('message', (m) => {
        port.postMessage(['heard', m]);
        if (m === 'last') { port.postMessage(unreadable()); port.postMessage('end'); }
      })\`);
    worker.postMessage('more');
    note(await next(worker));`,

  'a message of more than can be arguments of a call, in a relay': `
    const worker = new Worker(\`const { MessageChannel, parentPort } = require('node:worker_threads');
      const { port1, port2 } = new MessageChannel();
      port1.on('message', (m) => { parentPort.postMessage(m); port1.close(); });
      port1.postMessage(new Set(Array.from({ length: 300_000 }, (_, i) => i)));
      parentPort.postMessage(port2, [port2]);\`, { eval: true });
    const port = await next(worker);
    await give(port, "port.on('message', (m) => port.postMessage([m.size, Array.from(m)]))");
    const [size, list] = await next(worker);
    note(size, list.length, list[299_999]);`,

  'both ends of a channel': `
    const { port1, port2 } = new MessageChannel();
    const outer = new MessageChannel();
    await give(outer.port2, \`port.on('message', ({ a, b }) => {
      a.on('message', (m) => { port.postMessage(['a heard', m]); a.close(); });
      b.postMessage({ by: 'b' });
      b.on('close', () => port.postMessage('b closed'));
    })\`);
    outer.port1.postMessage({ a: port1, b: port2 }, [port1, port2]);
    note(await next(outer.port1));
    note(await next(outer.port1));
    outer.port1.close();`,
};

describe('ports in threads that do not know the library', function () {
  this.timeout(0);

  for (const [way, code] of Object.entries(WAYS)) {
    if (way === 'postMessageToThread' && threads.postMessageToThread === undefined) continue;
    for (const [title, program] of Object.entries(PROGRAMS)) {
      it(`${way}: ${title}`, async () => {
        const text = `${PROLOGUE}\n(async () => { ${code}\n${program}\nend(); })();`;
        const [expected, actual] = await Promise.all([[], ['-r', register]].map((flags) => run(
          reference, [...flags, '--no-deprecation', '--no-warnings', '-e', text], { limit: 30000 })));

        assert.strictEqual(expected.lines.shift(), '["ours",false]', expected.stderr);
        assert.strictEqual(actual.lines.shift(), '["ours",true]', actual.stderr);
        assert.strictEqual(expected.signal, null, 'it hangs with Node');
        assert.deepStrictEqual(actual, expected);
        assert.notStrictEqual(actual.lines.length, 0);
      });
    }
  }
});
