'use strict';

/* `ringport/codec` works without the addon and does not load it. */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '..', '..');

/** What a program prints; fails with its errors. */
function output(args, cwd) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd, encoding: 'utf8', env: { ...process.env, RINGPORT_BINARY: undefined, NODE_V8_COVERAGE: undefined },
  });

  assert.deepStrictEqual([stderr, status ?? signal], ['', 0]);
  return stdout;
}

const USE = `
  const value = { when: new Date(5), map: new Map([[1n, /x/g]]), list: [new Uint8Array([1, 2]), new RangeError('far')] };
  const copy = codec.deserialize(codec.serialize(value));

  if (!isDeepStrictEqual(copy, value)) throw new Error('another value');
  if (copy.list[1].constructor !== RangeError) throw new Error('another class');

  const codeOf = (call) => {
    try { return call(); } catch ({ name, code, path }) { return [name, code, path]; }
  };

  console.log(JSON.stringify([
    Object.keys(codec).sort(),
    codeOf(() => codec.serialize({ list: [() => {}] })),
    codeOf(() => codec.deserialize(Buffer.from('text'))),
    codeOf(() => codec.deserialize('text')),
  ]));`;
const SAID = [
  ['deserialize', 'serialize'],
  ['DataCloneError', 25, '.list[0]'],
  ['RingportError', 'ERR_RINGPORT_CORRUPT', undefined],
  ['TypeError', 'ERR_INVALID_ARG_TYPE', undefined],
];
const common = (id) => `
  process.dlopen = () => { throw new Error('the addon has been loaded'); };
  const codec = require(${JSON.stringify(id)});
  const { isDeepStrictEqual } = require('node:util');
  ${USE}
  if (Object.keys(require.cache).some((file) => /index\\.js$/.test(file) && !/codec/.test(file))) throw new Error('ringport has been loaded');`;

describe('ringport/codec', () => {
  let project;

  /* The package as a machine has it for which there is no binary. */
  before(() => {
    project = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-codec-')));

    const installed = path.join(project, 'node_modules', 'ringport');

    fs.mkdirSync(installed, { recursive: true });
    fs.cpSync(path.join(root, 'dist'), path.join(installed, 'dist'), { recursive: true });
    fs.copyFileSync(path.join(root, 'package.json'), path.join(installed, 'package.json'));
  });
  after(() => fs.rmSync(project, { recursive: true }));

  const played = (...args) => JSON.parse(output(args, project));
  const said = JSON.parse(JSON.stringify(SAID));

  for (const [title, id] of [['lib/', path.join(root, 'lib/codec-only.js')], ['the package', 'ringport/codec']]) {
    it(`writes and reads values without the addon: ${title}`, () => {
      assert.deepStrictEqual(played('-e', common(id)), said);
    });
  }

  it('writes and reads values where no addon is allowed', () => {
    assert.deepStrictEqual(played('--no-addons', '-e', common('ringport/codec')), said);
  });

  it('exports its functions by name to an ES module, and nothing else', () => {
    const program = `
      import { isDeepStrictEqual } from 'node:util';
      import * as all from 'ringport/codec';

      /* 'module.exports' is a name that later Nodes add to every CommonJS module. */
      const { default: codec, 'module.exports': whole, ...named } = all;

      if (Object.keys(named).some((name) => named[name] !== codec[name])) throw new Error('another function');
      ${USE}
      if (Object.keys(named).length !== 2) throw new Error(Object.keys(named).join());`;

    assert.deepStrictEqual(played('--input-type=module', '-e', program), said);
  });

  it('reads what ringport writes, and the other way round', () => {
    const { serialize, deserialize } = require('../../lib');
    const alone = require('../../lib/codec-only');
    const value = { rows: [{ id: 1, name: 'ä' }, { id: 2, name: '🐎' }] };

    assert.deepStrictEqual(alone.deserialize(serialize(value)), value);
    assert.deepStrictEqual(deserialize(alone.serialize(value)), value);
    assert.deepStrictEqual(alone.serialize(value), serialize(value));
  });

  it('refuses what markAsUncloneable of ringport has marked in this thread', function () {
    const { markAsUncloneable, MessageChannel } = require('../../lib');

    if (markAsUncloneable === undefined) this.skip(); // Node 20

    const object = {};

    assert.ok(MessageChannel);
    markAsUncloneable(object);
    assert.throws(() => require('../../lib/codec-only').serialize([object]), { name: 'DataCloneError', path: '[0]' });
  });

  it('works where an application has removed what the language has', () => {
    const removed = `const { Map: aMap, Uint8Array: aView } = globalThis;
      for (const name of ['Map', 'Uint8Array', 'WeakMap', 'Reflect']) delete globalThis[name];
      const { serialize, deserialize } = require('ringport/codec');
      const { map, view } = deserialize(serialize({ map: new aMap([[1, 2]]), view: new aView(3) }));
      console.log(map instanceof aMap, map.size, view instanceof aView, view.length);`;

    assert.strictEqual(output(['-e', removed], project), 'true 1 true 3\n');
  });
});
