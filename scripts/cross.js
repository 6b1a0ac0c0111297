'use strict';

// Cross-compiles the addon for other platforms by Debian's compilers. Runs on Linux x64.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { BuildError } = require('./explain');
const sources = require('./sources');
const toolchain = require('./toolchain');

const { root } = sources;
const build = path.join(root, 'build', 'cross');
/** Where musl-dev for arm64 is unpacked: apt installs only packages for this machine. */
const muslArm64 = path.join(root, '.cache', 'musl-arm64');

const common = [
  '-std=c11', '-DNAPI_VERSION=9', '-O2', '-shared', '-fvisibility=hidden',
  '-Wall', '-Wextra', '-Wconversion', '-Wshadow',
];
const elf = ['-D_GNU_SOURCE', '-fPIC', '-flto', '-pthread', '-s', '-Wl,-z,nodelete'];
const AARCH64 = 'aarch64-linux-gnu-gcc';
/** A header of glibc for arm64; the compiler's package only recommends that of glibc. */
const GLIBC_ARM64 = '/usr/aarch64-linux-gnu/include/stdio.h';
const MINGW = 'x86_64-w64-mingw32-gcc';

/**
 * For each target: the compiler, the Debian packages that contain it, packages by a
 * further file that is needed, and how to build.
 * @type {Record<string, {compiler: string, packages: string[], files?: Record<string,
 *   string>, isReady?: () => boolean, make: (binary: string) => void}>}
 */
const recipes = {
  'linux-arm64-glibc': {
    compiler: AARCH64,
    packages: ['gcc-aarch64-linux-gnu'],
    files: { [GLIBC_ARM64]: 'libc6-dev-arm64-cross' },
    isReady: () => fs.existsSync(GLIBC_ARM64),
    make: (binary) => compile(AARCH64, [...elf, '-o', binary]),
  },
  'linux-x64-musl': {
    compiler: 'musl-gcc',
    packages: ['musl-tools'],
    make: (binary) => compile('musl-gcc', [...elf, '-o', binary]),
  },
  'linux-arm64-musl': {
    compiler: AARCH64,
    packages: ['gcc-aarch64-linux-gnu'],
    isReady: () => fs.existsSync(muslArm64),
    make(binary) {
      const own = run(AARCH64, ['-print-file-name=include']).trim();
      const include = path.join(muslArm64, 'usr', 'include', 'aarch64-linux-musl');
      const lib = path.join(muslArm64, 'lib', 'aarch64-linux-musl');

      compile(AARCH64, [
        // libgcc's outline atomics call a function that only glibc has.
        ...elf, '-mno-outline-atomics', '-nostdinc', '-isystem', include, '-isystem', own, '-nostdlib', '-o', binary,
      ], [`-L${lib}`, '-l:libc.so', '-lgcc']);
    },
  },
  'win32-x64': {
    compiler: MINGW,
    packages: ['gcc-mingw-w64-x86-64'],
    make: makeWindows,
  },
};

/** Run a command. @returns {string} its output @throws {BuildError} */
function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args,
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options });

  if (status === 0) return stdout;
  throw new BuildError(`${command} ${args.slice(0, 4).join(' ')} ... failed: ${error?.message ?? stderr}`);
}

function compile(compiler, flags, libraries = []) {
  run(compiler, [
    ...common, ...flags, ...includes(), ...sources.core(), ...sources.node(), ...libraries]);
}

/** Node's headers, which are the same for all platforms. */
function includes() {
  const include = toolchain.includeDir();

  if (!include) throw new BuildError('Node\'s headers are not here yet: run node scripts/build.js first.');
  return ['-Isrc', `-I${include}`];
}

/**
 * Build for Windows. An addon gets Node's functions from node.exe, by an import library
 * that Node ships for Visual Studio. Here it is generated from the symbols that the
 * objects reference. Its loading is delayed, because the program may have another name;
 * see src/mingw/delay_load.c.
 */
