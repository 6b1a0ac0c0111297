'use strict';

/* worker.js - a job's worker: loads the competitor and calls the scenario's worker(). */

const { workerData } = require('node:worker_threads');
const { load } = require('./threads');

const { implementation, scenario, params } = workerData;

require(`./scenarios/${scenario}`).worker(load(implementation), params);
