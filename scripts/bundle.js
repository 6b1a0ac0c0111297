'use strict';

// node scripts/bundle.js
//
// Makes dist/ of lib/: a few scripts instead of some fifty. To find, read and compile a
// file of its own costs a thread 0.1 to 0.2 ms each, which is more than most of the files
// themselves. What a thread needs at once is in index.js; the other scripts hold what it
// needs later, by what is used together.
//
// Each file stays a module of its own, in a function. A require() of another file of ours
// becomes a look into a table, which loads the script that has it if need be.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { BuildError, orExplain } = require('./explain');
const { root } = require('./sources');
const { NAMES } = require('../lib/loading/globals');

const lib = path.join(root, 'lib');
const dist = path.join(root, 'dist');

/** What every thread loads. */
const BOTH = [
  'loading/scripts', 'loading/builtins', 'folder', 'index', 'loading/exports', 'loading/copy-to', 'loading/native',
  'loading/node-threads', 'ports/call-listener', 'ports/way', 'ports/is-plain', 'ports/posts', 'worker/marks', 'worker/node-queue',
  'worker/prepare', 'request/methods', 'flow/members',
];
const WORKER = ['worker/worker', 'worker/emit', 'worker/from-node', 'worker/post-to-worker', 'worker/spawn', 'worker/listening', 'worker/options', 'ports/limits'];
/** What the receiver of the first message by ring needs. */
const CHANGE = ['ports/dispatch', 'ports/async-context', 'ports/prepare', 'ports/learn'];

/** What both ends of a ThreadStream need, besides the script `rings`. */
const STREAMS = [
  'thread-stream/shared', 'codec/errors', 'loading/check-arguments', 'loading/check-options',
];

/**
 * What is in which script; what is named nowhere is in `rest`. A module's last script
 * counts.
 */
const SCRIPTS = {
  start: [...BOTH, ...WORKER],
  child: [...BOTH, 'worker/parent-port', 'worker/parent-receive', 'worker/post-by-node'],
  worker: WORKER,
  change: CHANGE,
  cold: ['loading/leave-code', 'loading/runtime'],
  registration: ['register/registration'],
  flat: ['ports/flat', 'codec/shapes', 'codec/width'],
  ring: [
    'ports/endpoint', 'ports/long-string', 'ports/turn', 'ports/drain', 'ports/record', 'ports/table', 'worker/parent-endpoint',
  ],
  ports: ['ports/node-events', 'ports/diagnostics', 'ports/port', 'ports/message-channel', 'ports/kinds', 'ports/limits', 'flow/members'],
  channel: [
    'ports/node-channel', 'ports/receive', 'ports/transfer', 'ports/boarding', 'ports/envelope', 'ports/unlisted',
    'ports/transfer-list', 'ports/by-node', 'ports/whole', 'ports/small-buffers', 'worker/parcels', 'worker/post-with-ports',
    'worker/open-envelope', 'worker/pull', 'codec/errors',
  ],
  codec: [
    'ports/send', 'codec/index', 'codec/encode', 'codec/encode-core', 'codec/encode-plain', 'codec/encode-arrays',
    'codec/scratch', 'codec/hooks', 'codec/ops', 'codec/strings', 'codec/decode', 'codec/decode-core', 'codec/decode-objects',
    'codec/reader-shapes', 'codec/views', 'codec/errors', 'codec/loss', 'ports/losing',
  ],
  kinds: [
    'codec/encode-objects', 'codec/encode-bigints', 'codec/node-clone', 'codec/encode-errors', 'codec/kinds', 'codec/decode-errors',
    'ports/large-memory', 'ports/outbox', 'codec/path',
  ],
  request: [
    'request/index', 'request/calls', 'request/kept', 'request/incoming', 'request/send-call', 'request/kinds',
    'request/errors', 'request/blocking', 'loading/check-options', 'loading/check-arguments', 'codec/errors',
  ],
  flow: [
    'flow/flow', 'flow/flow-endpoint', 'flow/worker-flow', 'flow/options', 'flow/estimate', 'flow/writing',
    'loading/check-arguments', 'codec/errors',
  ],
  iteration: ['flow/iterate', 'flow/streams', 'loading/check-options', 'loading/check-arguments', 'codec/errors'],
  ringbuffer: ['loading/check-arguments', 'ring-buffer/index', 'ring-buffer/events', 'codec/errors'],
  pool: [
    'pool/index', 'pool/options', 'pool/scheduler', 'pool/staff', 'pool/worker-info', 'pool/task', 'pool/queues', 'pool/timing',
    'pool/errors', 'pool/claims', 'pool/lane', 'pool/messages', 'pool/movable', 'pool/state', 'pool/map', 'pool/version', 'pool/entries',
    'loading/check-options', 'codec/errors', 'folder', 'ports/idle-strategy',
  ],
  sync: ['pool/sync'],
  top: ['top/start', 'top/sampler'],
  stream: ['thread-stream/index', 'thread-stream/link', 'thread-stream/sender', ...STREAMS],
  streamworker: ['thread-stream/worker', 'thread-stream/receiver', ...STREAMS],
  'sync-calls': [
    'synckit/index', 'synckit/settings', 'synckit/flags', 'synckit/ts-runner', 'synckit/shims', 'synckit/stdio',
    'synckit/caller', 'synckit/callee', 'synckit/failure', 'request/errors', 'folder', 'codec/errors',
  ],
  runner: [
    'pool/entries', 'pool/runner', 'pool/handlers', 'pool/claims', 'pool/lane', 'pool/messages', 'pool/errors', 'pool/movable', 'pool/state', 'codec/errors', 'folder',
  ],
};
/**
 * Files whose functions V8 compiles eagerly, because they run when a port switches to the
 * ring. Otherwise the code cache would contain only the functions of the side that saved
 * it.
 */
