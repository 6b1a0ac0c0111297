'use strict';

/*
 * The demo: the main thread reads real text and makes a record of each line; the records
 * go to an aggregate, which also answers questions. The aggregate is first in the same
 * thread, then in a worker of worker_threads, then in one of ringport: the same code for
 * both. The result is a table and a chart.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { fork } = require('node:child_process');
const { parseArgs } = require('node:util');
const { meaning, table } = require('./table');
const { readText } = require('./text');

const usage = `Usage: npm start -- [options] [file or folder]

Streams a record of each line of a text to an aggregate in a worker, and awaits its answers: over
worker_threads and over ringport, the same code for both, and in one thread without a worker.
Without a path it reads the project's own sources and dependencies.

  --seconds n     that each of the three runs (default: 11)
  --megabytes n   read no more than this (default: 8)
  --chart file    where the chart goes, an SVG (default: build/npm-start.svg)
  --json          the figures as JSON instead of the table
  --help          this text
`;

/** Competitors, each in a process of its own. */
const competitors = {
  'one thread': null,
  'worker_threads': 'node:worker_threads',
  'ringport': require.resolve('ringport'),
};

/** What the user did wrong; shown without a stack. */
class UsageError extends Error {}

function whole(options, name, max) {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new UsageError(`--${name} must be a whole number from 1 to ${max}, ` +
      `not '${options[name]}'`);
  }
  return value;
}

function commandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '11' },
        megabytes: { type: 'string', default: '8' },
        chart: { type: 'string', default: path.join(__dirname, '../build/npm-start.svg') },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error.message.split('. ')[0]}; see --help`);
  }
}

/** The reason in an error of fs: 'no such file or directory'. */
const reason = (error) => error.message.replace(/^\w+: |, .*$/g, '');

function load(given, megabytes) {
  let text;
  try {
    text = readText(given, megabytes * 1e6);
  } catch (error) {
    throw new UsageError(`cannot read '${error.path ?? given}': ${reason(error)}`);
  }
  if (text.bytes === 0) {
    throw new UsageError(`no text in '${given}'`);
  }
  return text;
}

/** Before half a minute is spent on what cannot be stored. */
function reserve(chart) {
  try {
    fs.closeSync(fs.openSync(chart, 'a'));
  } catch (error) {
    throw new UsageError(`cannot write '${chart}': ${reason(error)}`);
  }
}

/** On a terminal, in a line that the next one overwrites. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Run one competitor to its end. @returns {Promise<object>} its report */
function measure(name, settings) {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(__dirname, 'run.js'), [JSON.stringify(settings)]);
    let report;

    child.on('message', (message) => {
      report = message.report;
      if (message.progress) progress(`${name}: ${Math.round(message.progress * 100)}%`);
    });
    child.on('exit', (code, signal) => {
      progress('');
      if (report) resolve(report);
      else reject(new UsageError(`${name} has ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/** What the text is like, by the aggregate. */
function findings({ lines, seen, copies, renamed, dense, p50, p99, files, kinds }) {
  const share = (part) => `${Math.round(part / lines * 100)}%`;

  return `Half of the lines have no more than ${p50} characters, one in a hundred more than ${p99}; ` +
    `${share(seen)} are elsewhere in these ${files.toLocaleString('en-US')} files too, ` +
    `${share(copies)} in blocks of five lines and more, and ${share(renamed)} are in blocks of twenty ` +
    `that differ from others only in names. ${dense.toLocaleString('en-US')} long lines look like keys or minified code. ` +
    `By kind: ${kinds.map(({ kind, lines: part }) => `${kind} ${share(part)}`).join(', ')}.`;
}

async function main() {
  const { values: options, positionals } = commandLine();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  if (positionals.length > 1) {
    throw new UsageError('give one file or folder, not several; see --help');
  }

  const [given] = positionals;
  const seconds = whole(options, 'seconds', 600);
  const megabytes = whole(options, 'megabytes', 1000);
  const { files, lines, bytes, whole: isWhole } = load(given, megabytes);
  const machine = {
    cpu: os.cpus()[0].model,
    cores: os.availableParallelism(),
    load: os.loadavg()[0],
    node: process.versions.node,
  };
  const reports = {};

  reserve(options.chart);
  if (!options.json) {
    console.log(`A record for each of ${lines.toLocaleString('en-US')} lines (${(bytes / 1e6).toFixed(1)} MB, ` +
      `${files.length} file${files.length === 1 ? '' : 's'}${isWhole ? '' : ', the rest left out'}), again and ` +
      `again for ${seconds} s; ${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}, Node ${machine.node}.\n`);
  }
  for (const [name, module] of Object.entries(competitors)) {
    reports[name] = await measure(name, { module, given, megabytes, seconds });
  }
  fs.writeFileSync(options.chart, require('./chart').draw(reports, machine));

  if (options.json) {
    console.log(JSON.stringify({
      machine, text: { lines, bytes, files: files.length }, seconds, reports, chart: options.chart,
    }));
    return;
  }
  console.log(`${table(reports)}\n\n${findings(reports.ringport.total)}\n\n${meaning(reports)}\n\n` +
    `The chart: ${path.relative('', options.chart)}`);
}

main().catch((error) => {
  progress('');
  console.error(error instanceof UsageError ? `demo: ${error.message}` : error);
  process.exitCode = 1;
});
