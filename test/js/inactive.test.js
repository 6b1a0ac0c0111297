'use strict';

/*
 * Without its addon, or on an unsupported runtime, ringport exports worker_threads and
 * reports why.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { runtimes } = require('../../scripts/runtimes');
const ringport = require('../../lib');

const lib = path.resolve(__dirname, '../../lib');
const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';

/* What a program writes with note() is what is compared. */
const head = (where) => `const fs = require('node:fs');
const threads = require('node:worker_threads');
const lib = ${JSON.stringify(where)};
const note = (...entry) => fs.writeSync(1, JSON.stringify(entry) + '\\n');
const codeOf = (call) => { try { return call() ?? 'fine'; } catch (error) { return error.code ?? error.message; } };
`;

/** @returns {{ lines: unknown[], stderr: string, status: number | null }} */
function play(program, { command = process.execPath, args = [], where = lib, env = {}, ext = 'cjs' } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-inactive-'));
  const file = path.join(dir, `program.${ext}`);

  fs.writeFileSync(file, (ext === 'cjs' ? head(where) : '') + program);
  try {
    const { status, signal, stdout, stderr } = spawnSync(command, [...args, file], {
      encoding: 'utf8',
      timeout: 50000,
      env: {
        ...process.env,
        RINGPORT_REQUIRED: '',
        RINGPORT_BINARY: undefined, // where there is to be none
        NODE_V8_COVERAGE: undefined,
        ...env,
      },
    });

    return { status: status ?? signal, stderr, lines: stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line)) };
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
}

/** @returns what was noted, if the program ended well */
function notesOf(program, options) {
  const { lines, stderr, status } = play(program, options);

  assert.strictEqual(status, 0, stderr);
  return lines;
}

/* What every runtime must do. */
const everything = `
  const ringport = require(lib);
  note('active', ringport.active);
  note('changed', Object.keys(threads).filter((name) => ringport[name] !== threads[name]));
  note('codec', ringport.deserialize(ringport.serialize({ list: [1, 'two', new Map([[3, null]])] })).list[2].get(3));
  note('throw', [
    () => new ringport.RingBuffer(64), () => ringport.setIdleStrategy({}), () => ringport.getIdleStrategy(),
    () => ringport.threads(), () => ringport.MessagePort.from({}), () => ringport.Worker.prototype.postMessages([]),
    () => ringport.wrap({}), () => ringport.Worker.prototype.request(1), () => ringport.Worker.prototype.drained(),
  ].map(codeOf));
  const { port1, port2 } = new ringport.MessageChannel();
  note('ports', codeOf(() => port1.postMessages([1])), codeOf(() => port1.detach()), codeOf(() => port1.stats()));
  port2.on('message', (message) => {
    note('message', message);
    port1.close();
  });
  port1.postMessage({ hello: 'there' });
`;
const expected = [
  ['active', false],
  ['changed', []],
  ['codec', null],
  ['throw', new Array(9).fill('ERR_RINGPORT_INACTIVE')],
  ['ports', 'ERR_RINGPORT_INACTIVE', 'ERR_RINGPORT_INACTIVE', 'ERR_RINGPORT_INACTIVE'],
  ['message', { hello: 'there' }],
];

/** The lines of a warning in what a process wrote to stderr. */
const warnings = (stderr) => stderr.split('\n').filter((line) => line.includes('RingportWarning'));

