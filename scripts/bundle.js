'use strict';

// node scripts/bundle.js
//
// Makes dist/ of lib/: a few scripts instead of some fifty. To find, read and compile a file of its own costs
// a thread 0.1 to 0.2 ms each, which is more than most of the files themselves. What a thread needs at once
// is in index.js; the other scripts hold what it needs later, by what is used together.
//
// Each file stays a module of its own, in a function. A require() of another file of ours becomes a look
// into a table, which loads the script that has it if need be.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { BuildError, orExplain } = require('./explain');
const { root } = require('./sources');

const lib = path.join(root, 'lib');
const dist = path.join(root, 'dist');

/** What is in which script; all that is named nowhere is in `rest`. */
const SCRIPTS = {
  index: ['index', 'face', 'native', 'binding', 'threads', 'parent-port', 'posts'],
  worker: ['worker'],
  deliver: ['deliver', 'context'],
  ring: ['endpoint', 'parent-endpoint'],
  ports: ['node-events', 'port'],
  channel: ['companion', 'receiving', 'transfer-list', 'by-node', 'small-buffers', 'codec/errors'],
  codec: [
    'sending', 'codec/index', 'codec/encode', 'codec/encode-plain', 'codec/encode-arrays', 'codec/shapes',
    'codec/scratch', 'codec/hooks', 'codec/ops', 'codec/strings', 'codec/decode', 'codec/decode-objects',
    'codec/reader-shapes', 'codec/views',
  ],
  kinds: ['codec/encode-objects', 'codec/encode-errors', 'codec/kinds', 'codec/decode-errors', 'memory', 'outbox', 'codec/path'],
  rings: [],
};
/** Files that Node loads by their names: they stay as they are. */
const ENTRIES = ['register', 'register-worker', 'scripts'];

function idsOf(dir = '') {
  return fs.readdirSync(path.join(lib, dir), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(dir, entry.name);

    if (entry.isDirectory()) return idsOf(name);
    return name.endsWith('.js') ? [name.slice(0, -3)] : [];
  });
}

/** The text of a file as a function of (module, exports, requireOurs). */
function wrapped(id, transform) {
  const source = fs.readFileSync(path.join(lib, `${id}.js`), 'utf8')
    .replace(/\brequire\('(\.[^']*)'\)/g, (_, other) =>
      `requireOurs('${path.posix.join(path.posix.dirname(id), other)}')`);
  const { code } = transform(source, { loader: 'js', sourcefile: `lib/${id}.js` });

  /* In parentheses: V8 compiles it at once instead of reading it twice. */
  return `files['${id}'] = (function (module, exports, requireOurs) {\n${code.replace(/^"use strict";\n/, '')}});\n`;
}

const HEAD = `'use strict';
// Made from lib/ by scripts/bundle.js.
`;

/** A file under another name first: who reads meanwhile sees the whole of the old one or of the new one. */
function put(name, text) {
  const draft = path.join(dist, `${name}.${process.pid}`);

  fs.writeFileSync(draft, text);
  fs.renameSync(draft, path.join(dist, name));
}

/** The program that makes one script of some files. @throws {BuildError} */
function esbuild() {
  try {
    return require('esbuild');
  } catch ({ message }) {
    throw new BuildError('ringport\'s dist/ cannot be made of lib/: that needs the development packages, ' +
      `which \`npm ci\` installs (${message.split('\n')[0]}).`);
  }
}

/** Make dist/. @throws {BuildError} */
function bundle() {
  const { transformSync } = esbuild();
  const named = new Set([...Object.values(SCRIPTS).flat(), ...idsOf('ring-buffer')]);
  const rest = idsOf().filter((id) => !named.has(id) && !ENTRIES.includes(id));
  const { index, ...others } = { ...SCRIPTS, rings: idsOf('ring-buffer'), rest };
  const texts = new Map();

  /** Make the script of this name. @returns {string} what index.js says of it */
  function write(name, ids) {
    const body = ids.map((id) => wrapped(id, transformSync)).join('');
    const text = `${HEAD}module.exports = (function (files) {\n${body}});\n`;
    const version = createHash('sha256').update(text).digest('hex').slice(0, 12);

    texts.set(`${name}.js`, text);
    return `const ${name} = () => run('${name}', '${version}', () => require('./${name}.js'));\n` +
      `for (const id of [${ids.map((id) => `'${id}'`).join(', ')}]) files[id] = ${name};\n`;
  }

  const loader = transformSync(fs.readFileSync(path.join(lib, 'scripts.js'), 'utf8')).code;
  const table = Object.entries(others).map(([name, ids]) => write(name, ids)).join('');
  const body = index.map((id) => wrapped(id, transformSync)).join('');

  /* Where Node looks for it by name: its modules are those of index.js. */
  for (const id of ['register', 'register-worker']) {
    const source = fs.readFileSync(path.join(lib, `${id}.js`), 'utf8')
      .replace(/\brequire\('\.\/((?!index|register)[^']*)'\)/g, "load('$1')")
      .replace("const { active } = require('./index');", "const ringport = require('./index');\n\n" +
        "const { active } = ringport;\nconst load = ringport[Symbol.for('ringport.load')];");

    texts.set(`${id}.js`, source);
  }
  texts.set('index.mjs', fs.readFileSync(path.join(lib, 'index.mjs'), 'utf8'));
  /* The last one: it is what stale() looks at. */
  texts.set('index.js',
    `${HEAD}${loader.replace(/^"use strict";\n/, '')}${table}${body}module.exports = load('index');\n` +
    "Object.defineProperty(module.exports, Symbol.for('ringport.load'), { value: load });\n");

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