const EAGER = new Set([
  ...CHANGE, 'ports/flat', 'ports/is-plain', 'ports/posts', 'ports/call-listener', 'codec/shapes', 'worker/parent-receive',
]);
/** Files that Node loads by name; copied unchanged. */
const ENTRIES = [
  'register.js', 'register-worker.js', 'piscina.js', 'piscina.mjs', 'pool-worker.js', 'thread-stream.js', 'thread-stream.mjs',
  'thread-stream-register.js', 'stream-worker.js', 'synckit.js', 'synckit.mjs', 'synckit-worker.js', 'index.mjs', 'import.mjs',
];
/** The modules in first.js. */
const FIRST = ['loading/scripts', 'binding', 'loading/builtins', 'loading/runtime', 'loading/copies'];

/** Included in each script that a thread may load first; see loading/globals.js. */
const GLOBALS = 'loading/globals';
/** Numbers shared with the addon, by list. */
const CONSTANTS = 'constants';
let constants;
/** The entry point of `ringport/codec`, and the scripts that it loads. */
const CODEC = 'codec-only';
const OF_CODEC = ['codec', 'kinds', 'flat'];

function idsOf(dir = '') {
  return fs.readdirSync(path.join(lib, dir), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(dir, entry.name);

    if (entry.isDirectory()) return idsOf(name);
    return name.endsWith('.js') ? [name.slice(0, -3)] : [];
  });
}

/**
 * Turn a file's functions into parenthesized expressions, which V8 compiles eagerly.
 * Moves them to its top, because expressions are not hoisted.
 */
function eager(code) {
  const functions = [];
  const rest = code.replace(/^function (\w+)(\([^]*?^\})$/gm, (_, name, text) => {
    functions.push(`const ${name} = (function ${name}${text});\n`);
    return '';
  });

  return functions.join('') + rest;
}

/**
 * Replace each `const { ... } = require('../constants')` by the numbers themselves.
 * @throws {BuildError} a file takes them in another form
 */
