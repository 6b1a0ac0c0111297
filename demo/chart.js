'use strict';

/*
 * The chart of the demo: an SVG of the seconds of each competitor, and of the times
 * between answers.
 */

const { render } = require('../bench/js/svg');

const WIDTH = 900;
const HEIGHT = 760;
const COLOURS = { 'one thread': '#999', 'worker_threads': '#d8693b', 'ringport': '#3b7dd8' };
const PANEL = { width: 350, height: 240 };

/** Where panel `index` of four is. */
function grid(index) {
  return { left: index % 2 ? 520 : 80, top: index < 2 ? 110 : 450, ...PANEL };
}

function title(index, text) {
  const { left, top } = grid(index);

  return { text, left: left - 55, top: top - 36, textStyle: { fontSize: 13 } };
}

/** A panel of a line per competitor over the seconds. */
function overTime(index, reports, { text, key, scale = 1, unit }) {
  return {
    title: title(index, text),
    grid: grid(index),
    xAxis: {
      gridIndex: index, type: 'value', min: 0, name: 'seconds since the start', nameGap: 26,
      nameLocation: 'middle', minInterval: 1,
    },
    yAxis: { gridIndex: index, type: 'value', min: 0, axisLabel: { formatter: `{value}${unit}` } },
    series: Object.entries(reports).map(([name, { seconds }]) => ({
      type: 'line', name, xAxisIndex: index, yAxisIndex: index, color: COLOURS[name], symbolSize: 5,
      data: seconds.map((second) => [second.at, second[key] * scale]),
    })),
  };
}

/**
 * A panel of the times between two answers in the last second: the share of each bucket.
 */
function answerTimes(index, reports) {
  return {
    title: title(index, 'How long an answer is awaited, last second'),
    grid: grid(index),
    xAxis: {
      gridIndex: index, type: 'log', name: 'us', min: 0.1, nameLocation: 'middle', nameGap: 26,
    },
    yAxis: { gridIndex: index, type: 'value', min: 0, axisLabel: { formatter: '{value}%' } },
    series: Object.entries(reports).map(([name, { seconds }]) => {
      const { histogram } = seconds.at(-1);
      const all = histogram.reduce((sum, [, count]) => sum + count, 0);

      return {
        type: 'line', name, xAxisIndex: index, yAxisIndex: index, color: COLOURS[name],
        step: 'end', symbol: 'none', areaStyle: { opacity: 0.25 },
        data: histogram.map(([micros, count]) => [Math.max(0.1, micros), count / all * 100]),
      };
    }),
  };
}

/** @returns {string} an SVG */
function draw(reports, { cpu, node }) {
  const panels = [
    overTime(0, reports, { text: 'Records aggregated a second', key: 'records', scale: 1e-6, unit: 'M' }),
    overTime(1, reports, { text: 'Event loop busy at 100,000 records a second', key: 'busy', scale: 100, unit: '%' }),
    overTime(2, { ...reports, 'one thread': { seconds: [] } },
      { text: 'Answers awaited a second, from a worker', key: 'answers', scale: 1e-3, unit: 'k' }),
    answerTimes(3, reports),
  ];
  const all = (part) => panels.flatMap((panel) => panel[part]);

  return render({
    backgroundColor: '#fff',
    legend: { top: 12, right: 24, data: Object.keys(reports) },
    title: [
      { text: 'npm start: one thread, worker_threads, ringport', left: 24, top: 8, textStyle: { fontSize: 16 } },
      {
        text: `${cpu}, Node ${node}; a point is a second`, left: 24, top: 34,
        textStyle: { fontSize: 11, fontWeight: 'normal', color: '#555' },
      },
      ...all('title'),
    ],
    grid: all('grid'), xAxis: all('xAxis'), yAxis: all('yAxis'), series: all('series'),
  }, WIDTH, HEIGHT);
}

module.exports = { draw };
