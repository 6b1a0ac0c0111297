'use strict';

/*
 * Several copies of the package in one process share one instance per thread and version:
 * loaded again, from a vm context, from another folder, or in another version. Copies
 * dist/, since that is what gets installed.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.resolve(__dirname, '../..');
const FIRST = path.join(root, 'dist/index.js');

/* What a program begins with. `a` is this package, `b` the same elsewhere, `c` elsewhere
 * in another version. */
const HEAD = `
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const threads = require('node:worker_threads');
const note = (...entry) => fs.writeSync(1, JSON.stringify(entry) + '\\n');
const attempt = (call) => { try { return call(); } catch (error) { return error.code ?? error.message; } };
/** Load a package's file as test runners do: in a context, by a loader of its own. */
function loadIn(context, file, modules = new Map()) {
  if (modules.has(file)) return modules.get(file).exports;
  const module = { exports: {}, constructor: {} };
  modules.set(file, module);
  const dir = path.dirname(file);
  const inside = (id) => id.startsWith('.') ? loadIn(context, path.resolve(dir, id), modules) :
    id === 'node:process' ? context.process : require(id);
  inside.cache = {};
  vm.compileFunction(fs.readFileSync(file, 'utf8'), ['module', 'exports', 'require', '__filename', '__dirname'],
    { filename: file, parsingContext: context })(module, module.exports, inside, file, dir);
  return module.exports;
}
`;