function withConstants(id, source) {
  const text = source.replace(
    /^const \{([^{}]*)\} = require\('[./]*\/constants'\)(?:\.(\w+))?;$/gm, (_, names, list) => {
      const numbers = list === undefined ? constants : constants[list];
      const each = names.split(',').filter((name) => name.trim() !== '').map((name) => {
        const [from, to = from] = name.split(':').map((part) => part.trim());

        if (numbers?.[from] === undefined) {
          throw new BuildError(`lib/${id}.js takes ${from}, which lib/constants.js has not.`);
        }
        return `${to} = ${JSON.stringify(numbers[from])}`;
      });

      return `const ${each.join(', ')};`;
    });

  if (/\/constants'/.test(text)) {
    throw new BuildError(`lib/${id}.js must take the constants by \`const { ... } = require(...)\`.`);
  }
  return text;
}

/** Wrap the text of a file in a function (module, exports, requireOurs). */
function wrapped(id, transform) {
  const source = withConstants(id, fs.readFileSync(path.join(lib, `${id}.js`), 'utf8'))
    .replace(/\brequire\('(\.[^']*)'\)/g, (_, other) =>
      `requireOurs('${path.posix.join(path.posix.dirname(id), other)}')`);
  const { code: plain } = transform(source, { loader: 'js', sourcefile: `lib/${id}.js` });
  const code = EAGER.has(id) ? eager(plain) : plain;

  /* Remove comments, which esbuild keeps in classes and objects, and the indentation,
   * unless that changes a template literal. */
  const flat = code.replace(/^ *\/\*[^]*?\*\/\n/gm, '').replace(/^ +/gm, '');
  const meaning = (text) => transform(text, { minifyWhitespace: true }).code;
  const text = meaning(flat) === meaning(code) ? flat : code;

  /* In parentheses, so that V8 compiles it eagerly instead of parsing it twice. */
  return `files['${id}'] = (function (module, exports, requireOurs) {\n${text.replace(/^"use strict";\n/, '')}});\n`;
}

/** @returns {Set<string>} a module and all modules that it requires */
function closureOf(id, found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);

  const source = withConstants(id, fs.readFileSync(path.join(lib, `${id}.js`), 'utf8'));

  for (const [, other] of source.matchAll(/\brequire\('(\.[^']*)'\)/g)) {
    closureOf(path.posix.join(path.posix.dirname(id), other), found);
  }
  return found;
}

/** The checksum of src/node/code_files.c, which hashes eight bytes at a time. */
function checksum(text) {
  const bytes = Buffer.from(text, 'latin1');
  let hash = 0xcbf29ce484222325n;

  for (let at = 0; at < bytes.length; at += 8) {
    const some = bytes.subarray(at, at + 8);
    /* The last word may be short: its first byte is its length until copied over, the
     * rest is zero. */
    const word = Buffer.from([some.length, 0, 0, 0, 0, 0, 0, 0]);

    some.copy(word);
    hash = BigInt.asUintN(64, (hash ^ word.readBigUInt64LE()) * 0x9e3779b97f4a7c15n);
    hash ^= hash >> 32n;
  }
  return BigInt.asUintN(32, hash).toString(16).padStart(8, '0');
}

/**
 * Write a file atomically: a concurrent reader sees the old or the new text as a whole.
 */
function put(name, text) {
  const draft = path.join(dist, `${name}.${process.pid}`);

  fs.writeFileSync(draft, text);
  fs.renameSync(draft, path.join(dist, name));
}

/** Load esbuild. @throws {BuildError} it is not installed */
function esbuild() {
  try {
    return require('esbuild');
  } catch ({ message }) {
    throw new BuildError('ringport\'s dist/ cannot be made of lib/: that needs the development packages, ' +
      `which \`npm ci\` installs (${message.split('\n')[0]}).`);
  }
}

/**
 * @returns {string} the text of `ringport/codec`, which loads its scripts without the
 *   addon
 */
