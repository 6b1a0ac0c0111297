'use strict';

/*
 * `ringport/register`, loaded in each possible way: threads use ringport, and see the
 * same flags, environment and options as without it.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { run } = require('./support/differential');
const { reference } = require('./support/implementations');

const fixture = (name) => path.join(__dirname, 'fixtures', name);
const register = path.resolve(__dirname, '../../lib/register.js');

const isOurs = (line) => line.startsWith('["ours"');

/** @returns what the program wrote, what it said of ringport, and how it ended */
async function play(preload, flags, program, env) {
  const { lines, ...end } = await run(reference, [...flags, ...program], {
    limit: 60000, env: { ...process.env, ...env },
  });
  const other = lines.filter((line) => !isOurs(line));

  return { ...end, ours: lines.filter(isOurs), lines: other.map((line) => line.replaceAll(preload, 'PRELOAD')) };
}

/** The program writes the same with and without, and has ringport in every thread. */
async function assertSame(program, load) {
  const [expected, actual] = await Promise.all([fixture('nothing.js'), register].map((preload) => {
    const { flags = [], env = {} } = load(preload);

    return play(preload, flags, program, env);
  }));

  assert.deepStrictEqual({ ...actual, ours: null }, { ...expected, ours: null });
  assert.deepStrictEqual([...new Set(actual.ours)], ['["ours",true]']);
  assert.strictEqual(actual.ours.length, expected.ours.length);
}

const WAYS = {
  '-r': (file) => ({ flags: ['-r', file] }),
  '--require=': (file) => ({ flags: [`--require=${file}`] }),
  '--import': (file) => ({ flags: ['--import', pathToFileURL(file).href] }),
  'NODE_OPTIONS': (file) => ({ env: { NODE_OPTIONS: `--require ${JSON.stringify(file)}` } }),
  '-r, among flags of the process': (file) => ({
    flags: ['--expose-gc', '--title=a title', '--no-deprecation', '-r', file, '--no-warnings'],
  }),
  '--import, among flags of the process': (file) => ({
    flags: ['--expose-gc', '--title=a title', '--no-deprecation', '--import', pathToFileURL(file).href],
  }),
};

