'use strict';

/*
 * How ringport is loaded: what each thread loads and when, and how the code cache is
 * written, found and rejected.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const vm = require('node:vm');
const { spawn, spawnSync } = require('node:child_process');
const { createRequire } = require('node:module');

const root = path.resolve(__dirname, '../..');
const lib = path.join(root, 'lib');
const binary = process.env.RINGPORT_BINARY ?? path.join(root, 'build/Release/ringport.node');
const files = fs.readdirSync(lib, { recursive: true }).filter((name) => name.endsWith('.js'));

/**
 * An installed package in a folder of its own, so that its code cache is its own, too.
 */
function install(name = 'ringport') {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-start-'));
  const to = path.join(folder, name);

  fs.cpSync(path.join(root, 'dist'), path.join(to, 'dist'), {
    recursive: true, filter: (file) => !file.endsWith('.code'),
  });
  fs.cpSync(lib, path.join(to, 'lib'), { recursive: true });
  fs.mkdirSync(path.join(to, 'build/Release'), { recursive: true });
  fs.copyFileSync(binary, path.join(to, 'build/Release/ringport.node'));
  fs.copyFileSync(path.join(root, 'package.json'), path.join(to, 'package.json'));
  return to;
}

/* Before ringport: what is compiled as a script is noted, with what V8 says of its code
 * cache. */
const watch = `
  const vm = require('node:vm');
  const scripts = [];
  const { Script } = vm;
  vm.Script = class extends Script {
    constructor(text, options) {
      super(text, options);
      const cache = options.cachedData === undefined ? 'none' : this.cachedDataRejected ? 'refused' : 'taken';
      scripts.push([require('node:path').basename(options.filename, '.js'), cache]);
    }
  };
  /* But for what leaves the code cache, where there was none. */
  const names = () => scripts.splice(0).map(([name]) => name).filter((name) => name !== 'cold');
  const caches = () => [...new Set(scripts.map(([, cache]) => cache))];
  const cached = () => Object.keys(require('node:module')._cache).filter((file) => file.startsWith(home))
    .map((file) => require('node:path').basename(file));`;

/* A message of each kind from a port to another: much of the library is used for it. */
const use = `
  const used = () => {
    const { port1, port2 } = new ringport.MessageChannel();
    const values = [1, 'two', { three: [3] }, new Map([[4, new Date(5)]]), new TypeError('six')];
    for (const value of values) port1.postMessage(value);
    const got = values.map(() => ringport.receiveMessageOnPort(port2).message);
    port1.close();
    return require('node:util').isDeepStrictEqual(got.slice(0, 4), values.slice(0, 4)) && got[4].message === 'six';
  };`;

const head = (home) => `const home = ${JSON.stringify(home)};
  const note = (...entry) => require('node:fs').writeSync(1, JSON.stringify(entry) + '\\n');
  ${watch}${use}`;

/** What the environment has of ours and of the tools that run us. */
const env = { ...process.env, NODE_V8_COVERAGE: undefined, NODE_OPTIONS: undefined, RINGPORT_BINARY: undefined };