describe('inactive: where ringport cannot run it is worker_threads', function () {
  this.timeout(0);

  /** A copy of the package without a binary. */
  let bare;

  before(() => {
    bare = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-bare-')), 'lib');
    fs.cpSync(lib, bare, { recursive: true });
  });

  after(() => fs.rmSync(path.dirname(bare), { recursive: true }));

  const noAddons = { args: ['--no-addons'] };
  const noPermission = { args: [permission, '--allow-fs-read=*', '--allow-worker'] };

  for (const [title, reason, given] of [
    ['where no binary is', /there is no binary.*npx ringport-build/, () => ({ where: bare })],
    ['under --no-addons', /--no-addons is in effect/, () => noAddons],
    ['under the permission model', /allow it by --allow-addons/, () => noPermission],
  ]) {
    it(`${title} it exports what worker_threads exports, and says why`, () => {
      const { lines, stderr, status } = play(everything, given());

      assert.deepStrictEqual([lines, status], [expected, 0], stderr);
      assert.strictEqual(warnings(stderr).length, 1, stderr);
      assert.match(stderr, /\[ERR_RINGPORT_INACTIVE\] RingportWarning: ringport is inactive/);
      assert.match(stderr, reason);
    });

    it(`${title} it is the error it was if RINGPORT_REQUIRED is 1`, () => {
      const { lines, stderr } = play('note(codeOf(() => require(lib)));', { ...given(), env: { RINGPORT_REQUIRED: '1' } });

      assert.match(lines[0][0], /^ERR_(?:DLOPEN_DISABLED|RINGPORT_NO_BINARY)$/);
      assert.deepStrictEqual(warnings(stderr), []);
    });
  }

  /* Every symbol that any file of ours cannot do without. */
  const needed = new Set(fs.readdirSync(lib, { recursive: true })
    .filter((name) => name.endsWith('.js'))
    .flatMap((name) => [...fs.readFileSync(path.join(lib, name), 'latin1').matchAll(/\bsymbol\(\S+, '(\w+)'\)/g)])
    .map(([, name]) => name));

  for (const name of [...needed, 'nodejs.internal.kHybridDispatch']) {
    it(`a Node without ${name} is found out before the addon is opened`, () => {
      const { lines, stderr, status } = play(`
        const { getOwnPropertySymbols } = Object;
        Object.getOwnPropertySymbols = (object) =>
          getOwnPropertySymbols(object).filter((symbol) => symbol.description !== ${JSON.stringify(name)});
        process.dlopen = () => note('opened');
        ${everything}`);

      assert.deepStrictEqual([lines, status], [expected, 0], stderr);
      assert.match(stderr, new RegExp(`ringport does not support Node v.*: Node's classes have no ${name} there`));
    });
  }

  it('what is ours beside worker_threads is there, all of it', () => {
    const [[names, port, statics, worker]] = notesOf(`
      const { Worker, MessagePort } = threads;
      const known = [MessagePort.prototype, MessagePort, Worker.prototype].map((object) => Object.getOwnPropertyNames(object));
      const ringport = require(lib);
      note(Object.keys(ringport), ...[MessagePort.prototype, MessagePort, Worker.prototype].map((object, i) =>
        Object.getOwnPropertyNames(object).filter((name) => !known[i].includes(name))));`, noAddons);

    assert.deepStrictEqual(names.sort(), Object.keys(ringport).sort());

    /* Properties that are set, and not called, have no effect there. */
    const isOurs = (name) =>
      !/^(?:receiveViews|writable.+|constructor|name|length|prototype)$/.test(name);
    const nodes = require('node:worker_threads');
    const beside = (ours, theirs) => {
      const found = [];

      /* Some are in a class of ours between the two. */
      for (let at = ours; at !== theirs && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
        found.push(...Object.getOwnPropertyNames(at).filter((name) => isOurs(name) && !(name in theirs)));
      }
      return found.sort();
    };

    assert.deepStrictEqual(port.sort(), beside(ringport.MessagePort.prototype, nodes.MessagePort.prototype));
    assert.deepStrictEqual(statics.sort(), beside(ringport.MessagePort, nodes.MessagePort));
    assert.deepStrictEqual(worker.sort(), beside(ringport.Worker.prototype, nodes.Worker.prototype));
  });

  it('iterating over a port and asking for its streams fails, and says why', () => {
    const lines = notesOf(`
      const { port1 } = new (require(lib).MessageChannel)();

      note('iterate', codeOf(() => port1[Symbol.asyncIterator]()));
      note('readable', codeOf(() => port1.readable), codeOf(() => port1.writable));`, noAddons);

    assert.deepStrictEqual(lines, [['iterate', 'ERR_RINGPORT_INACTIVE'],
      ['readable', 'ERR_RINGPORT_INACTIVE', 'ERR_RINGPORT_INACTIVE']]);
  });

  it('a process is warned once, whatever loads ringport in it', () => {
    const { lines, stderr } = play(`
      note(require(lib).active);
      for (const id of Object.keys(require.cache)) delete require.cache[id];
      note(require(lib).active);
      new threads.Worker(\`require('node:worker_threads').parentPort.postMessage(require(\${JSON.stringify(lib)}).active)\`,
        { eval: true }).on('message', (message) => note(message));`, noAddons);

    assert.deepStrictEqual([lines, warnings(stderr).length], [[[false], [false], [false]], 1], stderr);
  });

  it('a mistake in RINGPORT_SPIN stays an error', () => {
    assert.deepStrictEqual(notesOf('note(codeOf(() => require(lib).active));', { env: { RINGPORT_SPIN: 'much' } }),
      [['ERR_OUT_OF_RANGE']]);
  });

  it('import gives the same', () => {
    const url = JSON.stringify(`file://${lib.replaceAll('\\', '/')}/index.mjs`);

    assert.deepStrictEqual(notesOf(`
      import ringport, { active, MessageChannel, RingBuffer, serialize } from ${url};
      import threads from 'node:worker_threads';
      console.log(JSON.stringify([active, MessageChannel === threads.MessageChannel, RingBuffer === ringport.RingBuffer,
        serialize(1).length > 0]));`, { ...noAddons, ext: 'mjs' }), [[false, true, true, true]]);
  });

  it('ringport/register registers nothing', () => {
    const { lines, stderr, status } = play(`
      const { register, unregister } = require(lib + '/register.js');
      register();
      unregister();
      note(MessageChannel === threads.MessageChannel, 'detach' in MessagePort.prototype, process.execArgv.length);
      new threads.Worker('console.log(1)', { eval: true, execArgv: [] });`,
    { args: ['--no-addons', '-r', path.join(lib, 'register.js')] });

    assert.deepStrictEqual([lines, status], [[[true, true, 3], 1], 0], stderr);
    assert.strictEqual(warnings(stderr).length, 1, stderr);
  });

  it('a worker without addons answers a parent that has ringport', () => {
    const text = `const { parentPort, active } = require(${JSON.stringify(lib)});
      parentPort.on('message', (n) => {
        parentPort.postMessage([active, n]);
        if (n === 20) parentPort.close();
      });`;
    const notes = notesOf(`
      const ringport = require(lib);
      const worker = new ringport.Worker(${JSON.stringify(text)}, { eval: true, execArgv: ['--no-addons'] });
      worker.on('message', (m) => note(...m)).on('exit', (code) => note('exit', code));
      for (let i = 0; i <= 20; i++) worker.postMessage(i);`);

    assert.deepStrictEqual(notes, [...Array.from({ length: 21 }, (_, i) => [false, i]), ['exit', 0]]);
  });

  it('a worker without addons has the flags that it was given, though its parent is registered', () => {
    const text = `const { workerData, parentPort, MessageChannel } = require('node:worker_threads');
      const { active } = require(${JSON.stringify(lib)});
      parentPort.postMessage([workerData, process.execArgv, active]);`;
    const notes = notesOf(`
      new threads.Worker(${JSON.stringify(text)}, { eval: true, execArgv: ['--no-addons'], workerData: 5 })
        .on('message', (m) => note(...m)).on('error', (error) => note(error.message));`,
    { args: ['-r', path.join(lib, 'register.js')] });

    assert.deepStrictEqual(notes, [[5, ['--no-addons'], false]]);
  });

  it('a start that succeeds does not load what is for those that do not', () => {
    assert.deepStrictEqual(notesOf(`
      note(require(lib).active, Object.keys(require.cache).filter((id) => id.endsWith('inactive.js')));`), [[true, []]]);
  });

  if (process.platform !== 'win32') {
    for (const { name, command, args } of runtimes()) {
      it(`on ${name} it is that runtime's worker_threads`, () => {
        const { lines, stderr, status } = play(everything, { command, args });

        assert.deepStrictEqual([lines, status], [expected, 0], stderr);
        assert.strictEqual(warnings(stderr).length, 1, stderr);
        assert.match(stderr, new RegExp(`ringport does not support ${name}`));
      });
    }
  }
});