describe('register, in threads', function () {
  this.timeout(0);

  for (const [way, load] of Object.entries(WAYS)) {
    it(`by ${way}: threads are as without, and have ringport`, () => {
      return assertSame([fixture('threads-app.js')], load);
    });
  }

  it('by require, in the middle of a program', () => {
    const text = (file) => `require(${JSON.stringify(file)}); require(${JSON.stringify(fixture('threads-app.js'))});`;

    return assertSame([], (file) => ({ flags: ['--expose-gc', '-e', text(file)] }));
  });

  for (const [title, flags, ways] of [
    ['flags of every kind', [], ['-r', '--import']],
    ['flags of every kind, and the process has some that threads cannot have', [
      '--expose-gc', '--title=a title', '--experimental-shadow-realm', '--max-old-space-size=500', '-C', 'a',
    ], ['-r', '--import']],
  ]) {
    for (const way of ways) {
      it(`${title}: process.execArgv is what Node makes of them, by ${way}`, async () => {
        const name = (file) => (way === '-r' ? file : pathToFileURL(file).href);
        const [expected, actual] = await Promise.all([fixture('nothing.js'), register].map((preload) => play(
          name(preload), [...flags, way, name(preload)], [fixture('flags-app.js')])));

        assert.deepStrictEqual(actual, expected);
        assert.notStrictEqual(actual.lines.length, 0);
      });
    }
  }

  it('a thread without addons runs without the library, and hears its parent', async () => {
    const text = `const { Worker } = require('node:worker_threads');
      const { note } = require(${JSON.stringify(fixture('app.js'))});
      const source = "const { parentPort, workerData } = require('node:worker_threads');" +
        "parentPort.on('message', (m) => { parentPort.postMessage([m, workerData, process.execArgv]);" +
        "if (m === 999) parentPort.close(); })";
      for (const execArgv of [['--no-addons'], ['--no-addons', '--no-warnings']]) {
        const worker = new Worker(source, { eval: true, execArgv, workerData: { a: [1] } });
        let sum = 0;

        worker.on('message', ([m, ...rest]) => {
          sum += m;
          if (m % 500 === 0) note(m, ...rest);
        });
        worker.on('error', ({ message }) => note('error', message)).on('exit', (code) => note('exit', code, sum));
        for (let n = 0; n < 1000; n++) worker.postMessage(n);
      }`;
    const play = async (preload) => {
      const env = { ...process.env, RINGPORT_REQUIRED: '' }; // which makes it an error
      const { lines, ...end } = await run(reference, ['-r', preload, '-e', text], { env });

      return { ...end, lines: lines.sort() };
    };
    const [expected, { stderr, ...actual }] = await Promise.all([fixture('nothing.js'), register].map(play));

    assert.deepStrictEqual({ ...actual, stderr: '' }, expected);
    assert.match(stderr, /^\(node:\d+\) \[ERR_RINGPORT_INACTIVE\] /);
    assert.strictEqual(stderr.match(/ringport is inactive/g).length, 1);
  });

  it('a thread without addons gets ports, and sends some', async () => {
    const text = `const { MessageChannel, Worker } = require('node:worker_threads');
      const { note, isOurs } = require(${JSON.stringify(fixture('app.js'))});
      note('ours', isOurs());
      const source = "const { parentPort, workerData, MessageChannel } = require('node:worker_threads');" +
        "const answer = (port, n) => port.on('message', (m) => { port.postMessage([n, m]); port.close(); });" +
        "answer(workerData.port, 'data');" +
        "parentPort.on('message', ({ port, end }) => { if (end) parentPort.close(); else answer(port, 'message'); });" +
        "const { port1, port2 } = new MessageChannel(); port1.postMessage('own'); port1.close();" +
        "parentPort.postMessage({ port2, bytes: workerData.bytes.byteLength }, [port2]);";
      const data = new MessageChannel();
      const message = new MessageChannel();
      const bytes = new ArrayBuffer(8);
      const flags = ['--no-addons', '--no-warnings'];

      data.port1.postMessage({ early: [1] });
      message.port1.postMessage('early');
      for (const workerData of [{ port: data.port2, call: () => {} }, { port: message.port2 }]) {
        try {
          new Worker(source, { eval: true, execArgv: flags, workerData, transferList: [data.port2] });
        } catch (error) {
          note(error.name, error.message);
        }
      }

      const kept = new MessageChannel();

      kept.port1.postMessage({ early: [2] });

      const worker = new Worker(source,
        { eval: true, execArgv: flags, workerData: { port: kept.port2, bytes }, transferList: [kept.port2, bytes] });
      const all = [kept.port1, message.port1].map((port) => new Promise((resolve) => port.on('message', resolve)));

      note(bytes.byteLength);
      worker.postMessage({ port: message.port2 }, new Set([message.port2]).values());
      all.push(new Promise((resolve) => worker.on('message', ({ port2, bytes }) => {
        port2.on('message', (m) => resolve([m, bytes]));
      })));
      Promise.all(all).then((heard) => { note(heard); worker.postMessage({ end: true }); });
      worker.on('exit', (code) => { note(code); data.port1.close(); });`;
    const play = async (preload) => {
      const env = { ...process.env, RINGPORT_REQUIRED: '' };
      const { lines, ...end } = await run(reference, ['-r', preload, '-e', text], { env });

      return { ...end, lines: lines.filter((line) => !isOurs(line)) };
    };
    const [expected, actual] = await Promise.all([fixture('nothing.js'), register].map(play));

    assert.deepStrictEqual(actual, expected);
    assert.strictEqual(expected.signal, null);
  });

  (process.platform === 'win32' ? it.skip : it)('where the current directory is gone', async () => {
    const text = `const { execFileSync } = require('node:child_process');
      require('node:fs').rmdirSync(process.cwd());
      execFileSync(process.execPath, [...process.argv.slice(1), '-e', \`
        const { isOurs, note } = require(${JSON.stringify(fixture('app.js'))});
        const { port1, port2 } = new MessageChannel();
        port1.on('message', (m) => { note('ours', isOurs()); note(m); port1.close(); });
        port2.postMessage('hello');
      \`], { stdio: 'inherit' });`;

    for (const flags of [['-r', register], [`--require=${register}`], ['--import', pathToFileURL(register).href]]) {
      const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-'));
      const { lines, stderr } = await run(reference, ['-e', text, '--', ...flags], { cwd });

      assert.deepStrictEqual([stderr, lines], ['', ['["ours",true]', '["hello"]']]);
    }
  });

  it('an application that has its modules transformed in a thread of Node\'s own', () => {
    return assertSame(['--no-deprecation', fixture('hooks-app.mjs')], (file) => ({ flags: ['-r', file] }));
  });

  it('flags with values apart, which Node does not pass on to a thread with an environment', async () => {
    const text = `const { Worker } = require('node:worker_threads');
      const { note } = require(${JSON.stringify(fixture('app.js'))});
      const text = "const { isOurs, note } = require(process.argv[2]);" +
        "note('ours', isOurs()); note(process.noDeprecation, process.execArgv.includes('a title'))";
      for (const env of [undefined, {}]) {
        new Worker(text, { eval: true, env, argv: [${JSON.stringify(fixture('app.js'))}] });
      }`;

    for (const flag of ['-r', '--import']) {
      const flags = ['--expose-gc', '--title', 'a title', '--no-deprecation', flag, pathToFileURL(register).href];

      if (flag === '-r') flags[5] = register;

      const { lines, ours, ...end } = await play(register, flags, ['-e', text]);

      assert.deepStrictEqual({ ...end, lines, ours }, {
        code: 0, signal: null, stderr: '', lines: ['[true,true]', '[true,true]'],
        ours: ['["ours",true]', '["ours",true]'],
      });
    }
  });
});

