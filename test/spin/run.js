'use strict';

// node test/spin/run.js [models...]
//
// Checks the Promela models of this directory with Spin: every state for the assertions and for threads
// that wait for ever, and every infinite run for what must happen in the end, under weak fairness (a
// thread that can go on does so).
// Then each model with one thing broken, which must fail. Prints the states. Needs spin and gcc
// (on Debian: apt-get install spin); exits with 1 if a model fails or a broken one does not.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');

const { root } = require('../../scripts/sources');

const build = path.join(root, 'build', 'spin');

/** How each model is broken: the definition, and what that means. */
const models = {
  token: {
    PUBLISH_IN_TWO: 'publish looks for the token before it moves tail',
    PARK_DOES_NOT_LOOK: 'park does not look for what came first',
    PARK_MISSES_THE_SEAL: 'park takes the seal for nothing new',
    UNPARK_DOES_NOT_LOOK: 'the bit is taken back though a publish has taken it',
    PUSH_KEEPS_RESTING: 'a push on the list of a resting thread leaves it resting',
    REST_DOES_NOT_LOOK: 'a thread goes to rest without a look at its list',
  },
  close: {
    WAKE_FORGETS_IN_TRANSIT: 'the token of a half in transit is not kept',
    LEAVE_REMOVES_FIRST: 'a half leaves the list before it has no owner',
    LEAVE_FORGETS_THE_TOKEN: 'a half that leaves loses the token it had',
    LAST_IS_ASKED_UNLOCKED: 'two ask who is the last without the lock',
    SEALS_AFTER_CLOSED: 'a half seals its peer after it has said that it is gone',
    TWO_MAY_TAKE: 'two may take one half out of the registry',
    ONLY_THE_PEER_LISTENS: 'who made a passport does not listen for its loss',
    DETACHED_BEFORE_REGISTERED: 'a half is in transit before it can be found',
    ATTACH_DOES_NOT_LOOK: 'attach does not look for the token',
  },
};

/** Run a command to its end. @returns {Promise<{code: number | null, output: string}>} */
function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';

    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('error', (error) => reject(error.code === 'ENOENT'
      ? new Error(`${command} is not installed (on Debian: apt-get install spin gcc)`) : error));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/**
 * Make the checker of a model and run it: for the assertions, then for each ltl formula.
 * @returns {Promise<{wrong: string | null, states: number}>}
 */
async function check(name, definition) {
  const dir = path.join(build, definition ? `${name}-${definition}` : name);
  const file = path.join(__dirname, `${name}.pml`);
  const formulas = [...fs.readFileSync(file, 'utf8').matchAll(/^ltl (\w+)/gm)].map(([, formula]) => formula);
  let states = 0;

  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });

  const made = await run('spin', ['-a', ...(definition ? [`-D${definition}`] : []), file], dir);

  if (made.code !== 0) throw new Error(made.output);

  const searches = [
    ['safety', ['-DSAFETY', '-DNOCLAIM'], []],
    ...formulas.map((formula) => [formula, [], ['-a', '-f', '-N', formula]]),
  ];

  for (const [what, defines, how] of searches) {
    const compiled = await run('gcc', ['-O1', '-w', ...defines, 'pan.c', '-o', 'pan'], dir);

    if (compiled.code !== 0) throw new Error(compiled.output);

    const { output } = await run('./pan', ['-m100000', ...how], dir);
    const errors = /errors: (\d+)/.exec(output)?.[1];

    states += Number(/(\d+) states, stored/.exec(output)?.[1] ?? 0);
    if (/max search depth too small|out of memory/.test(output)) throw new Error(output);
    if (errors === undefined) throw new Error(output);
    if (errors !== '0') {
      const [, why] = /^pan:1: (.*?)(?: \(at depth|$)/m.exec(output) ?? [null, 'an error'];

      return { wrong: `${what}: ${why.slice(0, 60)}`, states };
    }
  }
  return { wrong: null, states };
}

async function main(names) {
  const unknown = names.find((name) => !Object.hasOwn(models, name));

  if (unknown) throw new Error(`there is no model '${unknown}'; there are ${Object.keys(models).join(', ')}`);

  const chosen = names.length > 0 ? names : Object.keys(models);
  const jobs = chosen.flatMap((name) => [[name, null], ...Object.entries(models[name]).map((one) => [name, one])]);
  const count = { passed: 0, failed: 0 };
  const lane = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const [name, broken] = job;
      const { wrong, states } = await check(name, broken?.[0]);
      const good = (wrong === null) === (broken === null);
      const verdict = broken === null ? (good ? 'ok      ' : 'FAIL    ') : (good ? 'caught  ' : 'SURVIVED');

      count[good ? 'passed' : 'failed']++;
      console.log(`${verdict}  ${name}${broken ? `, ${broken[1]}` : ''}  ${states} states` +
        (wrong === null ? '' : `\n            ${wrong}`));
    }
  };

  await Promise.all(Array.from({ length: Math.min(2, os.availableParallelism()) }, lane));
  console.log(`${count.passed} passed, ${count.failed} failed`);
  process.exitCode = count.failed > 0 ? 1 : 0;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
