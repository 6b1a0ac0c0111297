'use strict';

// node test/spin/run.js [--no-mutants]
//
// Checks the Promela models of the protocols that need liveness, by spin: every published
// record is read, and every channel that has ended is freed, for any scheduling. Runs are
// finite within the models' bounds, so no fairness is assumed. Without Debian's package
// spin, this checks nothing, says so, and succeeds.
//
// Each mutant is a model with one fault, by a macro; it must fail. Exits with 1 if a
// model fails or a mutant does not.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { root } = require('../../scripts/sources');

const build = path.join(root, 'build', 'spin');
/** Search depth for all models; a search that reaches it has failed. */
const DEPTH = 20_000;

/** For each model its claims, and its mutants: macro, claim that must fail, fault. */
const models = {
  token: {
    claims: ['once', 'read'],
    mutants: {
      PUBLISH_ONLY_LOOKS: ['read', 'publish looks for the token instead of exchanging'],
      PUBLISH_TAKES_FIRST: ['read', 'publish takes the token, then stores'],
      ASYMMETRIC_IS_SEEN_FIRST: ['read', 'publish looks at `asymmetric` before it stores'],
      ASYMMETRIC_STAYS: ['read', '`asymmetric` is not cleared at parking'],
      NO_BARRIER: ['read', 'park passes no barrier'],
      BARRIER_COMES_FIRST: ['read', 'park passes its barrier before it clears `asymmetric`'],
      A_PARKED_ONE_GRANTS: ['read', 'who is parked and reads lets the producer do without the exchange'],
      PUSH_ALWAYS_RINGS: ['once', 'every push rings'],
      PUSH_KEEPS_RESTING: ['once', 'a push leaves the thread resting'],
      PARK_DOES_NOT_LOOK: ['read', 'park does not look for what came first'],
      PARK_MISSES_THE_SEAL: ['read', 'park takes the seal for nothing new'],
      UNPARK_IS_BLIND: ['once', 'the token is taken back though a publish has it'],
      A_STOPPED_ENDPOINT_DROPS_IT: ['read', 'a stopped endpoint with messages drops its token'],
      END_FORGETS_THE_REST: ['read', 'an endpoint with messages left parks'],
      REST_DOES_NOT_LOOK: ['read', 'a thread rests without a look at its list'],
      REST_DOES_NOT_COME_BACK: ['read', 'a thread that cannot rest does not come back'],
      BELL_IS_CLEARED_LATE: ['once', 'the doorbell is cleared after the callback'],
      WATCH_IS_BLIND: ['once', 'watching begins while a doorbell is on its way'],
      SCHEDULE_WITHOUT_THE_TOKEN: ['once', 'schedule pushes without the token'],
    },
  },
  close: {
    claims: ['ends'],
    mutants: {
      WAKE_FORGETS_IN_TRANSIT: ['ends', 'the token of an endpoint in transit is not kept'],
      LEAVE_REMOVES_FIRST: ['ends', 'an endpoint leaves the list before it has no owner'],
      LEAVE_FORGETS_THE_TOKEN: ['ends', 'an endpoint that leaves loses its token'],
      LAST_IS_ASKED_UNLOCKED: ['ends', 'two ask who is the last without the lock'],
      SEALS_AFTER_CLOSED: ['ends', 'an endpoint seals its peer after it has said that it is gone'],
      TWO_MAY_TAKE: ['ends', 'two may take one endpoint out of the registry'],
      RUMOUR_IS_MISSED: ['ends', 'a loss that is heard of before the endpoint is in transit is missed'],
      DETACHED_BEFORE_REGISTERED: ['ends', 'an endpoint is in transit before it can be found'],
      ATTACH_DOES_NOT_LOOK: ['ends', 'attach does not look for the token'],
      ONLY_THE_PEER_LISTENS: ['ends', 'who made a transfer handle does not listen for its loss'],
    },
  },
  change: {
    claims: ['heard_all'],
    mutants: {
      CHANGE_WHILE_NODE_READS: ['heard_all', 'a sender says that the ring follows before the message that Node reads'],
      CHANGE_COMES_BEHIND: ['heard_all', 'a sender says it behind its first message by ring, if it gets to that'],
      RING_DOES_NOT_WAIT: ['heard_all', 'the ring is delivered before the receiver has heard that it follows'],
      WHO_WAITS_IS_FORGOTTEN: ['heard_all', 'a port that waits for that gets no other turn'],
    },
  },
};

