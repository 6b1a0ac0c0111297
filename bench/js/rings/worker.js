'use strict';

/* worker.js - the writing thread of a ring's run; the reading one of the text benchmark.
 * */

const { workerData } = require('node:worker_threads');
const { lanes } = require('./lanes');

const { lane, buffer, params } = workerData;

if (lane !== undefined) {
  const write = lanes[lane].writer(buffer, params);

  for (;;) write(1000);
} else {
  const fs = require('node:fs');
  const { RingBuffer } = require('../../../lib');

  new RingBuffer(buffer).createReadStream().pipe(fs.createWriteStream('/dev/null'));
}
