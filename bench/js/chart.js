'use strict';

/*
 * chart.js - draws the figures that run.js or cold.js wrote by `--json` as an SVG. For
 * run.js, a bar per case with the median of the ratio, and a line from its min to its
 * max; for cold.js, a curve per payload: the ratio by the number of messages. Usage: node
 * bench/js/chart.js figures.json chart.svg
 */

const fs = require('node:fs');

const { render } = require('./svg');

const WIDTH = 860;
const ROW = 22;
const HEAD = 56;
const FOOT = 40;
/** Height in pixels of a scenario's curves. */
const CURVES = 260;

/** A scenario's bars: the ratios of its first metric, first competitor over the last. */
function rows({ metrics, competitors, cases }) {
  const [metric] = Object.keys(metrics);
  const competitor = competitors.at(-1);
  return cases.map(({ name, summary }) => ({ name, ...summary[metric].ratios[competitor] }));
}

/** The line from min to max on a bar, and the median as text next to it. */
function whisker(params, api) {
  const [median, row, min, max] = [0, 1, 2, 3].map((dimension) => api.value(dimension));
  const [left, y] = api.coord([min, row]);
  const [right] = api.coord([max, row]);
  return {
    type: 'group',
    children: [{
      type: 'line', shape: { x1: left, y1: y, x2: right, y2: y },
      style: { stroke: '#333', lineWidth: 1.5 },
    }, {
      type: 'text', x: Math.max(right, api.coord([median, row])[0]) + 6, y,
      style: { text: `${median.toFixed(1)}x`, fill: '#333', fontSize: 11, verticalAlign: 'middle' },
    }],
  };
}

/** The parts of the chart for the bars of scenario `index`, from `top` down. */
function panel(scenario, index, top) {
  const bars = rows(scenario);
  const { title, competitors } = scenario;
  return {
    height: HEAD + bars.length * ROW,
    title: {
      text: `${title}: ${competitors[0]} / ${competitors.at(-1)}`,
      left: 12, top, textStyle: { fontSize: 14 },
    },
    grid: { left: 250, right: 70, top: top + 34, height: bars.length * ROW },
    xAxis: {
      type: 'value', min: 0, max: Math.ceil(Math.max(...bars.map(({ max }) => max))),
      gridIndex: index, axisLabel: { formatter: '{value}x' },
    },
    yAxis: {
      type: 'category', inverse: true, gridIndex: index, axisTick: { show: false },
      data: bars.map(({ name }) => name),
    },
    series: [{
      type: 'bar', xAxisIndex: index, yAxisIndex: index, barWidth: 12,
      data: bars.map(({ median }) => ({
        value: median, itemStyle: { color: median >= 1 ? '#3b7dd8' : '#d8693b' },
      })),
      markLine: {
        symbol: 'none', silent: true, label: { show: false }, data: [{ xAxis: 1 }],
        lineStyle: { color: '#888', type: 'dashed' },
      },
    }, {
      type: 'custom', xAxisIndex: index, yAxisIndex: index, renderItem: whisker, z: 3,
      data: bars.map(({ median, min, max }, row) => [median, row, min, max]),
    }],
  };
}

/**
 * Group the cases of cold.js: `to-worker, number, 1,000` is a point of the curve `number`
 * of the scenario `to-worker`.
 * @returns {Map<string, Map<string, Map<string, number>>>} medians by scenario, curve and
 *   point
 */
function curvesOf(cases) {
  const scenarios = new Map();

  for (const { label, ratio } of cases) {
    const isProgram = label.startsWith('program');
    const [, first, middle, last] = isProgram
      ? /^(program) with (\d+) calls, (.*)$/.exec(label)
      : /^([^,]*)(?:, ([^,]*))??, ([\d,]+)$/.exec(label);
    const [curve, point] = isProgram ? [last, middle] : [middle ?? 'calls', last];

    if (!scenarios.has(first)) scenarios.set(first, new Map());

    const curves = scenarios.get(first);

    if (!curves.has(curve)) curves.set(curve, new Map());
    curves.get(curve).set(point, ratio.median);
  }
  return scenarios;
}

/** The parts of the chart for the curves of a scenario, from `top` down. */
function curvePanel([title, curves], index, top) {
  const points = [...new Set([...curves.values()].flatMap((curve) => [...curve.keys()]))];

  return {
    height: HEAD + CURVES,
    title: { text: `${title}: Node's time / ringport's`, left: 12, top, textStyle: { fontSize: 14 } },
    grid: { left: 60, right: 130, top: top + 34, height: CURVES },
    xAxis: {
      type: 'category', data: points, boundaryGap: false, gridIndex: index,
      name: title === 'program' ? 'calls' : 'messages', nameLocation: 'end',
    },
    yAxis: { type: 'log', logBase: 2, gridIndex: index, axisLabel: { formatter: '{value}x' } },
    series: [...curves].map(([name, curve], i) => ({
      type: 'line', name, xAxisIndex: index, yAxisIndex: index, symbolSize: 5,
      data: points.map((point) => curve.get(point)?.toFixed(3) ?? null),
      endLabel: { show: true, formatter: '{a}', fontSize: 11 },
      labelLayout: { moveOverlap: 'shiftY' },
      markLine: i > 0 ? undefined : {
        symbol: 'none', silent: true, label: { show: false }, data: [{ yAxis: 1 }],
        lineStyle: { color: '#888', type: 'dashed' },
      },
    })),
  };
}

/** @returns {string} the SVG for a report of run.js or cold.js */
function draw({ machine, settings, scenarios, cases }) {
  const panels = [];
  let top = 36;
  for (const scenario of scenarios ?? curvesOf(cases)) {
    const next = (scenarios ? panel : curvePanel)(scenario, panels.length, top);
    panels.push(next);
    top += next.height + FOOT;
  }
  const all = (part) => panels.flatMap((one) => one[part]);
  return render({
    backgroundColor: '#fff',
    title: [
      { text: scenarios ? 'How many times less it costs' : 'The first messages: how many times sooner they have come', left: 12, top: 6, textStyle: { fontSize: 16 } },
      { text: `${machine.cpu}, Node ${machine.node}, libuv ${machine.libuv}; median of ` +
        `${settings.rounds} rounds${scenarios ? ', line from min to max' : ', fresh processes'}`,
      left: 12, top: top - 4, textStyle: { fontSize: 11, fontWeight: 'normal', color: '#555' } },
      ...all('title'),
    ],
    grid: all('grid'), xAxis: all('xAxis'), yAxis: all('yAxis'), series: all('series'),
  }, WIDTH, top + 20);
}

function main([from, to]) {
  if (!from || !to) {
    console.error('Usage: node bench/js/chart.js figures.json chart.svg');
    process.exitCode = 1;
    return;
  }
  const report = JSON.parse(fs.readFileSync(from, 'utf8'));
  if (report.scenarios?.some(({ competitors }) => competitors.length < 2)) {
    console.error(`${from} has only one competitor: nothing to compare`);
    process.exitCode = 1;
    return;
  }
  fs.writeFileSync(to, draw(report));
  console.log(`written to ${to}`);
}

main(process.argv.slice(2));
