'use strict';

/*
 * node test/soak/run.js [--minutes 60 | --seconds n | --rounds n] [--seed n] [--length
 * ms]
 *
 * The soak test: rounds of random operations on ports, workers, transfer handles and
 * rings. A ledger counts all messages (ledger.js): none is lost while its receiver lives,
 * none arrives twice, order and contents are right, every end emits 'close'. After each
 * round, the process has no more threads, ports, files or endpoints in transit than
 * before, and memory levels off.
 *
 * Prints the seed; a failure prints the seed of its round and each player's last
 * operations. `--seed <that> --rounds 1` repeats the same operations, but threads may
 * interleave differently. RINGPORT_SUBJECT=worker_threads runs with Node's ports, without
 * what only ringport has.
 */

const { parseArgs } = require('node:util');
const v8 = require('node:v8');
const vm = require('node:vm');

require('../js/support/required');
const { subject } = require('../js/support/implementations');
const { holdings, left } = require('../js/support/holdings');
const { Round } = require('./round');

/* Limit for the growth of memory from the first half of the rounds to the second: after
 * bursts of large messages, malloc's arenas, one per thread, keep their size. */
const SLACK = 64 * 1024 * 1024;
/* Rounds until permanent threads, caches and arenas exist. */
const WARM = 3;

v8.setFlagsFromString('--expose-gc');
globalThis.gc = vm.runInNewContext('gc');

const mebibytes = (bytes) => (bytes / 1048576).toFixed(1);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Count the libuv handles of this thread, by kind. */
const resources = () => {
  const count = {};

  for (const name of process.getActiveResourcesInfo()) count[name] = (count[name] ?? 0) + 1;
  return count;
};

/** Find the resources that a round has left. @returns {Promise<string[]>} */
async function leftovers(before, handles) {
  const wrong = [];
  const settle = async (what, look) => {
    for (const start = performance.now(); ;) {
      const more = look();

      if (more === undefined) return;
      if (performance.now() - start > 30_000) return void wrong.push(`${what}: ${more}`);
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const more = await left(before);

  if (more !== undefined) wrong.push(`left: ${JSON.stringify(more)}`);
  await settle('threads()', () => {
    const others = subject.api.threads?.().filter(({ threadId }) => threadId !== 0) ?? [];

    return others.length > 0 ? JSON.stringify(others) : undefined;
  });
  await settle('ports of the main thread', () => subject.api.threads?.()[0].ports || undefined);
  await settle('handles', () => {
    const now = resources();
    const grown = Object.keys(handles).filter((key) => key !== 'Timeout' && now[key] > handles[key]);

    return grown.length > 0 ? JSON.stringify(now) : undefined;
  });
  return wrong;
}

function report(failures, seed) {
  for (const { why, history } of failures.slice(0, 10)) {
    if (history.length > 0) console.log(`  ${history.join('\n  ')}`);
    console.log(why);
  }
  console.log(`the round's seed is ${seed}: node test/soak/run.js --seed ${seed} --rounds 1`);
}

async function main() {
  process.exitCode = 1; // until the end, in case the event loop runs empty
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '60' },
      seconds: { type: 'string' },
      rounds: { type: 'string', default: 'Infinity' },
      seed: { type: 'string', default: String(Date.now() % 1e9) },
      length: { type: 'string', default: '1000' },
    },
  });
  const limit = Number(values.rounds);
  const seconds = limit < Infinity ? Infinity : Number(values.seconds ?? values.minutes * 60);
  const until = performance.now() + seconds * 1000;
  const sum = { messages: 0, records: 0, channels: 0, workers: 0 };
  const rss = [];
  let said = performance.now();
  let before = { threads: Infinity, files: Infinity, transit: 0, spawns: 0 };
  let handles = {};
  let round = 0;
  let failed = 0;

  console.log(`${subject.name}, Node ${process.version}, seed ${values.seed}`);
  for (; round < limit && performance.now() < until && failed === 0; round++) {
    const seed = (Number(values.seed) + round * 7919) | 0;
    const played = new Round({ implementation: subject.id, seed, milliseconds: Number(values.length) });
    const { failures, ...counts } = await played.run();

    for (const key of Object.keys(counts)) sum[key] += counts[key];
    if (failures.length === 0) {
      for (const why of await leftovers(before, handles)) failures.push({ why, history: played.lost() });
    }
    globalThis.gc();
    await new Promise(setImmediate);
    /* Later rounds are compared with the first ones. */
    if (round < WARM) {
      before = { ...holdings(), spawns: 0 };
      handles = resources();
    } else rss.push(process.memoryUsage.rss());
    if (failures.length > 0) {
      failed++;
      report(failures, seed);
    }
    if (performance.now() - said > 60000) {
      said = performance.now();
      console.log(`round ${round + 1}: ${JSON.stringify(sum)}, RSS ${mebibytes(rss.at(-1) ?? 0)} MiB`);
    }
  }

  rss.splice(0, rss.length >> 2); // the warm-up

  const half = rss.length >> 1;

  if (half >= 4) {
    const growth = median(rss.slice(half)) - median(rss.slice(0, half));

    console.log(`RSS: ${mebibytes(median(rss.slice(half)))} MiB in the second half, ${mebibytes(growth)} more`);
    if (growth > SLACK) {
      failed++;
      console.log('memory does not level off');
    }
  }
  console.log(JSON.stringify(sum));
  console.log(`${round - Math.min(failed, 1)} passed, ${failed} failed`);
  process.exitCode = failed > 0 || round === 0 ? 1 : 0;
}

main();
