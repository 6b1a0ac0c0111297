'use strict';

// node scripts/fuzz.js [--seconds 10] [--seed 1|random] [--update] [targets...]
//
// Runs each fuzz target for the given time. They pass invalid bytes to the code that
// reads bytes from other threads or processes.
//   test/fuzz/<name>.c    the core, by clang's libFuzzer under ASan and UBSan
//   test/fuzz/<name>.js   the codec, ports and transfer handles, by mutating valid bytes
// A C target starts from test/fuzz/corpus/<name>, which also contains every crash found
// so far, and from the inputs found on this machine (build/fuzz/corpus).
// --update replaces test/fuzz/corpus by the smallest set of inputs with the same
// coverage.
// An input that fails is kept in build/fuzz, and its name printed: `<binary> <input>`
// repeats the failure.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const sources = require('./sources');

const { root } = sources;
const dir = path.join(root, 'test', 'fuzz');
const build = path.join(root, 'build', 'fuzz');

const cc = 'clang';
const flags = [
  '-std=c11', '-D_GNU_SOURCE', '-UNDEBUG', '-g', '-O1', '-fno-omit-frame-pointer', '-pthread',
  '-Wall', '-Wextra', '-Werror', '-Isrc', '-Itest/fuzz',
  '-fsanitize=address,undefined', '-fno-sanitize-recover=all',
];
/** Longer inputs are slower and cover nothing more. */
const MAX_LENGTH = 512;
const INPUT_LIMIT_SECONDS = 10;

const targets = fs.readdirSync(dir)
  .map((file) => path.parse(file))
  .filter(({ ext, name }) => (ext === '.c' || ext === '.js') && !name.startsWith('support'));

/** Run a command. @returns {Promise<{ok: boolean, output: string}>} */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';

    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code, signal) => resolve({ ok: code === 0, output: output + (signal ?? '') }));
  });
}

function compile(args) {
  const { status, stderr, error } = spawnSync(cc, [...flags, ...args], { cwd: root, encoding: 'utf8' });

  if (status !== 0) throw new Error(`${cc} ${args.join(' ')}\n${error?.message ?? stderr}`);
}

/** Compile the instrumented core. @returns {string[]} its object files */
function compileCore() {
  return sources.core().map((source) => {
    const object = path.join(build, sources.objectName(source));

    compile(['-fsanitize=fuzzer-no-link', '-c', source, '-o', object]);
    return object;
  });
}

function corpora(name) {
  const grown = path.join(build, 'corpus', name);
  const kept = path.join(dir, 'corpus', name);

  for (const corpus of [grown, kept]) fs.mkdirSync(corpus, { recursive: true });
  return { grown, kept };
}

/** Replace the corpus in the repository by the smallest set with the same coverage. */
async function update(name, binary) {
  const { grown, kept } = corpora(name);
  const fresh = `${kept}.new`;

  fs.mkdirSync(fresh);
  const { ok, output } = await run(binary, [
    '-merge=1', '-use_counters=0', `-max_len=${MAX_LENGTH}`, fresh, kept, grown]);

  if (!ok) throw new Error(output);
  fs.rmSync(kept, { recursive: true });
  fs.renameSync(fresh, kept);
}

async function fuzzC(name, objects, { seconds, seed }) {
  const binary = path.join(build, name);
  const { grown, kept } = corpora(name);

  compile(['-fsanitize=fuzzer', `test/fuzz/${name}.c`, ...objects, '-o', binary]);

  const { ok, output } = await run(binary, [
    `-max_total_time=${seconds}`, `-seed=${seed}`, `-max_len=${MAX_LENGTH}`, '-print_final_stats=1',
    `-timeout=${INPUT_LIMIT_SECONDS}`, `-artifact_prefix=${build}/${name}-`, grown, kept]);
  const [, runs] = /number_of_executed_units: (\d+)/.exec(output) ?? [];
  const edges = [...output.matchAll(/ cov: (\d+)/g)].at(-1)?.[1];

  return { ok, output, summary: `${runs} inputs, ${edges} edges`, binary };
}

async function fuzzJs(name, { seconds, seed }) {
  const file = path.join(dir, `${name}.js`);
  const { ok, output } = await run(process.execPath,
    ['--expose-gc', file, '--seconds', String(seconds), '--seed', String(seed)]);

  return { ok, output, summary: output.trim().split('\n').at(-1) };
}

async function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      update: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  const seed = values.seed === 'random' ? 1 + Date.now() % 0x7fffffff : Number(values.seed);
  const unknown = positionals.find((word) => !targets.some(({ name }) => name === word));

  if (unknown) throw new Error(`there is no target '${unknown}'`);

  const chosen = positionals.length === 0
    ? targets : targets.filter(({ name }) => positionals.includes(name));
  const queue = [...chosen];
  const count = { passed: 0, failed: 0 };

  fs.mkdirSync(build, { recursive: true });
  const objects = chosen.some(({ ext }) => ext === '.c') ? compileCore() : [];
  const lane = async () => {
    for (let target = queue.shift(); target; target = queue.shift()) {
      const { name, ext } = target;
      const { ok, output, summary, binary } = ext === '.c'
        ? await fuzzC(name, objects, { seconds, seed }) : await fuzzJs(name, { seconds, seed });

      count[ok ? 'passed' : 'failed']++;
      console.log(ok ? `ok   ${name} (${summary})` : `FAIL ${name}\n${output}`);
      if (ok && values.update && binary) await update(name, binary);
    }
  };

  console.log(`${seconds} s each, seed ${seed}`);
  await Promise.all(Array.from({ length: Math.min(2, os.availableParallelism()) }, lane));
  console.log(`${count.passed} passed, ${count.failed} failed`);
  process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
