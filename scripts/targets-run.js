'use strict';

// node scripts/targets-run.js [--mocha files...] [targets...]
//
// npm run test:targets: tests the binaries in prebuilds/ that are for other platforms.
// Runs test/targets/smoke.js, or the test files given by --mocha, in Node for that
// platform, from npm, under qemu or Wine. For musl, npm has no Node; musl's loader opens
// the binary. Installs what it needs, as root on Debian.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { installPackages, muslArm64, run: call } = require('./cross');
const { BuildError } = require('./explain');
const { foreign } = require('./nodes');
const { root } = require('./sources');
const { run, runMocha, total } = require('./steps');
const { problem, targets } = require('./targets');

const AARCH64 = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'];

/** From 24 on, Node reserves more memory than Debian's Wine provides, and aborts. */
const nodes = {
  'linux-arm64-glibc': {
    lines: [20, 22, 24, 26],
    programs: { 'qemu-aarch64-static': 'qemu-user-static' },
    files: { '/usr/aarch64-linux-gnu/lib/libstdc++.so.6': 'libstdc++6-arm64-cross' },
    words: (line) => [...AARCH64, foreign(line, 'arm64')],
  },
  'win32-x64': {
    lines: [20, 22],
    programs: {},
    files: { '/usr/lib/wine/wine64': 'wine64' },
    words: (line) => [process.execPath, path.join(root, 'scripts/wine.js'), foreign(line, 'x64', 'win32')],
  },
};

const loaders = {
  'linux-x64-musl': {
    programs: { 'musl-gcc': 'musl-tools' },
    build: (source, binary) => call('musl-gcc', ['-rdynamic', ...source, '-o', binary]),
    words: (binary) => [binary],
  },
  'linux-arm64-musl': {
    programs: { 'qemu-aarch64-static': 'qemu-user-static', 'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu' },
    build(source, binary) {
      const own = call('aarch64-linux-gnu-gcc', ['-print-file-name=include']).trim();
      const lib = path.join(muslArm64, 'usr/lib/aarch64-linux-musl');
      const start = ['Scrt1.o', 'crti.o', 'crtn.o'].map((name) => path.join(lib, name));

      call('aarch64-linux-gnu-gcc', [
        '-nostdinc', '-isystem', path.join(muslArm64, 'usr/include/aarch64-linux-musl'), '-isystem', own,
        '-nostdlib', '-pie', '-fPIE', '-rdynamic', ...start, ...source,
        `-L${path.join(muslArm64, 'lib/aarch64-linux-musl')}`, '-l:libc.so', '-lgcc',
        '-Wl,--dynamic-linker=/lib/ld-musl-aarch64.so.1', '-o', binary,
      ]);
    },
    words: (binary) => ['qemu-aarch64-static', '-L', muslArm64, binary],
  },
};

/** Copy the package to a folder, as installed, without a build. */
function install(folder) {
  const installed = path.join(folder, 'node_modules', 'ringport');

  for (const name of ['dist', 'prebuilds', 'package.json']) {
    fs.cpSync(path.join(root, name), path.join(installed, name),
      { recursive: true, filter: (file) => !file.endsWith('.code') });
  }
  fs.copyFileSync(path.join(root, 'test/targets/smoke.js'), path.join(folder, 'smoke.js'));
  return path.join(folder, 'smoke.js');
}

async function onNodes(name, { lines, words }, { file, smoke, mocha }) {
  const steps = [];

  for (const line of lines) {
    const [command, ...args] = words(line);

    if (mocha.length === 0) {
      steps.push(await run(`${name}, Node ${line}`, command, [...args, smoke], { minutes: 5 }));
    } else {
      const env = { RINGPORT_BINARY: name.startsWith('win32') ? `Z:${file}` : file };

      steps.push(await runMocha(`${name}, Node ${line}`, [command, ...args], mocha, { minutes: 20, env }));
    }
  }
  return steps;
}

/** Open the binary by musl's loader, which must also refuse the one for glibc. */
async function byLoader(name, { build, words }, { file, folder }) {
  const names = call('nm', ['-D', '--undefined-only', '--format=posix', file]).split('\n')
    .map((line) => line.split(' ')[0]).filter((each) => /^(napi|node_api|uv)_/.test(each));
  const stubs = path.join(folder, 'stubs.c');
  const binary = path.join(folder, name);
  const glibc = file.replace('.musl.', '.glibc.');

  fs.writeFileSync(stubs, names.map((each) => `void ${each}(void) {}\n`).join(''));
  build([path.join(root, 'test/targets/open.c'), stubs], binary);

  const [command, ...args] = words(binary);
  const opened = await run(`${name}, musl's loader`, command, [...args, file]);
  const refused = await run(`${name}, the binary for glibc`, 'sh',
    ['-c', '"$@" | grep gnu_get_libc_version', 'sh', command, ...args, glibc]);

  return [opened, refused];
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true, options: { mocha: { type: 'string', multiple: true, default: [] } },
  });
  const known = { ...nodes, ...loaders };
  const able = values.mocha.length > 0 ? nodes : known;
  const chosen = targets.filter(({ name }) =>
    name in able && (positionals.length === 0 || positionals.includes(name)));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-targets-'));
  const steps = [];

  if (chosen.length === 0) throw new BuildError(`one of ${Object.keys(able).join(', ')}, please`);
  try {
    const smoke = install(folder);

    for (const target of chosen) {
      const { name } = target;
      const { programs, files = {} } = known[name];
      const wrong = problem(target);

      if (wrong !== '') throw new BuildError(`the binary for ${name} is ${wrong}: node scripts/prebuild.js ${name}`);
      installPackages(programs, files);

      const what = { file: path.join(root, target.file), folder, smoke, mocha: values.mocha };

      const tried = name in nodes
        ? onNodes(name, nodes[name], what) : byLoader(name, loaders[name], what);

      steps.push(...await tried);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  total(steps);
}

main().catch((error) => {
  console.error(error instanceof BuildError ? error.message : error);
  process.exitCode = 1;
});