/** Run a program in a process of its own. @returns what it has noted */
function play(home, program, { args = [], more = {}, ext = 'cjs', shell = [] } = {}) {
  const file = path.join(path.dirname(home), `program.${ext}`);

  fs.writeFileSync(file, ext === 'cjs' ? `${head(home)}\n${program}` : program);

  const [command, ...words] = [...shell, process.execPath, ...args, file];
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', env: { ...env, ...more } });

  assert.strictEqual(status, 0, stderr);
  assert.strictEqual(stderr, '');
  return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/**
 * A program that uses the library, and what that notes with a code cache that is `cache`.
 */
const main = `
  const ringport = require(home);
  note(ringport.active, used(), caches());`;
const fine = (...cache) => [[true, true, cache]];

const codeOf = (home) => path.join(home, 'dist/.code');
const codeFiles = (home) => fs.readdirSync(codeOf(home)).sort();

describe('start: what a thread loads', function () {
  this.timeout(0);

  let home;

  before(() => { home = install(); });
  after(() => fs.rmSync(path.dirname(home), { recursive: true }));

  it('what it loads is ASCII: it is read as latin1', () => {
    for (const folder of [lib, path.join(root, 'dist')]) {
      for (const name of fs.readdirSync(folder, { recursive: true })) {
        if (!/\.(js|txt)$/.test(name)) continue;
        assert.doesNotMatch(fs.readFileSync(path.join(folder, name), 'latin1'), /[^\x00-\x7f]/, name);
      }
    }
  });

  it('the library names its files literally: bundlers find them', () => {
    for (const name of files) {
      const text = fs.readFileSync(path.join(lib, name), 'latin1');

      /* What the workers of pools, streams and synckit run are files of the program. */
      for (const [, id] of text.matchAll(/\brequire\((?!')([^)]+)\)/g)) {
        if (!/^(?:pool|stream|synckit)-worker\.js$/.test(name) || id !== 'file') assert.fail(`require(${id}) in ${name}`);
      }
      for (const [, id] of text.matchAll(/\brequire\('(\.[^']*)'\)/g)) {
        const file = path.join(lib, path.dirname(name), id);
        const isMade = id === './first.js'; // by scripts/bundle.js

        assert.ok(isMade || fs.existsSync(file) || fs.existsSync(`${file}.js`), `${id} in ${name}`);
      }
    }
  });

  it('the main thread loads the rest when it is used', () => {
    play(home, main); // leaves the code cache

    const [[loaded, cache], [worker], [channel], [ring]] = play(home, `
      const ringport = require(home);
      note(names(), cached());
      ringport.Worker;
      note(names());
      ringport.MessageChannel;
      note(names());
      ringport.RingBuffer;
      note(names());`);

    assert.deepStrictEqual([loaded, cache.sort()], [['start'], ['index.js']]);
    assert.deepStrictEqual([worker, channel, ring], [[], ['ports'], ['ringbuffer']]);
  });

  it('a worker loads one file and one script', () => {
    const program = `
      const ringport = require(home);
      new ringport.Worker(\`const home = \${JSON.stringify(home)};
        ${watch}
        const ringport = require(home);
        ringport.parentPort.on('message', (message) => {
          ringport.parentPort.postMessage([message, names(), cached(), ringport.threadId > 0]);
          ringport.parentPort.close();
        });\`, { eval: true }).on('message', (message) => note(...message)).postMessage('by Node');`;

    play(home, program); // leaves the code cache
    assert.deepStrictEqual(play(home, program), [['by Node', ['child'], ['index.js'], true]]);
  });

  it('import loads the classes, and no port, ring or codec', function () {
    const [major, minor] = process.versions.node.split('.').map(Number);
    const isQuick = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);

    if (!isQuick) this.skip();
    fs.mkdirSync(path.join(path.dirname(home), 'node_modules'));
    fs.symlinkSync(home, path.join(path.dirname(home), 'node_modules/ringport'), 'junction');

    const text = `
      import { createRequire } from 'node:module';
      import { writeSync } from 'node:fs';
      import ringport, * as names from 'ringport';
      const require = createRequire(import.meta.url);
      const theirs = require('ringport');
      const own = Object.keys(theirs).filter((name) => names[name] !== theirs[name]);
      const same = own.length === 0 && theirs === ringport && theirs.RingBuffer === names.RingBuffer;
      new ringport.MessageChannel().port1.close();
      writeSync(1, JSON.stringify([same, globalThis.scripts]) + '\\n');`;

    const preload = path.join(path.dirname(home), 'preload.cjs');

    fs.writeFileSync(preload, `${head(home)}\nglobalThis.scripts = scripts; vm.Script.own = true;`);

    const [[same, scripts]] = play(home, text, { ext: 'mjs', args: ['-r', preload] });

    assert.deepStrictEqual([same, scripts.slice(0, 3).map(([name]) => name).sort()],
      [true, ['ports', 'ringbuffer', 'start']]);
    fs.rmSync(path.join(path.dirname(home), 'node_modules'), { recursive: true });
  });

  it('under register nothing is loaded before somebody asks for it, nor by unregister()', () => {
    const [before, same, after] = play(home, `
      const builtins = () => process.moduleLoadList.includes('NativeModule module');
      const had = builtins();
      const { unregister } = require(home + '/dist/register.js');
      const threads = require('node:worker_threads');
      note(names(), had === builtins());
      const { get } = Object.getOwnPropertyDescriptor(threads, 'Worker');
      const { MessageChannel, Worker } = threads;
      const ringport = require(home);
      note(typeof get, MessageChannel === ringport.MessageChannel, Worker === ringport.Worker,
        globalThis.MessageChannel === MessageChannel, globalThis.MessagePort === ringport.MessagePort,
        Object.getOwnPropertyDescriptor(threads, 'Worker').value === Worker, names());
      unregister();
      note(threads.Worker === Object.getPrototypeOf(Worker), globalThis.MessageChannel === MessageChannel);`);

    assert.deepStrictEqual(before, [['start', 'registration'], true]);
    assert.deepStrictEqual(same, ['function', true, true, true, true, true, ['ports']]);
    assert.deepStrictEqual(after, [true, false]);

    assert.deepStrictEqual(play(home, `
      const theirs = { ...require('node:worker_threads') };
      const { unregister } = require(home + '/dist/register.js');
      names();
      unregister();
      const threads = require('node:worker_threads');
      note(Object.keys(theirs).filter((name) => theirs[name] !== threads[name]), names(),
        MessageChannel === theirs.MessageChannel, require('node:module').register.length);`),
    [[[], [], true, require('node:module').register.length]]);
  });

  it('register waits for node:module, which has module.register', () => {
    assert.deepStrictEqual(play(home, `
      const { register, unregister } = require(home + '/dist/register.js');
      const Module = module.constructor;
      const before = Module.register;
      const { register: ours } = require('node:module');
      unregister();
      const { register: theirs } = require('node:module');
      register();
      note(before === undefined, ours !== theirs, ours.name === theirs.name, Module.register === ours);`),
    [[true, true, true, true]]);
  });

  it('lib/ and dist/ of a package are one in a thread, and so is what is loaded twice', () => {
    for (const [one, other] of [['lib', 'dist'], ['dist', 'lib'], ['dist', 'dist']]) {
      assert.deepStrictEqual(play(home, `
        const first = require(home + '/${one}');
        const isOwn = (id) => id.startsWith(home);
        for (const id of Object.keys(require.cache)) if (isOwn(id)) delete require.cache[id];
        const second = require(home + '/${other}');
        const { register, unregister } = require(home + '/${other}/register.js');
        register();
        const { MessagePort } = require('node:worker_threads');
        unregister();
        note(first === second, MessagePort === first.MessagePort,
          require('node:worker_threads').MessagePort === first.MessagePort);`), [[true, true, false]], one);
    }
  });

  it('a thread with lib/ and its parent with dist/ understand each other, with ports and under register', () => {
    for (const [parent, child] of [['lib', 'dist'], ['dist', 'lib']]) {
      for (const args of [[], ['-r', path.join(home, parent, 'register.js')]]) {
        assert.deepStrictEqual(play(home, `
          const ringport = require(home + '/${parent}');
          const { port1, port2 } = new ringport.MessageChannel();
          const { port1: inData, port2: there } = new ringport.MessageChannel();
          const worker = new ringport.Worker(\`
            const { parentPort, workerData, MessagePort } = require(\${JSON.stringify(home)} + '/${child}');
            workerData.port.postMessage({ map: new Map([[1, 2]]) });
            parentPort.once('message', ({ port }) => {
              port.postMessage([port instanceof MessagePort, parentPort.postMessages !== undefined]);
              parentPort.postMessage({ port }, [port]);
              parentPort.close();
            });\`, { eval: true, workerData: { port: there }, transferList: [there] });
          worker.postMessage({ port: port2 }, [port2]);
          const heard = (port) => new Promise((resolve) => port.once('message', resolve));
          Promise.all([inData, port1, worker].map(heard)).then(([{ map }, said, { port }]) => {
            note(map.get(1), said, port instanceof ringport.MessagePort);
            for (const end of [inData, port1, port]) end.close();
          });`, { args }), [[2, [true, true], true]], `${parent}, ${child}, ${args}`);
      }
    }
  });

  it('copies of one version in two folders are one, though the first loads more when the second is there', () => {
    const other = install();

    assert.deepStrictEqual(play(home, `
      const one = require(home);
      const two = require(${JSON.stringify(other)});
      const { MessageChannel } = one;
      for (const copy of [one, two]) {
        const { port1, port2 } = new copy.MessageChannel();
        port1.postMessage({ by: 'port' });
        note(copy.receiveMessageOnPort(port2), port1 instanceof one.MessagePort);
        port1.close();
      }`), [[{ message: { by: 'port' } }, true], [{ message: { by: 'port' } }, true]]);
    fs.rmSync(path.dirname(other), { recursive: true });
  });

  it('for a bundler or a test runner with modules of its own it is plain require', () => {
    const index = path.join(home, 'dist/index.js');
    const real = createRequire(index);

    for (const own of [{}, { parsingContext: vm.createContext() }]) {
      const module = { exports: {} };
      const requires = [];
      const require = Object.assign((id) => {
        requires.push(id);
        return id.startsWith('.') ? { start: (...args) => ({ stub: args }) } : real(id);
      }, { cache: {} });

      vm.compileFunction(fs.readFileSync(index, 'latin1'),
        ['exports', 'require', 'module', '__filename', '__dirname'],
        { filename: index, ...own })(module.exports, require, module, index, path.dirname(index));
      assert.deepStrictEqual(module.exports.stub.slice(0, 2), [module, false]);
      assert.deepStrictEqual(requires.filter((id) => id.startsWith('.')), ['./first.js']);
    }
  });
});

describe('start: nothing is opened in the middle of a message', function () {
  this.timeout(0);

  let home;

  beforeEach(() => { home = install(); });
  afterEach(() => fs.rmSync(path.dirname(home), { recursive: true }));

  it('the package can be gone', () => {
    assert.deepStrictEqual(play(home, `
      const ringport = require(home);
      require('node:fs').rmSync(home + '/dist', { recursive: true });
      note(used());
      new ringport.Worker('', { eval: true }).on('exit', (code) => note(code));
      note(new ringport.RingBuffer(64).tryWrite('x'), ringport.serialize([1]).length > 0);`),
    [[true], [true, true], [0]]);
  });

  it('the process can have no file left to open', function () {
    if (process.platform === 'win32') this.skip();
    assert.deepStrictEqual(play(home, `
      const fs = require('node:fs');
      const ringport = require(home);
      require('node:util').isDeepStrictEqual([1], [1]);
      const open = [];
      let code;
      while (code === undefined) {
        try { open.push(fs.openSync(__filename)); } catch (error) { ({ code } = error); }
      }
      const isFine = used();
      for (const one of open) fs.closeSync(one);
      note(code, isFine);`, { shell: ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'] }), [['EMFILE', true]]);
  });

  it('where the text cannot be read at once, each script is a module', () => {
    fs.rmSync(path.join(home, 'dist/scripts.txt'));
    assert.deepStrictEqual(play(home, main), fine());

    fs.writeFileSync(path.join(home, 'dist/scripts.txt'), 'of another version\n');
    assert.deepStrictEqual(play(home, main), fine());
  });
});

describe('start: the code cache', function () {
  this.timeout(0);

  let home;

  beforeEach(() => { home = install(); });
  afterEach(() => fs.rmSync(path.dirname(home), { recursive: true }));

  it('the first process leaves it, and the next ones take it', () => {
    assert.deepStrictEqual(play(home, main), fine('none'));

    const left = codeFiles(home);

    assert.ok(left.length > 3 && left.every((name) => name.includes(process.version)), left);
    assert.deepStrictEqual(play(home, main), fine('taken'));
    assert.deepStrictEqual(play(home, main), fine('taken'));
    assert.deepStrictEqual(codeFiles(home), left);
  });

  it('what is damaged, cut off or of another script is not looked at, and made anew', () => {
    const damages = {
      damaged: (bytes) => { bytes[bytes.length >> 1] ^= 1; return bytes; },
      'cut off': (bytes) => bytes.subarray(0, bytes.length - 9),
      'cut off at the front': (bytes) => bytes.subarray(8),
      empty: () => Buffer.alloc(0),
      'of one byte': () => Buffer.alloc(1),
    };

    play(home, main);
    for (const [name, damage] of Object.entries(damages)) {
      for (const file of codeFiles(home)) {
        const place = path.join(codeOf(home), file);

        fs.writeFileSync(place, damage(fs.readFileSync(place)));
      }
      assert.deepStrictEqual(play(home, main), fine('none'), name);
    }

    /* Whole, but those of other scripts. */
    const all = codeFiles(home).map((name) => path.join(codeOf(home), name));
    const texts = all.map((place) => fs.readFileSync(place));

    all.forEach((place, i) => fs.writeFileSync(place, texts[(i + 1) % texts.length]));
    assert.deepStrictEqual(play(home, main), fine('none'));
  });

  it('each set of flags has its own, whatever the program on the command line is', () => {
    play(home, main);

    const count = codeFiles(home).length;

    assert.deepStrictEqual(play(home, main, { args: ['--stack-size=900'] }), fine('none'));
    assert.strictEqual(codeFiles(home).length, 2 * count);
    assert.deepStrictEqual(play(home, main, { args: ['--stack-size=900'] }), fine('taken'));
    assert.deepStrictEqual(play(home, main), fine('taken'));

    for (const text of ['1', '2']) {
      spawnSync(process.execPath, ['-e', `require(${JSON.stringify(home)}); ${text}`], { env });
      spawnSync(process.execPath, ['--title=' + text, '-e', `require(${JSON.stringify(home)})`], { env });
    }
    assert.strictEqual(codeFiles(home).length, 2 * count);
  });

  it('one that the engine refuses is made anew', () => {
    play(home, main);
    /* V8 looks at the flags; that they are others does not show in the name. */
    for (const name of codeFiles(home)) fs.rmSync(path.join(codeOf(home), name));
    play(home, main, { args: ['--no-lazy-feedback-allocation'] });

    const seen = play(home, `
      require('node:v8').setFlagsFromString('--no-flush-bytecode');
      ${main}`);

    assert.strictEqual(seen[0][1], true);
  });

  it('a folder that cannot be written changes nothing', () => {
    fs.writeFileSync(codeOf(home), 'a file');
    for (let i = 0; i < 2; i++) assert.deepStrictEqual(play(home, main), fine('none'));
    assert.strictEqual(fs.readFileSync(codeOf(home), 'utf8'), 'a file');
  });

  it('threads take from each other what no process has left', () => {
    fs.writeFileSync(codeOf(home), 'a file');
    assert.deepStrictEqual(play(home, `
      const ringport = require(home);
      const next = (n) => n < 3 && new ringport.Worker(\`const home = \${JSON.stringify(home)};
        ${watch}${use.replaceAll('\\', '\\\\')}
        const ringport = require(home);
        used();
        ringport.parentPort.postMessage(caches());\`, { eval: true })
        .on('message', (message) => note(...message)).on('exit', () => next(n + 1));
      next(0);`), [['none'], ['taken'], ['taken']]);
  });

  it('processes that end at the same time leave whole files', async () => {
    const file = path.join(path.dirname(home), 'program.cjs');

    fs.writeFileSync(file, `${head(home)}\n${main}`);
    await Promise.all(Array.from({ length: 6 }, () => new Promise((resolve) => {
      spawn(process.execPath, [file], { env }).on('exit', resolve);
    })));
    assert.deepStrictEqual(codeFiles(home).filter((name) => /\.\d+$/.test(name)), []);
    assert.deepStrictEqual(play(home, main), fine('taken'));
  });

  it('its files do not become ever more', () => {
    fs.mkdirSync(codeOf(home));
    for (let i = 0; i < 201; i++) fs.writeFileSync(path.join(codeOf(home), `start-${i}`), 'old');
    play(home, main);
    assert.ok(codeFiles(home).length < 30);
    assert.deepStrictEqual(play(home, main), fine('taken'));
  });

  it('coverage is taken of files', () => {
    const folder = path.join(path.dirname(home), 'coverage');

    assert.deepStrictEqual(play(home, main, { more: { NODE_V8_COVERAGE: folder } }), fine());

    const covered = fs.readdirSync(folder)
      .flatMap((name) => JSON.parse(fs.readFileSync(path.join(folder, name))).result);

    assert.ok(covered.some(({ url }) => url.endsWith('/dist/start.js')), 'dist/start.js');
    assert.strictEqual(fs.existsSync(codeOf(home)), false);
  });

  for (const flag of ['--frozen-intrinsics', '--disallow-code-generation-from-strings', '--preserve-symlinks',
    '--enable-source-maps', '--no-node-snapshot']) {
    it(`it works with ${flag}`, () => {
      const program = flag === '--frozen-intrinsics'
        ? `const ringport = require(home); note(ringport.active, used(), []);` : main;
      const args = [flag, '--no-warnings'];
      const plain = flag === '--frozen-intrinsics' ? fine() : fine('none');

      assert.deepStrictEqual(play(home, program, { args }), plain);
      assert.strictEqual(play(home, program, { args })[0][1], true);
    });
  }
});

describe('start: where the package is', function () {
  this.timeout(0);

  for (const name of ['with space', 'Ünï-cödé 🐎 日本', "it's 100% #1?"]) {
    it(`in a folder called ${name}`, () => {
      const home = install(name);

      assert.deepStrictEqual(play(home, main), fine('none'));
      assert.deepStrictEqual(play(home, main), fine('taken'));
      assert.deepStrictEqual(play(home, `
        const { Worker } = require(home);
        new Worker(\`const { parentPort } = require(\${JSON.stringify(home)});
          parentPort.postMessage(parentPort.postMessages.name);\`, { eval: true }).on('message', (m) => note(m));`),
      [['postMessages']]);
      fs.rmSync(path.dirname(home), { recursive: true });
    });
  }

  it('behind a symbolic link', () => {
    const home = install();
    const link = path.join(path.dirname(home), 'link');

    fs.symlinkSync(home, link, 'junction');
    assert.deepStrictEqual(play(home, main), fine('none'));
    assert.deepStrictEqual(play(home, main.replace('(home)', `(${JSON.stringify(link)})`)), fine('taken'));
    fs.rmSync(path.dirname(home), { recursive: true });
  });

  it('in a file system of the process only, as in an archive', () => {
    const home = install();
    const moved = `${home}-moved`;

    fs.renameSync(path.join(home, 'dist'), moved);
    assert.deepStrictEqual(play(home, `
      const fs = require('node:fs');
      const inside = (file) => String(file).replace(home + '/dist', ${JSON.stringify(moved)});
      for (const name of ['readFileSync', 'existsSync', 'statSync', 'realpathSync']) {
        const real = fs[name];
        fs[name] = (file, ...rest) => real(inside(file), ...rest);
      }
      const Module = require('node:module');
      const index = home + '/dist/index.js';
      const load = (file) => {
        const module = new Module(file);
        module.filename = file;
        module.require = (id) => (id.startsWith('.') ? load(home + '/dist/' + id.slice(2)) : require(id));
        module._compile(fs.readFileSync(file, 'utf8'), file);
        return module.exports;
      };
      const _load = Module._load;
      Module._load = (id, ...rest) =>
        (id.startsWith('./') ? load(home + '/dist/' + id.slice(2)) : _load(id, ...rest));
      const ringport = load(index);
      note(ringport.active, used(), caches());`), fine()); // the addon sees no such file: modules
    fs.rmSync(path.dirname(home), { recursive: true });
  });
});
