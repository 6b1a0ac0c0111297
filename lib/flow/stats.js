'use strict';

/*
 * stats.js - the numbers of one port, all of which are kept anyway.
 */

const { ports } = require('../ports/kinds');
const { binding, control, define, threads, START, END, COUNT, MAX, FOR_FLOW } = require('../loading/native');
const { flows } = require('./flow');

/** Method of every Worker; see worker/worker.js. */
const kInside = Symbol.for('ringport.inside');

define(FOR_FLOW);

/** What the addon counts of a slot; NONE or a closed one: zeros. */
function countsOf(slot) {
  binding.portStats(slot);

  const { [START]: sent, [END]: received, [COUNT]: unread, [MAX]: wakeUps } = control;

  return { sent: sent >>> 0, received: received >>> 0, unread, wakeUps: wakeUps >>> 0 };
}

/** MessagePort's and Worker's stats(); see lib/index.d.ts. */
function statsOf(target) {
  const isWorker = target instanceof threads.Worker;
  const endpoint = isWorker ? target[kInside]().endpoint : ports.endpointOf(target);

  if (endpoint === undefined) throw new TypeError('Illegal invocation');

  const flow = flows.get(target);
  const { slot } = isWorker ? target[kInside]() : endpoint;
  const { sent, received, unread, wakeUps } = countsOf(slot);

  return {
    messagesOut: sent,
    messagesIn: received,
    queued: unread,
    wakeUps,
    byNode: (endpoint?.postsByNode ?? 0) + (flow?.byNode ?? 0),
    highWaterMark: flow?.mark ?? Infinity,
    queuedBytes: flow?.length,
    stalls: flow?.stalls ?? 0,
    dropped: flow?.dropped ?? 0,
    refused: flow?.refused ?? 0,
  };
}

module.exports = { statsOf };
