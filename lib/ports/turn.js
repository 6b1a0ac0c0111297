'use strict';

/* turn.js - what the binding calls: an endpoint's turn, and its end. */

const { limitOf, settle } = require('./dispatch');
const { drain, isCall, receive } = require('./drain');
const { Hold, endpointAt } = require('./table');
const {
  binding, control, endpoints, local, STATUS, COUNT, MAX,
} = require('../loading/native');

const { CLOSED } = require('../constants').error;

/** The binding calls this for an endpoint with news; `queued` messages are waiting. */
function dispatch(slot, queued) {
  if (typeof endpoints[slot] === 'function' && !endpoints[slot](queued)) return; // makes it

  const endpoint = endpointAt(slot);

  if (endpoint === undefined) return;
  if (endpoint.receiving) {
    if (endpoint.earlier !== null && !endpoint.earlier()) return;
    if (queued === 0 || endpoint.wait === null) drain(endpoint, limitOf(queued));
    else endpoint.wait();
    return;
  }
  /* A stopped port wakes only to see whether its peer has closed. A Worker that stopped
   * has not told the addon yet; see worker/listening.js. */
  settle();
  if (endpoint.calls?.listens) {
    endpoint.calls.pump(limitOf(queued));
    return;
  }
  binding.setReceiving(slot, false);
  control[COUNT] = 0;
  control[MAX] = 0;
  receive(slot);
  if (control[STATUS] === CLOSED && endpoint.kept === null) endpoint.close();
  else if (control[STATUS] === 0 && isCall()) local.loadCalls().listen(endpoint);
}

/** The binding calls this in the closing phase of the loop. */
function closed(slot, peer) {
  const found = endpoints[slot];

  if (typeof found === 'function') endpoints[slot] = undefined;
  else if (found instanceof Hold) found.closed(peer);
  else endpointAt(slot)?.closed(peer);
}

local.dispatch = dispatch;
local.closed = closed;
