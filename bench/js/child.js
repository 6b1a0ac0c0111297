'use strict';

/*
 * child.js - the process of one run: one case by one competitor. Takes the job as JSON in
 * its first argument, and prints the result as JSON in its last line.
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
