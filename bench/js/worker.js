'use strict';

/* The thread on the other side: loads the competitor and runs the scenario's worker half. */

const { workerData } = require('node:worker_threads');
const { load } = require('./threads');

const { implementation, scenario, params } = workerData;

require(`./scenarios/${scenario}`).worker(load(implementation), params);