function makeWindows(binary) {
  const object = path.join(build, 'ringport.o');
  const hook = path.join(build, 'delay_load.o');
  const def = path.join(build, 'node.def');
  const library = path.join(build, 'libnode.a');
  const flags = common.filter((flag) => flag !== '-shared');

  fs.mkdirSync(build, { recursive: true });
  const objects = [...sources.core(), ...sources.node()].map((source) => {
    const each = path.join(build, sources.objectName(source));

    run(MINGW, [...flags, ...includes(), '-c', source, '-o', each]);
    return each;
  });

  run(MINGW, [...flags, '-c', 'src/mingw/delay_load.c', '-o', hook]);
  run(MINGW, ['-r', '-nostdlib', ...objects, '-o', object]);

  const names = run('x86_64-w64-mingw32-nm', ['--undefined-only', '--format=posix', object])
    .split('\n').map((line) => line.split(' ')[0]).filter((name) => /^(napi|node_api|uv)_/.test(name));

  fs.writeFileSync(def, `LIBRARY node.exe\nEXPORTS\n${names.join('\n')}\n`);
  run('x86_64-w64-mingw32-dlltool', ['-d', def, '-y', library]);
  run(MINGW, ['-shared', '-s', '-static-libgcc', object, hook, library, '-ldelayimp', '-o', binary]);
}

const isHost = process.platform === 'linux' && process.arch === 'x64';

/** @returns {boolean} whether the compiler for this target is installed */
function canBuild(name) {
  const recipe = recipes[name];

  if (!isHost || recipe === undefined) return false;
  return toolchain.runs(recipe.compiler) && (recipe.isReady?.() ?? true);
}

/**
 * Build the addon for a target.
 * @param {string} name of a target for which canBuild() is true
 * @param {string} binary its absolute path
 * @throws {BuildError}
 */
function buildFor(name, binary) {
  const draft = `${binary}.new`;

  fs.mkdirSync(path.dirname(binary), { recursive: true });
  recipes[name].make(draft);
  fs.renameSync(draft, binary);
}

/**
 * Install Debian packages that are missing.
 * @param {Record<string, string>} programs packages by a program that they contain
 * @param {Record<string, string>} [files] packages by a file that they contain
 * @throws {BuildError} which names the packages if they cannot be installed here
 */
function installPackages(programs, files = {}) {
  const lacking = [
    ...Object.keys(programs).filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0),
    ...Object.keys(files).filter((file) => !fs.existsSync(file)),
  ];
  const packages = [...new Set(lacking.map((name) => programs[name] ?? files[name]))];

  if (packages.length === 0) return;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    throw new BuildError(`this needs ${lacking.join(', ')}. As root on Debian: apt-get install ${packages.join(' ')}`);
  }
  console.error(`Installing ${packages.join(', ')} ...`);
  run('apt-get', ['update', '-q']);
  run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages],
    { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}

/**
 * Download musl for arm64. Uses its own package lists, not those of this machine's apt.
 */
function fetchMusl() {
  if (fs.existsSync(muslArm64)) return;

  const draft = `${muslArm64}.new`;
  const lists = path.join(draft, 'lists');
  const options = [
    '-o', 'APT::Architectures::=amd64', '-o', 'APT::Architectures::=arm64', '-o', `Dir::State::lists=${lists}`,
    '-o', `Dir::Cache=${path.join(draft, 'cache')}`, '-o', 'APT::Sandbox::User=root',
  ];

  console.error('Fetching musl-dev for arm64 ...');
  fs.rmSync(draft, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'cache/archives/partial', 'root']) {
    fs.mkdirSync(path.join(draft, folder), { recursive: true });
  }
  run('apt-get', [...options, '-q', 'update']);
  run('apt-get', [...options, '-q', 'download', 'musl:arm64', 'musl-dev:arm64'], { cwd: draft });
  for (const name of fs.readdirSync(draft).filter((each) => each.endsWith('.deb'))) {
    run('dpkg-deb', ['-x', path.join(draft, name), path.join(draft, 'root')]);
  }
  fs.renameSync(path.join(draft, 'root'), muslArm64);
  fs.rmSync(draft, { recursive: true });
}

/** Install all compilers. @throws {BuildError} */
function installCompilers() {
  if (!isHost) throw new BuildError('the cross compilers are installed on Debian, on x64.');

  const all = Object.values(recipes);

  installPackages(Object.fromEntries(all.map(({ compiler, packages }) => [compiler, packages[0]])),
    Object.assign({}, ...all.map(({ files }) => files)));
  fetchMusl();
}

module.exports = { buildFor, canBuild, installCompilers, installPackages, muslArm64, run };
