'use strict';

/*
 * page.js - the page of `ringport top`: draws the events of server.js.
 */

/* global document, EventSource, getComputedStyle, location, matchMedia, ResizeObserver */
/* global uPlot, format */

const { ms, percent, short } = format;

/** Samples that are drawn: two minutes. */
const KEPT = 240;
const HEIGHT = 180;
const COLOURS = [
  '#3b7dd8', '#d8693b', '#2f9e6e', '#a45bc9', '#c7a500', '#d1477f', '#26a3b5', '#7d8a2e', '#8a6d5b', '#6f7bd9',
];

const byId = (id) => document.getElementById(id);
const nameOf = ({ threadId, name }) =>
  (threadId === 0 ? 'main thread' : `thread ${threadId}${name === '' ? '' : ` (${name})`}`);

const orDash = (value, show) => (value === null || value === undefined ? '–' : show(value));

/* Title, value of a thread, how to show it, fixed range. */
const CHARTS = [
  ['messages received a second', ({ rates }) => rates.messagesIn, short],
  ['messages queued', ({ queued }) => queued, short],
  /* A blocked thread is late by as long as it has not answered. */
  ['event loop is late by, p99 (ms)', ({ delay, silent }) => silent ?? delay?.p99 ?? null, short],
  ['event loop utilization', ({ utilization, silent }) => (silent === null ? utilization : 1), percent, [0, 1]],
];

/** Times of the samples, in seconds, and by thread the values of each chart. */
const times = [];
/** @type {Map<number, (number | null)[][]>} */
const values = new Map();
let charts = [];
let drawn = '';

function colourOf(threadId) {
  return COLOURS[[...values.keys()].indexOf(threadId) % COLOURS.length];
}

function keep(event) {
  for (const { threadId } of event.threads) {
    if (!values.has(threadId)) values.set(threadId, CHARTS.map(() => times.map(() => null)));
  }
  times.push(event.time / 1000);
  for (const [threadId, lists] of values) {
    const thread = event.threads.find((one) => one.threadId === threadId);

    lists.forEach((list, i) => list.push(thread === undefined ? null : CHARTS[i][1](thread)));
    if (lists.flatMap((list) => list.slice(-KEPT)).every((value) => value === null)) {
      values.delete(threadId); // it has ended long ago
    }
  }
  while (times.length > KEPT) {
    times.shift();
    for (const lists of values.values()) lists.forEach((list) => list.shift());
  }
}

function makeChart([title, , show, range]) {
  const box = document.createElement('div');
  const heading = document.createElement('h2');
  const plot = document.createElement('div');
  const style = getComputedStyle(document.documentElement);
  const [faint, line] = ['--faint', '--line'].map((name) => style.getPropertyValue(name).trim());
  const thin = { stroke: line, width: 1 };
  const axis = { stroke: faint, grid: thin, ticks: thin };

  heading.textContent = title;
  box.append(heading, plot);
  byId('charts').append(box);

  const chart = new uPlot({
    width: Math.max(200, box.clientWidth), height: HEIGHT, cursor: { show: false },
    scales: { y: { range: range ?? ((_, low, high) => [0, Math.max(1, high * 1.1)]) } },
    axes: [axis, { ...axis, size: 56, values: (_, ticks) => ticks.map((value) => show(value)) }],
    series: [{}, ...[...values.keys()].map((threadId) => ({
      label: String(threadId), stroke: colourOf(threadId), width: 1.5, points: { show: false },
    }))],
  }, null, plot);

  new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  return chart;
}

/** Make the charts anew where the threads are others than before. */
function makeCharts() {
  byId('charts').replaceChildren();
  for (const chart of charts) chart.destroy();
  charts = CHARTS.map(makeChart);
}

function drawCharts() {
  const key = [...values.keys()].join();

  if (key !== drawn) makeCharts();
  drawn = key;
  charts.forEach((chart, i) => {
    chart.setData([times, ...[...values.values()].map((lists) => lists[i])]);
  });
}

