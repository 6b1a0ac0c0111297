'use strict';

// node scripts/ctest.js [--cc gcc,clang] [--sanitize none,address,thread]
//   [--timeout seconds] [names...]
//
// Compiles the C core and each program in test/c with the given compilers and sanitizers,
// and runs the programs, each with a time limit. A program is a main() with assertions;
// it passes if it exits with 0. A line 'link: ...' in its first comment adds linker
// arguments.
// Default: gcc, plain and under both sanitizers.
// --sanitize address means address,undefined, which run together.
// --sanitize valgrind runs the plain programs under memcheck, which takes minutes.
// --sanitize coverage builds them for scripts/coverage.js, with gcc.
// Programs of a cross compiler run under qemu's user mode, for example by
// --cc aarch64-linux-gnu-gcc --sanitize none.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const sources = require('./sources');
const toolchain = require('./toolchain');

const { root } = sources;
const parallel = Math.min(2, os.cpus().length);

const common = [
  '-std=c11', '-D_GNU_SOURCE', '-UNDEBUG', '-g', '-pthread', '-Isrc', '-Itest/c',
  '-Wall', '-Wextra', '-Werror',
];

const sanitizers = {
  none: ['-O2'],
  address: [
    '-O1', '-fno-omit-frame-pointer', '-fsanitize=address,undefined', '-fno-sanitize-recover=all',
  ],
  thread: ['-O1', '-fno-omit-frame-pointer', '-fsanitize=thread'],
  valgrind: ['-O1', '-fno-omit-frame-pointer'],
  coverage: ['-O0', '--coverage', '-fprofile-update=atomic', '-Wno-maybe-uninitialized'],
};

/**
 * Fair scheduling, because threads that spin would starve others. Only definite leaks,
 * because some memory that lives as long as the process has only interior pointers.
 */
const memcheck = [
  'valgrind', '--quiet', '--error-exitcode=99', '--leak-check=full', '--fair-sched=yes',
  '--show-leak-kinds=definite', '--errors-for-leak-kinds=definite',
];

const runEnv = {
  ...process.env,
  ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1',
};

/** Run a command. @returns {Promise<{ok: boolean, why: string, output: string}>} */
function run(command, args, { timeout = 0, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: { ...runEnv, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let late = false;
    const timer = timeout && setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeout);

    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('error', (error) => resolve({ ok: false, why: error.message, output }));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        ok: code === 0,
        why: late ? `no end after ${timeout / 1000} s` : signal ?? `exit code ${code}`,
        output,
      });
    });
  });
}

/** Call `work` for each item, `parallel` of them at a time. */
async function each(items, work) {
  const queue = [...items];
  const lane = async () => {
    while (queue.length > 0) await work(queue.shift());
  };

  await Promise.all(Array.from({ length: parallel }, lane));
}

function newest(files) {
  return Math.max(...files.map((file) => fs.statSync(path.join(root, file)).mtimeMs));
}

/** @returns {boolean} whether `output` exists and is newer than its inputs */
function fresh(output, inputs) {
  const file = path.join(root, output);

  return fs.existsSync(file) && fs.statSync(file).mtimeMs > newest([...inputs, 'scripts/ctest.js']);
}

/** The command that runs the programs of a cross compiler. */
function emulator(cc) {
  const machine = spawnSync(cc, ['-dumpmachine'], { encoding: 'utf8' }).stdout.trim();

  return [`qemu-${machine.split('-')[0]}-static`, '-L', `/usr/${machine}`];
}

/**
 * Prepare one compiler with one sanitizer: find out how its programs run here. With older
 * compilers, ThreadSanitizer fails on newer kernels unless address randomization is off.
 */
