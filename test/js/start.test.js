'use strict';

/* How the wrapper is loaded: as by require(), from what other threads have compiled. */

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { createRequire } = require('node:module');
const { run } = require('./support/differential');
const { reference } = require('./support/implementations');

const lib = path.resolve(__dirname, '../../lib');
const index = path.join(lib, 'index.js');
const head = `const lib = ${JSON.stringify(lib)}; const path = require('node:path');
  const at = (name) => path.join(lib, name);
  const note = (...entry) => require('node:fs').writeSync(1, JSON.stringify(entry) + '\\n');`;

/** What a program writes that loads the library in a process of its own. */
async function linesOf(program) {
  const { lines, code } = await run(reference, ['-e', `${head}\n${program}`], {});

  assert.strictEqual(code, 0, lines.join('\n'));
  return lines.map((line) => JSON.parse(line));
}

const files = fs.readdirSync(lib, { recursive: true }).filter((name) => name.endsWith('.js'));

describe('start: how the library is loaded', function () {
  this.timeout(0);

  it('its files are ASCII: they are read as latin1', () => {
    for (const name of files) {
      assert.doesNotMatch(fs.readFileSync(path.join(lib, name), 'latin1'), /[^\x00-\x7f]/, name);
    }
  });

  it('it names its files in full: nothing looks around for them', () => {
    for (const name of files) {
      for (const [, id] of fs.readFileSync(path.join(lib, name), 'latin1').matchAll(/require\('(\.[^']*)'\)/g)) {
        assert.ok(fs.existsSync(path.join(lib, path.dirname(name), `${id}.js`)), `${id} in ${name}`);
      }
    }
  });

  it('require() finds the modules that it has loaded, and none is loaded twice', async () => {
    const seen = await linesOf(`
      const early = require(at('codec/ops.js'));
      const ringport = require(lib);
      note(require(at('main.js')) === ringport, require(at('codec/ops.js')) === early);
      new ringport.MessageChannel().port1.close();
      const mine = Object.values(require.cache).filter(({ id }) => id.startsWith(lib + path.sep));
      note(mine.length > 10, mine.every((m) => m.loaded && m.filename === m.id && require(m.id) === m.exports));
    `);

    assert.deepStrictEqual(seen, [[true, true], [true, true]]);
  });

  it('two copies do not mix, though the first loads more when the second is there', async () => {
    const seen = await linesOf(`
      const drop = () => Object.keys(require.cache).forEach((id) => delete require.cache[id]);
      const one = require(lib);
      drop();
      new one.MessageChannel().port1.close();
      const other = require(lib);
      for (const copy of [one, other]) {
        const { port1, port2 } = new copy.MessageChannel();
        port1.postMessage({ by: 'port' });
        note(copy.receiveMessageOnPort(port2), port1 instanceof one.MessagePort);
        port1.close();
      }
      delete require.cache[require.resolve(lib)];
      note(require(lib) === other);
    `);
    const message = { by: 'port' };

    assert.deepStrictEqual(seen, [[{ message }, true], [{ message }, false], [true]]);
  });

  const inWorkers = (Worker) => `
    const text = ${'`'}const ringport = require(\${JSON.stringify(lib)});
      const { codeOf } = require(\${JSON.stringify(at('binding.js'))});
      const file = \${JSON.stringify(at('endpoint.js'))};
      const { Endpoint } = require(file);
      const { port1, port2 } = new ringport.MessageChannel();
      port1.postMessage({ by: 'port' });
      const kept = codeOf(file);
      require('node:worker_threads').parentPort.postMessage([
        kept !== undefined && kept[0].includes('class Endpoint') && kept[1].length > 0,
        String(Endpoint).startsWith('class Endpoint'),
        ringport.receiveMessageOnPort(port2),
        /endpoint\\\\.js:\\\\d+:\\\\d+/.test(stackOf(() => Endpoint.open(null))),
      ]);
      function stackOf(f) { try { f(); } catch (e) { return e.stack; } }${'`'};
    const { Worker } = require(${Worker});
    const next = (n) => {
      if (n === 3) return;
      new Worker(text, { eval: true }).on('message', (m) => { note(...m); }).on('exit', () => next(n + 1));
    };
    next(0);`;
  const fine = [true, true, { message: { by: 'port' } }, true];

  it('the threads that a thread starts have the code from it', async () => {
    assert.deepStrictEqual(await linesOf(inWorkers('lib')), [fine, fine, fine]);
  });

  it('threads that Node starts have it from the first of them', async () => {
    assert.deepStrictEqual(await linesOf(inWorkers("'node:worker_threads'")), [fine, fine, fine]);
  });

  it('code that the engine refuses is compiled anew', async () => {
    const seen = await linesOf(`
      const ringport = require(lib);
      const text = \`const ringport = require(\${JSON.stringify(lib)});
        ringport.parentPort.once('message', (m) => ringport.parentPort.postMessage(m));\`;
      const roundTrip = (then) => {
        const w = new ringport.Worker(text, { eval: true });
        w.on('message', (m) => note(m)).on('exit', then);
        w.postMessage({ hello: 1 });
      };
      roundTrip(() => {
        require('node:v8').setFlagsFromString('--no-lazy-feedback-allocation');
        require('node:v8').setFlagsFromString('--stack-size=900');
        roundTrip(() => {});
      });`);

    assert.deepStrictEqual(seen, [[{ hello: 1 }], [{ hello: 1 }]]);
  });

  it('for a bundler or a test runner with modules of its own it is plain require', () => {
    const own = { exports: {} };
    const requires = [];
    const real = createRequire(index);
    const require = (id) => {
      requires.push(id);
      return id.startsWith('.') ? { stub: id } : real(id);
    };

    vm.compileFunction(fs.readFileSync(index, 'latin1'),
      ['exports', 'require', 'module', '__filename', '__dirname'],
      { filename: index })(own.exports, require, own, index, lib);
    assert.deepStrictEqual(own.exports, { stub: './main' });
    assert.strictEqual(requires.at(-1), './main');

    /* Jest: in a context of its own, with modules made outside it and a cache that is not Node's. */
    own.exports = {};
    require.cache = {};
    vm.compileFunction(fs.readFileSync(index, 'latin1'),
      ['exports', 'require', 'module', '__filename', '__dirname', 'process', 'Buffer'],
      { filename: index, parsingContext: vm.createContext() })(
      own.exports, require, own, index, lib, process, Buffer);
    assert.deepStrictEqual(own.exports, { stub: './main' });
  });
});
