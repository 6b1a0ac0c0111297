// What `import 'ringport'` loads in a Node that can also require() ES modules
// (package.json: `module-sync`): the same as index.mjs. Node's import of a CommonJS file
// costs a thread as much as all of ringport, so this one asks Node for nothing but to run
// it.

const { getBuiltinModule: builtin } = process;
const Module = builtin('node:module');
const file = `${import.meta.dirname}${builtin('node:path').sep}index.js`;

let { [file]: module } = Module._cache;

if (module === undefined) {
  module = Module._cache[file] = new Module(file);
  module.filename = file;
  try {
    module._compile(builtin('node:fs').readFileSync(file, 'utf8'), file);
    module.loaded = true;
  } catch (error) {
    delete Module._cache[file];
    throw error;
  }
}

const { exports: ringport } = module;

export default ringport;

// scripts/bundle.js adds the names, which are those of index.mjs.