describe('register, undone', function () {
  this.timeout(0);

  /**
   * The program, with `wt`, `register` and `note`, writes these lines and nothing else.
   */
  function writes(title, program, expected, flags = ['-r', register]) {
    it(title, async () => {
      const text = `const wt = require('node:worker_threads');
        const { register, unregister } = require(${JSON.stringify(register)});
        const { note, isOurs } = require(${JSON.stringify(fixture('app.js'))});
        (async () => { ${program} })();`;
      const { lines, ...end } = await run(reference, [...flags, '-e', text], {});

      assert.deepStrictEqual({ ...end, lines }, {
        code: 0, signal: null, stderr: '', lines: expected.map((line) => JSON.stringify(line)),
      });
    });
  }

  writes('gives back every export and global', `
    const module = await import('node:worker_threads');
    const now = () => [...Object.entries(wt), ...Object.entries(module), MessageChannel, MessagePort].flat();
    const ours = now();
    unregister();
    const node = now();
    note(isOurs(), typeof module.MessagePort.prototype.detach, ours.length === node.length);
    note(new MessageChannel() instanceof wt.MessageChannel, MessagePort === module.MessagePort);
    unregister();
    note(now().every((value, i) => value === node[i]));
    register();
    register();
    note(isOurs(), now().every((value, i) => value === ours[i]));
    unregister();
    note(now().every((value, i) => value === node[i]));
  `, [[false, 'undefined', true], [true, true], [true], [true, true], [true]]);

  writes('leaves what somebody else has put there since', `
    const mine = class MessageChannel {};

    wt.MessageChannel = globalThis.MessageChannel = mine;
    unregister();
    note(wt.MessageChannel === mine, MessageChannel === mine, isOurs());
  `, [[true, true, false]]);

  writes('holds for the threads that are started then, and for those inside them', `
    const text = \`const wt = require('worker_threads');
      wt.parentPort.postMessage([typeof wt.MessagePort.prototype.detach, typeof wt.parentPort.detach, process.execArgv]);
      if (wt.workerData > 0) new wt.Worker(process._eval, { eval: true, workerData: wt.workerData - 1 })
        .on('message', (m) => wt.parentPort.postMessage(m));\`;
    const start = (execArgv) => new Promise((resolve) => {
      new wt.Worker(text, { eval: true, workerData: 1, execArgv }).on('message', ([...line]) => note(...line.slice(0, 2),
        line[2].includes('-r'))).on('exit', resolve);
    });

    await start();
    unregister();
    await start();
    await start([]);
    register();
    await start();
  `, [
    ['function', 'function', true], ['function', 'function', true],
    ['undefined', 'undefined', true], ['undefined', 'undefined', true],
    ['undefined', 'undefined', false], ['undefined', 'undefined', false],
    ['function', 'function', true], ['function', 'function', true],
  ]);

  /* Its methods stay: it is Node's own port, under register or not. */
  writes('in a thread leaves its parentPort, which hears what its parent posts; workerData still works', `
    const text = \`const wt = require('worker_threads');
      const { port } = wt.workerData;
      const ours = wt.parentPort;
      require(${JSON.stringify(register)}).unregister();
      const seen = [];
      const heard = [];
      wt.parentPort.once('message', (first) => {
        seen.push(first);
        wt.parentPort.postMessage([first, typeof wt.parentPort.detach, typeof wt.MessagePort.prototype.detach]);
        wt.parentPort.on('message', (m) => seen.push(m));
        ours.on('message', (m) => heard.push(m));
        wt.parentPort.addEventListener('message', ({ data, ports }) => {
          if (data.early === ports[0]) data.early?.postMessage('by a port before it');
          if (!data.port) return;
          port.postMessage([seen.length, seen.every((m, i) => m.port || m.early || m === i), heard.length,
            ports.length, port === wt.workerData.port]);
          data.port.postMessage('by a port in a message');
          wt.parentPort.close();
        });
      });\`;
    const { port1, port2 } = new wt.MessageChannel();
    const w = new wt.Worker(text, { eval: true, workerData: { port: port2 }, transferList: [port2] });
    /* Of what comes over different ports, either may be first. */
    const all = {};
    const got = (n) => (m) => { all[n] = m; };

    const early = new wt.MessageChannel();

    early.port1.once('message', (m) => { got('early')(m); early.port1.close(); });
    for (let i = 0; i < 99; i++) w.postMessage(i);
    w.postMessage({ early: early.port2 }, [early.port2]);
    w.on('message', (m) => {
      const inner = new wt.MessageChannel();

      got('parentPort')(m);
      inner.port1.once('message', (m) => { got('inner')(m); inner.port1.close(); });
      for (let i = 100; i < 200; i++) w.postMessage(i);
      w.postMessage({ port: inner.port2 }, [inner.port2]);
    });
    port1.on('message', (m) => { got('port')(m); port1.close(); });
    process.on('exit', () => Object.entries(all).sort().forEach((line) => note(...line)));
  `, [
    ['early', 'by a port before it'], ['inner', 'by a port in a message'],
    ['parentPort', [0, 'function', 'undefined']], ['port', [201, true, 200, 1, true]],
  ]);

  writes('ringport itself works the same before and after', `
    const ringport = require(${JSON.stringify(path.dirname(register))});
    const { port1, port2 } = new ringport.MessageChannel();
    const send = (value, list) => {
      port1.postMessage(value, list);
      return ringport.receiveMessageOnPort(port2).message;
    };

    for (const undo of [false, true]) {
      if (undo) unregister();
      const channel = new ringport.MessageChannel();
      const handle = channel.port2.detach();
      const again = ringport.MessagePort.from(send(handle, [handle]));

      note(send(new SharedArrayBuffer(4)).byteLength, ringport.isMainThread);
      again.postMessage('by handle');
      note(ringport.receiveMessageOnPort(channel.port1));
      again.close();
    }
    port1.close();
  `, [[4, true], [{ message: 'by handle' }], [4, true], [{ message: 'by handle' }]]);
});