function prepareVariant(cc, sanitize) {
  const dir = `build/c/${path.basename(cc)}-${sanitize}`;
  const flags = [...common, ...sanitizers[sanitize]];
  const empty = `${dir}/empty`;

  fs.mkdirSync(path.join(root, dir), { recursive: true });
  fs.writeFileSync(path.join(root, `${empty}.c`), 'int main(void) { return 0; }\n');

  const compile = [...flags, `${empty}.c`, '-o', empty];
  const compiled = spawnSync(cc, compile, { cwd: root, encoding: 'utf8' });

  if (compiled.status !== 0) {
    throw new Error(`${cc} cannot build a program with sanitizer '${sanitize}': ` +
      `${compiled.error?.message ?? compiled.stderr.trim()}`);
  }

  const starts = ([command, ...args]) => spawnSync(command, args, { cwd: root }).status === 0;
  const launchers = sanitize === 'valgrind'
    ? [memcheck] : [[], ['setarch', os.machine(), '-R'], emulator(cc)];
  const launcher = launchers.find((words) => starts([...words, `./${empty}`]));

  if (!launcher) throw new Error(`a program built by ${cc} with sanitizer '${sanitize}' cannot run here`);

  return { cc, name: `${cc} ${sanitize}`, dir, flags, launcher, objects: [] };
}

async function compileCore(variant) {
  const headers = sources.list('src/core', '.h');

  await each(sources.core(), async (source) => {
    const object = `${variant.dir}/${sources.objectName(source)}`;

    variant.objects.push(object);
    if (fresh(object, [source, ...headers])) return;

    const result = await run(variant.cc, [...variant.flags, '-c', source, '-o', object]);

    if (!result.ok) throw new Error(`${variant.cc} cannot compile ${source}:\n${result.output}`);
  });
}

/** The linker arguments that a program's first comment adds. */
function linkArgs(source) {
  const line = /^ \* link: (.+)$/m.exec(fs.readFileSync(path.join(root, source), 'utf8'));

  return line ? line[1].trim().split(/\s+/) : [];
}

/** Compile a program and run it. @returns the result of run() */
async function test(variant, source, timeout) {
  const binary = `${variant.dir}/${path.basename(source, '.c')}`;
  const headers = [...sources.list('test/c', '.h'), ...sources.headers(), ...sources.node()];
  const inputs = [source, ...variant.objects, ...headers];

  if (!fresh(binary, inputs)) {
    const args = [...variant.flags, source, ...variant.objects, ...linkArgs(source), '-o', binary];
    const result = await run(variant.cc, args);

    if (!result.ok) return { ...result, why: 'does not compile' };
  }

  const [command, ...args] = [...variant.launcher, path.join(root, binary)];

  /* For programs that start themselves once more. */
  return run(command, args, { timeout, env: { RP_LAUNCHER: variant.launcher.join(' ') } });
}

function choose(names) {
  const all = sources.list('test/c', '.c');

  if (names.length === 0) return all;

  return names.map((name) => {
    const wanted = path.basename(name, '.c');
    const source = all.find((file) => path.basename(file, '.c') === wanted);

    if (!source) throw new Error(`there is no test/c/${wanted}.c`);
    return source;
  });
}

/** @returns {Promise<{passed: number, failed: number}>} */
async function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      cc: { type: 'string', default: toolchain.runs('gcc') ? 'gcc' : toolchain.compiler() ?? 'cc' },
      sanitize: { type: 'string', default: 'none,address,thread' },
      timeout: { type: 'string', default: '120' },
    },
  });
  const chosen = values.sanitize.split(',').filter((name) => name !== 'undefined');
  const unknown = chosen.find((name) => !Object.hasOwn(sanitizers, name));

  if (unknown) throw new Error(`--sanitize takes ${Object.keys(sanitizers).join(', ')}, not '${unknown}'`);

  const programs = choose(positionals);
  const variants = values.cc.split(',').flatMap(
    (cc) => chosen.map((sanitize) => prepareVariant(cc, sanitize)));
  const count = { passed: 0, failed: 0 };

  for (const variant of variants) {
    await compileCore(variant);
    await each(programs, async (source) => {
      const start = performance.now();
      const result = await test(variant, source, Number(values.timeout) * 1000);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const line = `${path.basename(source, '.c')} (${variant.name}, ${seconds} s)`;

      count[result.ok ? 'passed' : 'failed']++;
      console.log(result.ok ? `ok   ${line}` : `FAIL ${line}: ${result.why}\n${result.output}`);
    });
  }

  return count;
}

main(process.argv.slice(2)).then(
  ({ passed, failed }) => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  },
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
