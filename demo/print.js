'use strict';

/* The table of the demo, and its progress line. */

function median(values) {
  return percentile(values, 0.5);
}

function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const count = (value) => Math.round(value).toLocaleString('en-US');
const micros = (ms) => `${count(ms * 1000)} us`;

/* name, value of a run or of all pings, how to show it, whether more is better */
function rows({ lines, bytes }) {
  const rate = (amount) => (runs) => median(runs.map((run) => amount(run) / run.seconds));
  const pings = (kind, share) => (runs) => percentile(runs.flatMap((run) => run[kind]), share);
  return [
    ['time', (runs) => median(runs.map((run) => run.seconds)), (s) => `${s.toFixed(2)} s`, false],
    ['lines per second', rate(() => lines.length), count, true],
    ['MB per second', rate(() => bytes / 1e6), (value) => value.toFixed(1), true],
    ['messages per second', rate((run) => run.messages), count, true],
    ['ping during the job, median', pings('busyPings', 0.5), micros, false],
    ['ping during the job, p99', pings('busyPings', 0.99), micros, false],
    ['ping afterwards, median', pings('idlePings', 0.5), micros, false],
    ['ping afterwards, p99', pings('idlePings', 0.99), micros, false],
  ];
}

/** The two competitors beside each other: medians of their runs, and how many times better. */
function table({ worker_threads: theirs, ringport: ours }, text) {
  const lines = [['', 'worker_threads', 'ringport', 'ringport is better by']];
  for (const [name, value, show, more] of rows(text)) {
    const [their, our] = [value(theirs), value(ours)];
    const better = more ? our / their : their / our;
    lines.push([name, show(their), show(our), `${better.toFixed(2)}x`]);
  }
  return lines.map(([name, ...cells]) =>
    `  ${name.padEnd(28)}${cells.map((cell, i) => cell.padStart([15, 15, 23][i])).join('')}`)
    .join('\n');
}

/**
 * A function that shows a share (0 to 1) of the work under `label`, or clears the line if it gets
 * null. On a terminal only, and at most ten times a second.
 */
function progress(label) {
  const { stderr } = process;
  if (!stderr.isTTY) {
    return () => {};
  }
  let next = 0;
  return (share) => {
    const time = Date.now();
    if (share === null) {
      stderr.write('\r\x1b[K');
    } else if (time >= next) {
      next = time + 100;
      stderr.write(`\r\x1b[K${label}: ${Math.floor(share * 100)}%`);
    }
  };
}

module.exports = { table, progress };
