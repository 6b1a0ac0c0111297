'use strict';

// node test/model/run.js [--preemptions n] [--mutants-only|--no-mutants] [names...]
//
// The model checker. Builds the sources of the core with a scheduler (schedule.c), with
// segments of 64 bytes instead of 4 KiB, and runs all scenarios, or the named ones, in
// every interleaving within their bounds. Then does the same with each mutant
// (mutants*.js), which must fail. Exits with 1 if an invariant breaks or a mutant
// survives. --preemptions replaces the bound of the scenarios that have one: a higher one
// takes longer; -1 removes it.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { parseArgs } = require('node:util');

const sources = require('../../scripts/sources');
const toolchain = require('../../scripts/toolchain');
const mutants = [
  ...require('./mutants'), ...require('./mutants-blocked'), ...require('./mutants-shared'),
];

const { root } = sources;
const build = path.join(root, 'build', 'model');
const cc = toolchain.compiler();
const flags = [
  '-std=c11', '-D_GNU_SOURCE', '-g', '-Wall', '-Wextra', `-I${__dirname}`, '-include', 'shim.h',
];
const instrumented = ['-O1', '-fsanitize=thread'];
/**
 * Files without a protocol: shapes.c has one lock around everything, nobody waits for a
 * counter, and cpus.c only queries the system. memory.c replaces barrier.c and random.c.
 */
const without = [
  'process/barrier.c', 'process/cpus.c', 'ring/counters.c', 'random.c', 'process/shapes.c',
];
/** Relative to the core's folder, like the files of `smaller` and of the mutants. */
const parts = sources.core().map((file) => file.replace('src/core/', '')).filter((file) => !without.includes(file));

/**
 * Replacements that make the core small enough to explore: sizes that affect protocols.
 */
const smaller = [
  ['port/chain.h', '#define RP_SEGMENT_MIN 4096u', '#define RP_SEGMENT_MIN 64u'],
  ['port/chain.h', '#define RP_SEGMENT_MAX (1u << 20)', '#define RP_SEGMENT_MAX 256u'],
  ['port/chain.c', '#define CALM_ENOUGH 16u', '#define CALM_ENOUGH 1u'],
  ['port/chain.c', '#define BUSY 4096u', '#define BUSY 2u'],
  ['port/message.h', '#define RP_MESSAGE_INLINE_MAX (32u * 1024)', '#define RP_MESSAGE_INLINE_MAX 32u'],
  ['port/message.h', '#define RP_MESSAGE_TABLE_MAX 1024u', '#define RP_MESSAGE_TABLE_MAX 4u'],
  ['port/message.h', '#define RP_MESSAGE_RUN_MAX (64u * 1024)', '#define RP_MESSAGE_RUN_MAX 128u'],
  ['port/transfer_registry.c', '#define CHAINS 256u', '#define CHAINS 4u'],
];

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';

    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('error', (error) => resolve({ ok: false, why: error.message, output }));
    child.on('close', (code, signal) => resolve({ ok: code === 0, why: signal ?? '', output }));
  });
}

async function compile(args) {
  const result = await run(cc, args);

  if (!result.ok) throw new Error(`${cc} ${args.join(' ')}\n${result.output}${result.why}`);
}

/** Call `work` for each item, in parallel on all processors. Returns results in order. */
async function each(items, work) {
  const results = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i], i);
  };

  await Promise.all(Array.from({ length: os.availableParallelism() }, lane));
  return results;
}

/** Replace a text that occurs exactly once. */
function replace(file, from, to) {
  const text = fs.readFileSync(file, 'utf8');

  if (text.split(from).length !== 2) {
    throw new Error(`${path.basename(file)} has ${text.split(from).length - 1} times, not once:\n${from}`);
  }
  fs.writeFileSync(file, text.replace(from, () => to));
}

/** Remove failpoints, which would break the texts that mutants replace. */
function withoutFailpoints(file) {
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^ *rp_failpoint\(.*\);\n/gm, ''));
}

/** The path of a core file in `dir`, an include directory for core/... */
const copied = (dir, file) => path.join(dir, 'core', file);

/** Copy the core to `dir`, small, with static variables that the model can reset. */
function copyCore(dir) {
  fs.rmSync(dir, { recursive: true, force: true });
  fs.cpSync(path.join(root, 'src', 'core'), copied(dir, ''), { recursive: true });
  for (const file of fs.readdirSync(copied(dir, ''), { recursive: true })) {
    if (/\.[ch]$/.test(file)) withoutFailpoints(copied(dir, file));
  }
  for (const [file, from, to] of smaller) replace(copied(dir, file), from, to);
  for (const file of parts) {
    const name = copied(dir, file);
    const text = fs.readFileSync(name, 'utf8');

    fs.writeFileSync(name, text.replace(/^static (?=[^()\n]*;)/gm, 'MODEL_STATIC static '));
  }
}