describe('copies of the package', function () {
  this.timeout(0);

  let dir;
  let files;

  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-copies-'));
    files = { a: FIRST };
    for (const name of ['b', 'c']) {
      const copy = path.join(dir, name);

      fs.cpSync(path.join(root, 'dist'), path.join(copy, 'dist'), { recursive: true });
      fs.cpSync(path.join(root, 'build/Release/ringport.node'), path.join(copy, 'build/Release/ringport.node'));
      files[name] = path.join(copy, 'dist/index.js');
    }

    const other = path.join(dir, 'c/dist');
    const [build] = fs.readFileSync(path.join(other, 'scripts.txt'), 'utf8').split('\n', 1);

    for (const name of ['index.js', 'first.js', 'scripts.txt']) {
      const file = path.join(other, name);

      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll(build, 'another-one.'));
    }
  });
  after(() => fs.rmSync(dir, { recursive: true }));

  /** A program writes these lines, and ends well. */
  function writes(title, program, expected) {
    it(title, () => {
      const file = path.join(dir, 'program.cjs');

      fs.writeFileSync(file, `${HEAD}const { a, b, c } = ${JSON.stringify(files)};\n${program}`);

      const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', file], {
        encoding: 'utf8', timeout: 50000, env: { ...process.env, NODE_V8_COVERAGE: undefined, RINGPORT_BINARY: undefined },
      });
      const lines = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));

      assert.deepStrictEqual({ lines, stderr, status }, { lines: expected, stderr: '', status: 0 });
    });
  }

  writes('are one, however often the cache of modules is emptied', `
    const drop = () => Object.keys(require.cache).forEach((id) => delete require.cache[id]);
    const modules = [];
    const once = () => {
      const ringport = require(a);
      const { port1, port2 } = new ringport.MessageChannel();
      port1.postMessage({ n: 1 });
      ringport.receiveMessageOnPort(port2);
      port1.close();
      modules.push(new WeakRef(require.cache[a]));
      drop();
      module.children.length = 0;
      return ringport;
    };
    const first = once();
    const { getActiveResourcesInfo } = process;
    const { enterWith } = require('node:async_hooks').AsyncLocalStorage.prototype;
    let same = true;
    for (let i = 0; i < 50; i++) same &&= once() === first;
    note(same, process.getActiveResourcesInfo === getActiveResourcesInfo,
      require('node:async_hooks').AsyncLocalStorage.prototype.enterWith === enterWith, process.listenerCount('exit') < 2);
    setImmediate(() => {
      gc();
      note(modules.filter((ref) => ref.deref() !== undefined).length < 10);
    });`, [[true, true, true, true], [true]]);

  writes('are one in every context, and what they make is the main one\'s, as by Node', `
    const contexts = [1, 2].map(() => vm.createContext({ process: Object.create(process), console }));
    const loaded = contexts.map((context) => loadIn(context, a));
    note(loaded[0] === loaded[1], loaded[0] === require(a), loaded[0].active);
    for (const wt of [threads, loaded[0]]) {
      const { port1, port2 } = new wt.MessageChannel();
      const value = vm.runInContext('({ list: [new Map(), new Error("no")], date: new Date(1), bytes: new Uint8Array(2) })', contexts[0]);
      port1.postMessage(value);
      const { message } = wt.receiveMessageOnPort(port2);
      note(message instanceof Object, message.list instanceof Array, message.list[0] instanceof Map,
        message.list[1] instanceof Error, message.date instanceof Date, message.bytes instanceof Uint8Array);
      note(attempt(() => port1.postMessage(vm.runInContext('() => {}', contexts[0]))));
      try { port1.postMessage(Symbol.iterator); } catch (error) { note(error instanceof DOMException); }
      port1.close();
    }`, [
    [true, true, true],
    [true, true, true, true, true, true], [25], [true],
    [true, true, true, true, true, true], [25], [true],
  ]);

  writes('of one version are one in a thread, wherever they are installed', `
    note(require(a) === require(b), require(b).active);
    note(require(path.join(path.dirname(b), 'register.js')).register !== undefined);
    require(path.join(path.dirname(b), 'register.js')).unregister();`, [[true, true], [true]]);

  const between = (parent, child) => `
    const ours = require(${parent});
    const { port1, port2 } = new ours.MessageChannel();
    const worker = new ours.Worker(\`
      const { parentPort, workerData: { port } } = require(\${JSON.stringify(${child})});
      parentPort.on('message', (value) => {
        if (value !== 'end') return parentPort.postMessage(value);
        port.postMessage('by a port in workerData');
        port.close();
        parentPort.close();
      });\`, { eval: true, workerData: { port: port1 }, transferList: [port1] });
    let count = 0;
    let last;
    port2.on('message', (value) => {
      last = value;
    });
    worker.on('message', (value) => {
      if (value !== count) note('out of order', value, count);
      if (++count === 2000) worker.postMessage('end');
    });
    process.on('exit', () => note(last));
    worker.on('exit', (code) => note(count, code));
    for (let i = 0; i < 2000; i++) worker.postMessage(i);`;

  writes('of one version meet in a worker', between('a', 'b'), [[2000, 0], ['by a port in workerData']]);
  writes('and the other way round', between('b', 'a'), [[2000, 0], ['by a port in workerData']]);

  for (const [parent, child] of ['ac', 'ca']) {
    writes(`of two versions: all arrives in a worker (${parent}, ${child})`, `
      const worker = new (require(${parent}).Worker)(\`
        const ringport = require(\${JSON.stringify(${child})});
        ringport.parentPort.on('message', (value) => {
          ringport.parentPort.postMessage(value);
          if (value.last) ringport.parentPort.close();
        });\`, { eval: true });
      let count = 0;
      worker.on('message', ({ n }) => {
        if (n !== count++) note('out of order', n, count);
      });
      worker.on('exit', (code) => note(count, code));
      for (let n = 0; n < 5000; n++) worker.postMessage({ n, last: n === 4999 });`, [[5000, 0]]);
  }

  writes('of two versions: both in a worker of one', `
    const worker = new (require(a).Worker)(\`
      const { parentPort } = require(\${JSON.stringify(a)});
      const other = require(\${JSON.stringify(c)});
      if (other.parentPort !== parentPort) throw new Error('two ports');
      for (let count = 0; count < 5000;) {
        const received = other.receiveMessageOnPort(parentPort);
        if (received === undefined) continue;
        if (received.message !== count++) throw new Error('out of order');
      }
      parentPort.postMessage('all');\`, { eval: true });
    worker.on('message', (value) => note(value));
    worker.on('error', (error) => note(error.message));
    for (let n = 0; n < 5000; n++) worker.postMessage(n);`, [['all']]);

  writes('of two versions in one thread: what belongs to the other is refused, or works', `
    const ours = require(a);
    const others = require(c);
    const [own, other] = [ours, others].map((one) => new one.MessageChannel());
    note(ours === others, others.active);
    note(attempt(() => own.port1.postMessage({ port: other.port1 }, [other.port1])));
    note(attempt(() => own.port1.postMessage([other.port1])));
    note(attempt(() => own.port1.postMessage(1, [other.port1])));
    note(ours.receiveMessageOnPort(own.port2) === undefined);
    other.port1.postMessage('still there');
    note(ours.receiveMessageOnPort(other.port2));
    note(attempt(() => ours.MessagePort.from(other.port1.detach())));
    other.port2.ref();
    other.port2.on('close', () => {
      note('lost');
      own.port1.close();
    });`, [
    [false, true],
    ['ERR_RINGPORT_OTHER_COPY'], ['ERR_RINGPORT_OTHER_COPY'], ['ERR_RINGPORT_OTHER_COPY'],
    [true], [{ message: 'still there' }], ['ERR_RINGPORT_OTHER_COPY'], ['lost'],
  ]);
});
