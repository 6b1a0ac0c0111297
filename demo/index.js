'use strict';

/*
 * The demo: counts the words of a real text in worker threads, line by line, first over
 * worker_threads and then over ringport, and shows both beside each other.
 */

const { parseArgs } = require('node:util');
const { readText } = require('./text');
const { runJob } = require('./job');
const { countWords, topWords, same } = require('./words');
const { table, progress } = require('./print');

const usage = `Usage: npm start -- [options] [file or folder]

Streams a text line by line to worker threads, which count its words; over worker_threads and over
ringport, the same code for both. Without a path it reads the project's own sources and
dependencies.

  --workers n     worker threads (default: 2)
  --rounds n      times that each of the two does the job; medians are shown (default: 3)
  --megabytes n   read no more than this (default: 20)
  --help          this text
`;

const modules = {
  worker_threads: 'node:worker_threads',
  ringport: require.resolve('..'),
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
        workers: { type: 'string', default: '2' },
        rounds: { type: 'string', default: '3' },
        megabytes: { type: 'string', default: '20' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error.message.split('. ')[0]}; see --help`);
  }
}

function load(given, megabytes) {
  let text;
  try {
    text = readText(given, megabytes * 1e6);
  } catch (error) {
    throw new UsageError(`cannot read '${error.path ?? given}': ` +
      `${error.message.replace(/^\w+: |, .*$/g, '')}`);
  }
  if (text.bytes === 0) {
    throw new UsageError(`no text in '${given}'`);
  }
  return text;
}

/** The same counting in this thread: what the work costs without any message. */
function countHere(lines) {
  const counts = new Map();
  const begin = performance.now();
  for (const line of lines) {
    countWords(line, counts);
  }
  return { counts, seconds: (performance.now() - begin) / 1000 };
}

/** Both do the job in turns. */
async function compare({ lines, workers, rounds }) {
  const runs = Object.fromEntries(Object.keys(modules).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, module] of Object.entries(modules)) {
      const onProgress = progress(`${name}, round ${round} of ${rounds}`);
      runs[name].push(await runJob({ module, lines, workers, onProgress }));
      onProgress(null);
    }
  }
  return runs;
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
  const workers = whole(options, 'workers', 64);
  const rounds = whole(options, 'rounds', 100);
  const text = load(positionals[0], whole(options, 'megabytes', 1000));

  console.log(`Counting the words of ${text.lines.length.toLocaleString('en-US')} lines ` +
    `(${(text.bytes / 1e6).toFixed(1)} MB, ${text.files} file${text.files === 1 ? '' : 's'}` +
    `${text.whole ? '' : ', the rest left out'}), one message per line, ${workers} ` +
    `worker${workers === 1 ? '' : 's'}, ${rounds} round${rounds === 1 ? '' : 's'} each.\n`);

  const here = countHere(text.lines);
  const runs = await compare({ lines: text.lines, workers, rounds });
  for (const [name, results] of Object.entries(runs)) {
    if (!results.every(({ counts }) => same(counts, here.counts))) {
      throw new UsageError(`the words counted over ${name} are not those in the text`);
    }
  }

  console.log('The most frequent words:');
  for (const [word, times] of topWords(here.counts, 10)) {
    console.log(`  ${times.toLocaleString('en-US').padStart(10)}  ${word}`);
  }
  console.log(`\n${table(runs, text)}\n`);
  console.log(`Both counted the same ${here.counts.size.toLocaleString('en-US')} words, and so ` +
    `did one thread without messages, in ${here.seconds.toFixed(2)} s.`);
}

main().catch((error) => {
  progress('')(null);
  console.error(error instanceof UsageError ? `demo: ${error.message}` : error);
  process.exitCode = 1;
});