function row(kind, cells) {
  const made = document.createElement('tr');

  for (const cell of cells) {
    const td = document.createElement(kind);
    const [text, isBad] = Array.isArray(cell) ? cell : [cell, false];

    td.textContent = text;
    td.classList.toggle('bad', isBad);
    made.append(td);
  }
  return made;
}

function fill(id, heading, rows) {
  byId(id).replaceChildren(row('th', heading), ...rows.map((cells) => row('td', cells)));
}

function drawLegend(threads) {
  byId('legend').replaceChildren(...threads.map((thread) => {
    const item = document.createElement('li');

    item.textContent = nameOf(thread);
    item.style.setProperty('--colour', colourOf(thread.threadId));
    return item;
  }));
}

function threadCells(thread) {
  const { state, ports, rates, queued, stalls, delay, utilization, silent } = thread;

  return [
    nameOf(thread), silent === null ? state : [`blocked for ${(silent / 1000).toFixed(1)} s`, true],
    ports, short(rates.messagesIn), short(rates.messagesOut), short(rates.bytesIn),
    short(rates.bytesOut), short(queued), short(rates.wakeUps), short(rates.byNode), short(stalls),
    orDash(delay?.p50, ms), orDash(delay?.p99, ms), orDash(delay?.max, ms),
    orDash(utilization, percent),
  ];
}

function portCells(port, nameOfId) {
  const { of, slot, threadId, peerThreadId, rates, queued, highWaterMark, queuedBytes } = port;

  return [
    `${of ?? 'port'} ${slot} of ${nameOfId(threadId)}`, orDash(peerThreadId, nameOfId),
    short(rates.messagesIn), short(rates.messagesOut), short(rates.bytesIn), short(queued),
    orDash(highWaterMark || null, short), orDash(queuedBytes, short), short(rates.wakeUps),
    short(rates.byNode), short(port.stalls),
  ];
}

function poolCells(pool, nameOfId) {
  const file = pool.filename === null ? '' : pool.filename.split(/[/\\]/).at(-1);

  return [
    `${pool.id} ${file}`, nameOfId(pool.threadId), pool.threads, pool.idleThreads,
    short(pool.queued), short(pool.running), short(pool.completed), short(pool.failed),
    short(pool.crashed), percent(pool.utilization),
  ];
}

const THREADS = [
  'thread', 'state', 'ports', 'in/s', 'out/s', 'bytes in/s', 'bytes out/s', 'queued', 'wake-ups/s',
  'by Node/s', 'stalls', 'loop late, p50', 'p99', 'max', 'utilization',
];
const PORTS = [
  'to', 'in/s', 'out/s', 'bytes in/s', 'queued', 'mark', 'bytes out queued', 'wake-ups/s',
  'by Node/s', 'stalls',
];
const POOLS = [
  'pool', 'thread', 'workers', 'idle', 'queued', 'running', 'completed', 'failed', 'crashed',
  'utilization',
];

function drawTables({ threads, ports, portCount, pools }) {
  const nameOfId = (id) =>
    nameOf(threads.find(({ threadId }) => threadId === id) ?? { threadId: id, name: '' });
  const title = ports.length < portCount ? `port (the busiest of ${portCount})` : 'port';

  drawLegend(threads);
  fill('threads', THREADS, threads.map(threadCells));
  fill('ports', [title, ...PORTS], ports.map((port) => portCells(port, nameOfId)));
  byId('with-pools').hidden = pools.length === 0;
  fill('pools', POOLS, pools.map((pool) => poolCells(pool, nameOfId)));
}

function setState(text, isBad) {
  byId('state').textContent = text;
  byId('state').classList.toggle('bad', isBad);
}

const events = new EventSource(`events${location.search}`);

events.onmessage = ({ data }) => {
  const event = JSON.parse(data);

  byId('about').textContent = `${event.title}, process ${event.pid}, Node ${event.node}`;
  document.title = `ringport top: ${event.title}`;
  setState('live', false);
  keep(event);
  drawCharts();
  drawTables(event);
};
events.onerror = () => setState('no connection: the process may have ended', true);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { drawn = ''; });