function codecOnly(textOf) {
  const scriptOf = (id) => OF_CODEC.find((name) => SCRIPTS[name].includes(id));
  const ids = [...closureOf(CODEC)];
  const where = ids.map((id) => [id, scriptOf(id)]).filter(([, script]) => script !== undefined);
  /* Node searches the text of a CommonJS module for `module.exports = { ... }` to know
   * the names that an `import` may ask for: only the last one must look like that. */
  const own = textOf(ids.filter((id) => scriptOf(id) === undefined), true)
    .replaceAll('(module, exports, requireOurs)', '(made, exports, requireOurs)')
    .replace(/^module\.exports\b/gm, 'made.exports');

  return `'use strict';
const files = { __proto__: null };
const modules = { __proto__: null };
const scripts = { ${OF_CODEC.map((name) => `'${name}': () => require('./${name}.js')`).join(', ')} };
const where = ${JSON.stringify(Object.fromEntries(where))};

${own}
function load(id) {
  if (files[id] === undefined) scripts[where[id]]()(files, require, __dirname);
  if (modules[id] === undefined) {
    const made = modules[id] = { exports: {} };

    files[id](made, made.exports, load);
  }
  return modules[id].exports;
}

const { serialize, deserialize } = load('${CODEC}');

module.exports = { serialize, deserialize };
`;
}

/**
 * @returns {[string, string][]} name and text of what draws the charts of `ringport top`
 */
function chartLibrary() {
  const folder = path.dirname(require.resolve('uplot/package.json'));
  const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
  const licence = `/*!\nuPlot, https://github.com/leeoniya/uPlot\n\n${read('LICENSE').trim()}\n*/\n`;

  return [
    ['uplot.js', `${licence}${read('dist/uPlot.iife.min.js')}`],
    ['uplot.css', `${licence}${read('dist/uPlot.min.css')}`],
  ];
}

