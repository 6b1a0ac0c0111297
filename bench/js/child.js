'use strict';

/*
 * One run of one case by one competitor, in a process of its own. The job comes as JSON in the
 * first argument, the result leaves as JSON on the last line of stdout.
 */

const { load, startWorker } = require('./threads');

async function main() {
  const job = JSON.parse(process.argv[2]);
  const threads = load(job.implementation);
  const scenario = require(`./scenarios/${job.scenario}`);
  const result = await scenario.main({
    threads,
    implementation: job.implementation,
    params: job.params,
    warmMs: job.warmMs,
    measureMs: job.measureMs,
    startWorker: () => startWorker(threads, job),
  });
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

main();