function run(cwd, command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';

    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')}: ${signal ?? code}\n${output}`));
    });
  });
}

/** Build a model's verifier. @returns {Promise<string>} its directory */
async function compile(model, mutant) {
  const dir = path.join(build, mutant ? `${model}-${mutant}` : model);

  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  await run(dir, 'spin', [...mutant ? [`-D${mutant}`] : [], '-a', path.join(__dirname, `${model}.pml`)]);
  // A mutant fails early, so optimizing does not pay.
  await run(dir, 'gcc', [mutant ? '-O0' : '-O2', '-w', '-DNOFAIR', '-o', 'pan', 'pan.c']);
  return dir;
}

/** @returns {Promise<{states: string, error: string | undefined}>} */
async function verify(dir, claim) {
  const output = await run(dir, './pan', ['-a', `-m${DEPTH}`, '-N', claim]);
  const [, errors] = /errors: (\d+)/.exec(output) ?? [];
  const [, states] = /^ *([\d.e+]+) states, stored/m.exec(output) ?? [];
  const [, error] = /^pan:\d+: (.*?) \(at depth/m.exec(output) ?? [];

  if (errors === undefined || states === undefined || /max search depth too small/.test(output)) {
    throw new Error(output);
  }
  return { states, error: errors === '0' ? undefined : error ?? output };
}

async function checkModel(model, claim) {
  const { states, error } = await verify(path.join(build, model), claim);

  console.log(`${error ? 'FAIL' : 'ok  '}      ${model}, ${claim}: ${states} states${error ? `, ${error}` : ''}`);
  return error === undefined;
}

async function checkMutant(model, mutant, [claim, what]) {
  const dir = await compile(model, mutant);
  const { error } = await verify(dir, claim);

  fs.rmSync(dir, { recursive: true });
  console.log(error
    ? `caught    ${model}, ${what}\n            ${claim}: ${error.startsWith('assertion violated  !(') ? 'the claim is violated' : error}`
    : `SURVIVED  ${model}, ${what}`);
  return error !== undefined;
}

/** Whether spin is installed; installs it if possible without a prompt. */
function present(tool) {
  return spawnSync(tool, ['-V'], { stdio: 'ignore' }).error === undefined;
}

function install() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return false;

  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', ['-q', '-y', ...args], { stdio: 'ignore', env });

  apt('update');
  apt('install', 'spin');
  return present('spin');
}

async function main(argv) {
  const { values } = parseArgs({
    args: argv, options: { 'no-mutants': { type: 'boolean', default: false } },
  });

  if (!present('spin') && !install()) {
    console.log('SKIPPED: there is no spin here (apt-get install spin), so no model has been checked');
    console.log('0 passed, 0 failed');
    return;
  }

  const names = Object.keys(models);
  const tasks = names.flatMap((name) => models[name].claims.map((claim) => () => checkModel(name, claim)));

  if (!values['no-mutants']) {
    for (const name of names) {
      for (const [mutant, how] of Object.entries(models[name].mutants)) {
        tasks.push(() => checkMutant(name, mutant, how));
      }
    }
  }

  const count = { passed: 0, failed: 0 };
  const lane = async () => {
    for (let task = tasks.shift(); task; task = tasks.shift()) count[await task() ? 'passed' : 'failed']++;
  };

  await Promise.all(names.map((name) => compile(name)));
  await Promise.all(Array.from({ length: Math.min(2, os.availableParallelism()) }, lane));
  console.log(`${count.passed} passed, ${count.failed} failed`);
  if (count.failed > 0) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
