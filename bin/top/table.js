'use strict';

/* table.js - a sample of server.js as a table for a terminal. */

const { ms, percent, short } = require('./format');

const BOLD = 1;
const FAINT = 2;
const RED = 31;

const orDash = (value, show) => (value === null || value === undefined ? '-' : show(value));

/** Control characters of a name must not reach the terminal. */
const plain = (text) => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');

const nameOf = ({ threadId, name }) =>
  plain(threadId === 0 ? 'main' : name ? `${threadId} ${name}` : `${threadId}`).slice(0, 28);

/* Heading, cell. */
const THREADS = [
  ['thread', nameOf],
  ['state', ({ state, silent }) => (silent === null ? state : `blocked ${(silent / 1000).toFixed(0)} s`)],
  ['in/s', ({ rates }) => short(rates.messagesIn)],
  ['out/s', ({ rates }) => short(rates.messagesOut)],
  ['B in/s', ({ rates }) => short(rates.bytesIn)],
  ['B out/s', ({ rates }) => short(rates.bytesOut)],
  ['queued', ({ queued }) => short(queued)],
  ['wakes/s', ({ rates }) => short(rates.wakeUps)],
  ['node/s', ({ rates }) => short(rates.byNode)],
  ['stalls', ({ stalls }) => short(stalls)],
  ['ports', ({ ports }) => String(ports)],
  ['late p99', ({ delay }) => orDash(delay?.p99, ms)],
  ['max', ({ delay }) => orDash(delay?.max, ms)],
  ['busy', ({ utilization }) => orDash(utilization, percent)],
];
const PORTS = [
  ['port', ({ threadId, slot, of, thread }) => `${of ?? 'port'} ${slot} of ${thread ?? threadId}`],
  ['to', ({ peer }) => orDash(peer, String)],
  ['in/s', ({ rates }) => short(rates.messagesIn)],
  ['out/s', ({ rates }) => short(rates.messagesOut)],
  ['B in/s', ({ rates }) => short(rates.bytesIn)],
  ['queued', ({ queued }) => short(queued)],
  ['mark', ({ highWaterMark }) => orDash(highWaterMark || null, short)],
  ['B out queued', ({ queuedBytes }) => orDash(queuedBytes, short)],
  ['wakes/s', ({ rates }) => short(rates.wakeUps)],
  ['node/s', ({ rates }) => short(rates.byNode)],
  ['stalls', ({ stalls }) => short(stalls)],
];
const POOLS = [
  ['pool', ({ id, filename }) => plain(`${id} ${filename?.split(/[/\\]/).at(-1) ?? ''}`).trim()],
  ['of', ({ thread }) => thread],
  ['workers', ({ threads }) => String(threads)],
  ['idle', ({ idleThreads }) => String(idleThreads)],
  ['queued', ({ queued }) => short(queued)],
  ['running', ({ running }) => short(running)],
  ['completed', ({ completed }) => short(completed)],
  ['failed', ({ failed }) => short(failed)],
  ['crashed', ({ crashed }) => short(crashed)],
  ['busy', ({ utilization }) => percent(utilization)],
];
/** Rows of ports. */
const MOST_PORTS = 20;

/** @returns {string[]} lines: the headings, then a line for each row */
function block(columns, rows, paint, isBad = () => false) {
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const widths = columns.map(([heading], i) =>
    Math.max(heading.length, ...cells.map((row) => row[i].length)));
  const line = (row) => row.map((cell, i) =>
    (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');

  return [
    paint(line(columns.map(([heading]) => heading)), FAINT),
    ...cells.map((row, i) => (isBad(rows[i]) ? paint(line(row), RED) : line(row))),
  ];
}

/**
 * @param {object} sample what server.js sends
 * @param {{ colours: boolean, columns: number }} terminal
 * @returns {string[]} lines, none longer than `columns`
 */
function table(sample, { colours, columns }) {
  const { threads, pools, portCount } = sample;
  const nameOfId = (id) =>
    nameOf(threads.find(({ threadId }) => threadId === id) ?? { threadId: id, name: '' });
  const paint = (line, style) => {
    const cut = line.slice(0, columns);

    return colours ? `\x1b[${style}m${cut}\x1b[0m` : cut;
  };
  const fit = (line) => (line.startsWith('\x1b') ? line : line.slice(0, columns));
  const ports = sample.ports.slice(0, MOST_PORTS).map((port) => ({
    ...port, thread: nameOfId(port.threadId),
    peer: port.peerThreadId === undefined ? null : nameOfId(port.peerThreadId),
  }));
  const more = portCount - ports.length;

  return [
    paint(plain(`${sample.title}, process ${sample.pid}, Node ${sample.node}`), BOLD), '',
    ...block(THREADS, threads, paint, ({ silent }) => silent !== null), '',
    ...ports.length > 0 ? block(PORTS, ports, paint) : ['no ports'],
    ...more > 0 ? [`... and ${more} ports that are less busy`] : [],
    ...pools.length > 0
      ? ['', ...block(POOLS, pools.map((pool) => ({ ...pool, thread: nameOfId(pool.threadId) })), paint)] : [],
  ].map(fit);
}

module.exports = { plain, table };