/** Build dist/. @throws {BuildError} */
function bundle() {
  const { transformSync } = esbuild();
  const file = path.join(lib, `${CONSTANTS}.js`);

  delete require.cache[file]; // build.js may have written another since
  constants = require(file);

  /* Captured globals are constants of each script; see loading/globals.js. */
  const textOf = (ids, isFirst = false) => {
    const text = ids.map((id) => wrapped(id, transformSync)).join('');
    const used = NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(text)).join(', ');

    if (!isFirst) return `const { ${used} } = files.globals;\n${text}`;
    return `${wrapped(GLOBALS, transformSync)}
const globals = { exports: null };
if (files.globals === undefined) files['${GLOBALS}'](globals);
const { ${used} } = files.globals ??= globals.exports.globals;
${text}`;
  };
  const rings = idsOf('ring-buffer').filter((id) => !SCRIPTS.ringbuffer.includes(id));
  const notRest = new Set([
    ...Object.values(SCRIPTS).flat(), ...rings, ...FIRST, GLOBALS, CONSTANTS, 'loading/entry', 'register', 'register-worker',
    'piscina', 'pool-worker', 'thread-stream', 'thread-stream-register', 'stream-worker', 'synckit', 'synckit-worker', CODEC,
  ]);
  const rest = idsOf().filter((id) => !notRest.has(id));
  const scripts = { ...SCRIPTS, rings, rest };
  /* ` name:` precedes the ids of a script; see scriptOf() in scripts.js. */
  const where = Object.entries(scripts).reverse()
    .map(([name, ids]) => ` ${name}: ${ids.join(' ')} `).join('');
  const texts = new Map(ENTRIES.map((name) => [name, fs.readFileSync(path.join(lib, name), 'utf8')]));
  /* import.mjs exports the names listed in index.mjs. */
  const [, names] = texts.get('index.mjs').split('export default ringport;\n');
  let list = '';
  let whole = '';

  texts.set('import.mjs', `${texts.get('import.mjs')}${names}`);

  /* Both forms of a script have the same line numbers. */
  for (const [name, ids] of Object.entries(scripts)) {
    const isFirst = ids.includes('loading/scripts');
    const table = isFirst ? `files.where = '${where}';\n` : '';
    const body = textOf(ids, isFirst) + table;
    const text = `(function (files, require, __dirname) {\n'use strict';\n${body}})\n`;

    whole += text;
    list += ` ${name} ${text.length} ${checksum(text)}`;
    texts.set(`${name}.js`,
      `'use strict';\nmodule.exports = (function (files, require, __dirname) {\n${body}});\n`);
  }

  const build = createHash('sha256').update(whole).digest('hex').slice(0, 12);
  const first = textOf(FIRST, true);
  const named = `${first}${whole}`.matchAll(/require\(["'](node:[^"']*)["']\)/g);
  const builtins = new Set([...named].map(([, id]) => id));
  const requires = Object.keys(scripts).map((name) => `'${name}': () => require('./${name}.js')`);

  /* Keep lines: Node shows the failing line above an error. ES2020, because ncc parses
   * nothing later. */
  const small = (source) => transformSync(source, { minifySyntax: true, target: 'es2020' }).code;

  texts.set('scripts.txt', `${build}\n${list.slice(1)}\n${whole}`);
  texts.set('first.js', small(`'use strict';
const files = { __proto__: null };
const builtins = { ${[...builtins].map((id) => `'${id}': () => require('${id}')`).join(', ')} };

/* Where a bundler has made an ES module of us there is no require(). */
function builtin(id) {
  try {
    return builtins[id]();
  } catch (error) {
    if (process.getBuiltinModule === undefined) throw error;
    return process.getBuiltinModule(id);
  }
}

(function (require) {
${first}})(builtin);

const byRequire = { ${requires.join(', ')} };

/** For the tools that look for files to bring along; see binding.js. */
const here = (file) => file;

if (typeof __dirname !== 'undefined') {
  here(\`\${__dirname}/scripts.txt\`); // which the addon reads
  here(\`\${__dirname}/pool-worker.js\`); // which a pool's workers run
}

/* What entry.js cannot do without files. */
module.exports = {
  byRequire,
  start(module, isNodes, placeOf) {
    const folder = typeof __dirname === 'undefined' ? '/' : __dirname;
    const copies = { exports: null };

    files['loading/copies'](copies);

    const other = copies.exports.findOther(folder, '${build}', isNodes);

    if (other !== undefined) return other;

    const globals = { exports: null };
    const scripts = { exports: null };

    files['loading/builtins'](globals);
    files['loading/scripts'](scripts);

    const { process } = globals.exports; // an application may have removed it

    return scripts.exports.start({
      module, process, folder, build: '${build}', files,
      place: isNodes ? placeOf() : undefined,
      builtin: isNodes ? process.getBuiltinModule ?? builtin : null, require: builtin,
      byRequire: () => byRequire,
    });
  },
};
`));

  texts.set(`${CODEC}.js`, codecOnly(textOf));
  for (const [name, text] of chartLibrary()) texts.set(name, text);

  /* Write it last: stale() checks its age. */
  texts.set('index.js',
    small(fs.readFileSync(path.join(lib, 'loading/entry.js'), 'utf8').replaceAll('BUILD', `'${build}'`)));

  fs.mkdirSync(dist, { recursive: true });
  for (const [name, text] of texts) put(name, text);
  for (const name of fs.readdirSync(dist)) {
    if (!texts.has(name)) fs.rmSync(path.join(dist, name), { recursive: true, force: true });
  }
}

/** @returns {boolean} whether a file of lib/ is newer than dist/, or there is none */
function stale() {
  const made = fs.statSync(path.join(dist, 'index.js'), { throwIfNoEntry: false });

  if (made === undefined) return true;

  const newer = (file) => fs.statSync(file).mtimeMs > made.mtimeMs;

  const files = fs.readdirSync(lib, { recursive: true }).map((name) => path.join(lib, name));

  /* Directories too: deleting or renaming a file touches only them. */
  return [__filename, lib, ...files].some(newer);
}

module.exports = { bundle, stale };

if (require.main === module) orExplain(bundle);