function object(dir, file) {
  return path.join(dir, sources.objectName(file));
}

const compileCore = (dir, file) => compile([
  ...flags, ...instrumented, `-I${dir}`, '-c', copied(dir, file), '-o', object(dir, file)]);

const compileScenarios = (dir, file, out) => compile([
  ...flags, ...instrumented, `-I${dir}`, '-c', path.join(root, file), '-o', object(out, file)]);

const scenarioFiles = () => sources.list('test/model', '.c')
  .filter((file) => path.basename(file).startsWith('scenarios-'));

/** The scenarios in a file. */
function namesIn(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');

  return [...text.matchAll(/^SCENARIO\(\w+,\s+"([^"]+)"/gm)].map((match) => match[1]);
}

async function buildBase() {
  const dir = path.join(build, 'core');
  const ours = sources.list('test/model', '.c');

  copyCore(dir);
  await each([...parts, ...ours], (file) => {
    if (parts.includes(file)) return compileCore(dir, file);

    if (scenarioFiles().includes(file)) return compileScenarios(dir, file, build);
    return compile([
      ...flags, '-O2', `-I${dir}`, '-c', path.join(root, file), '-o', object(build, file)]);
  });

  const fixed = ours.map((file) => object(build, file));
  const objects = parts.map((file) => object(dir, file));
  const binary = path.join(build, 'model');

  await compile([...fixed, ...objects, '-o', binary]);
  return { dir, fixed, binary };
}

async function buildMutant(base, mutant, index) {
  const dir = path.join(build, `mutant-${index + 1}`);
  const froms = [mutant.from].flat();
  const tos = [mutant.to].flat();

  copyCore(dir);
  froms.forEach((from, i) => replace(copied(dir, mutant.file), from, tos[i]));

  const header = mutant.file.endsWith('.h');
  const changed = header ? parts : [mutant.file];
  /* Scenarios contain the inline functions of headers, too. */
  const named = (file) => namesIn(file).some((name) => mutant.scenarios.includes(name));
  const users = header ? scenarioFiles().filter(named) : [];

  for (const file of changed) await compileCore(dir, file);
  for (const file of users) await compileScenarios(dir, file, dir);

  const objects = parts.map((file) => object(changed.includes(file) ? dir : base.dir, file));
  const fixed = base.fixed.filter((file) => !users.some((user) => object(build, user) === file));
  const binary = path.join(dir, 'model');

  await compile([...fixed, ...users.map((file) => object(dir, file)), ...objects, '-o', binary]);
  return binary;
}

async function runScenarios(base, names, bound) {
  let failed = 0;

  await each(names, async (name) => {
    const { ok, why, output } = await run(base.binary, [...bound, name]);

    console.log(output.trimEnd() + why);
    failed += ok ? 0 : 1;
  });
  return { passed: names.length - failed, failed };
}

async function runMutants(base) {
  let survived = 0;

  await each(mutants, async (mutant, index) => {
    const binary = await buildMutant(base, mutant, index).catch((error) => {
      throw new Error(`mutant '${mutant.name}': ${error.message}`);
    });
    const { ok, why, output } = await run(binary, ['-q', ...mutant.scenarios]);
    const [last] = output.trimEnd().split('\n').slice(-1);
    const [, scenario, reason] = /^(\S+) .* states {2}(.*)$/.exec(last) ?? [null, '', why];

    survived += ok ? 1 : 0;
    console.log(ok ? `SURVIVED  ${mutant.name}` : `caught    ${mutant.name}\n            ${scenario}: ${reason}`);
    fs.rmSync(path.dirname(binary), { recursive: true, force: true });
  });
  return { passed: mutants.length - survived, failed: survived };
}

async function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      preemptions: { type: 'string' },
      'mutants-only': { type: 'boolean', default: false },
      'no-mutants': { type: 'boolean', default: false },
    },
  });
  const all = scenarioFiles().flatMap(namesIn);
  const unknown = positionals.find((name) => !all.includes(name));

  if (unknown) throw new Error(`there is no scenario '${unknown}'; there are ${all.join(', ')}`);

  const bound = values.preemptions === undefined ? [] : ['-p', values.preemptions];
  const count = { passed: 0, failed: 0 };
  const add = ({ passed, failed }) => {
    count.passed += passed;
    count.failed += failed;
  };
  const base = await buildBase();

  if (!values['mutants-only']) {
    add(await runScenarios(base, positionals.length > 0 ? positionals : all, bound));
  }
  if (!values['no-mutants'] && positionals.length === 0) add(await runMutants(base));
  console.log(`${count.passed} passed, ${count.failed} failed`);
  if (count.failed > 0) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
