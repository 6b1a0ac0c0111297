'use strict';

/* svg.js - draws a chart of echarts as an SVG. */

const echarts = require('echarts');

/**
 * @param {object} option the chart, as echarts describes it
 * @param {number} width in pixels, as `height`
 * @returns {string} the SVG
 */
function render(option, width, height) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });

  try {
    chart.setOption({ animation: false, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

module.exports = { render };
