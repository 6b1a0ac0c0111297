'use strict';

/* report.js - the figures of `ringport bench` as a table and as a chart. */

const { groups } = require('./cases');

const UNITS = [['s', 1e9], ['ms', 1e6], ['us', 1e3], ['ns', 1]];

/** @returns {string} a time in three digits, with its unit */
function time(ns) {
  const [unit, size] = UNITS.find(([, one]) => ns >= one) ?? UNITS.at(-1);

  return `${Number((ns / size).toPrecision(3))} ${unit}`;
}

const times = (ratio) => `${ratio.toFixed(ratio >= 9.95 ? 0 : ratio >= 0.995 ? 1 : 2)}x`;
const isSlower = ({ ratio }) => ratio.median < 0.995;

const of = ({ cpu, os, node }) => `${cpu}, ${os}, Node ${node}`;
const what = 'How many times less time it takes with ringport than with worker_threads';
const how = (rounds) =>
  `Medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of fresh processes, both in turns`;

/**
 * @param {{ machine: object, rounds: number, rows: object[] }} report
 * @param {boolean} colours
 * @returns {string}
 */
function table({ machine, rounds, rows }, colours) {
  const paint = (style, text) => (colours ? `\x1b[${style}m${text}\x1b[0m` : text);
  const wide = Math.max(...rows.map(({ name }) => name.length)) + 2;
  const line = (name, theirs, ours, ratio) =>
    `  ${name.padEnd(wide)}${theirs.padStart(14)}${ours.padStart(12)}   ${ratio}`;
  const parts = Object.entries(groups).map(([group, heading]) => [
    paint(1, heading),
    paint(2, line('', 'worker_threads', 'ringport', 'times less (min to max)')),
    ...rows.filter((row) => row.group === group).map((row) => {
      const { name, theirs, ours, ratio } = row;
      const range = `${times(ratio.median)} (${times(ratio.min)} to ${times(ratio.max)})`;
      const text = line(name, time(theirs), time(ours), isSlower(row) ? `${range}  slower` : range);

      return isSlower(row) ? paint(31, text) : text;
    }),
  ].join('\n'));
  const slower = rows.filter(isSlower).length;

  return `${of(machine)}\n${what}.\n${how(rounds)}.\n\n${parts.join('\n\n')}\n\n` +
    `ringport is quicker in ${rows.length - slower} rows of ${rows.length}, slower in ${slower}.` +
    `${Number(machine.load) > 1 ? ` The machine was busy (load ${machine.load}): run it again on a quiet one.` : ''}\n`;
}

const escape = (text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

const WIDTH = 860;
const LEFT = 270;
const RIGHT = 130;
const ROW = 22;
const TOP = 80;
/** Room above a group for its heading. */
const HEAD = 30;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 } .weak { fill: #59636e } .head { font-weight: 600 }
  .line { stroke: #d1d9e0 } .one { stroke: #59636e } .more { fill: #2f6fd0 } .less { fill: #c2551e }
  .range { stroke: #1f2328; stroke-width: 1.5 } .back { fill: #fff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .weak { fill: #9198a1 } .line { stroke: #3d444d } .one { stroke: #9198a1 }
    .more { fill: #5b9bf8 } .less { fill: #e08a53 } .range { stroke: #e6edf3 } .back { fill: #0d1117 }
  }`;

/**
 * Draw the ratios on a logarithmic scale, on which twice as quick and twice as slow are
 * equally far from the line in the middle.
 * @returns {string} an SVG
 */
function svg({ machine, rounds, rows }) {
  const exponents = rows.flatMap(({ ratio: { min, max } }) => [Math.log2(min), Math.log2(max)]);
  const low = Math.floor(Math.min(-1, ...exponents));
  const high = Math.ceil(Math.max(1, ...exponents));
  const x = (ratio) => LEFT + (Math.log2(ratio) - low) / (high - low) * (WIDTH - LEFT - RIGHT);
  const draw = { y: TOP, parts: [] };
  const text = (at, y, label, rest = '') => `<text x="${at}" y="${y}" ${rest}>${escape(label)}</text>`;

  for (const [group, heading] of Object.entries(groups)) {
    draw.y += HEAD;
    draw.parts.push(text(16, draw.y - 6, heading, 'class="head"'));
    for (const { name, group: own, ratio } of rows) {
      if (own !== group) continue;

      const [from, to] = [1, ratio.median].map(x).sort((a, b) => a - b);
      const middle = draw.y + ROW / 2;

      draw.parts.push(
        text(LEFT - 10, middle + 4, name, 'text-anchor="end"'),
        `<rect x="${from.toFixed(1)}" y="${draw.y + 4}" width="${(to - from).toFixed(1)}" height="${ROW - 8}" ` +
          `class="${ratio.median < 0.995 ? 'less' : 'more'}"/>`,
        `<path d="M${x(ratio.min).toFixed(1)} ${middle}H${x(ratio.max).toFixed(1)}" class="range"/>`,
        text(Math.max(to, x(ratio.max)) + 8, middle + 4, times(ratio.median)),
      );
      draw.y += ROW;
    }
  }

  const grid = Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i)).map((ratio) =>
    `<path d="M${x(ratio).toFixed(1)} ${TOP}V${draw.y}" class="${ratio === 1 ? 'one' : 'line'}"/>` +
    text(x(ratio).toFixed(1), draw.y + 16, `${ratio}x`, 'text-anchor="middle" class="weak"'));

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${draw.y + 30}" ` +
    `viewBox="0 0 ${WIDTH} ${draw.y + 30}"><style>${STYLE}</style>\n<rect width="100%" height="100%" class="back"/>\n` +
    `${text(16, 26, 'ringport beside worker_threads', 'class="title"')}\n` +
    `${text(16, 44, what, 'class="weak"')}\n` +
    `${text(16, 60, `${how(rounds)}; the lines are from min to max`, 'class="weak"')}\n` +
    `${text(16, 76, of(machine), 'class="weak"')}\n${grid.join('\n')}\n${draw.parts.join('\n')}\n</svg>\n`;
}

/** @returns {string} a page with the chart and the table */
function html(report) {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>ringport beside worker_threads</title>
<meta name="color-scheme" content="light dark"><body style="max-width: ${WIDTH}px; margin: 24px auto">
${svg(report)}<pre>${escape(table(report, false))}</pre>
</body></html>
`;
}

module.exports = { html, svg, table };
