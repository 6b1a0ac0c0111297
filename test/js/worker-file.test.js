'use strict';

/*
 * The code that a Worker runs: paths, URLs, ES modules, eval, and files that fail.
 * Compared with worker_threads.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { same } = require('./support/differential');

/* A folder of files for this run, removed with the scene. */
function folder(t, files) {
  const path_ = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-worker-'));

  t.after(() => fs.rmSync(path_, { recursive: true }));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(path_, name), text);
  return (name) => path.join(path_, name);
}

describe('worker: its file', () => {
  const answer = (id) => `const { parentPort, workerData } = require(${JSON.stringify(id)});
    parentPort.once('message', (m) => parentPort.postMessage({ m, workerData }));`;
  const answerModule = (id) => `import wt from ${JSON.stringify(
    path.isAbsolute(id) ? pathToFileURL(require.resolve(id)).href : id
  )};
    wt.parentPort.once('message', (m) => wt.parentPort.postMessage({ m, meta: typeof import.meta.url }));`;

  const FORMS = {
    'an absolute path': (wt, file) => new wt.Worker(file('cjs.js'), { workerData: 1 }),
    'a file URL': (wt, file) => new wt.Worker(pathToFileURL(file('cjs.js'))),
    'a relative path': (wt, file) => new wt.Worker(`./${path.relative(process.cwd(), file('cjs.js'))}`),
    'an ES module': (wt, file) => new wt.Worker(file('esm.mjs')),
    'an ES module by URL': (wt, file) => new wt.Worker(pathToFileURL(file('esm.mjs')), { workerData: 1 }),
    'a data URL': (wt, file, t) => new wt.Worker(
      new URL(`data:text/javascript,${encodeURIComponent(answerModule(t.id))}`)
    ),
    'eval': (wt, file, t) => new wt.Worker(answer(t.id), { eval: true, workerData: { a: 1 } }),
    'a file that does not exist': (wt, file) => new wt.Worker(file('none.js')),
    'a file with a syntax error': (wt, file) => new wt.Worker(file('syntax.js')),
    'an ES module with a top-level await': (wt, file) => new wt.Worker(file('await.mjs')),
    'an ES module that throws': (wt, file) => new wt.Worker(file('throws.mjs'))
  };

  for (const [name, start] of Object.entries(FORMS)) {
    same(name, async (wt, t) => {
      const file = folder(t, {
        'cjs.js': answer(t.id),
        'esm.mjs': answerModule(t.id),
        'syntax.js': '}{',
        'await.mjs': `await new Promise(setImmediate);\n${answerModule(t.id)}`,
        'throws.mjs': 'await null; throw new RangeError("in a module");'
      });
      const worker = t.keep(start(wt, file, t));
      const seen = [];

      worker.postMessage({ hello: true });
      worker.on('error', ({ name, code }) => seen.push([name, code]));
      worker.on('message', (m) => seen.push(m));
      t.note(await t.next(worker, 'exit'), seen);
    });
  }
});
