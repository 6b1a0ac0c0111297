'use strict';

/*
 * pull.js - takes what Node has brought out of its queue: to find the Node channel of a
 * worker's pair of endpoints, which its other side has made, or because CHANGE does not
 * come. What lay before is delivered as the next turn of the port begins, before what
 * comes by ring: as Node would, with ticks in between.
 */

const context = require('../ports/async-context');
const { runTicks } = require('../ports/dispatch');
const { binding, threads } = require('../loading/native');
const { FOR_PRIMITIVES } = require('../ports/is-flat');
const { CHANGE, CHANNEL } = require('./marks');

/** Have the port take a turn, although nothing may have come. */
function askForTurn({ receiving, slot }) {
  if (!receiving) return; // it takes one when it starts
  binding.setReceiving(slot, false);
  binding.setReceiving(slot, true);
}

/**
 * @param {Endpoint} endpoint
 * @param {MessagePort} node Node's port
 * @param {{ message: unknown }[]} pulled gets what lay before it
 * @param {(message: unknown) => void} dispatch calls the listeners for one of these
 */
function pull(endpoint, node, pulled, dispatch) {
  while (endpoint.hold.nodeChannel === null) {
    const received = threads.receiveMessageOnPort(node);

    if (received === undefined) break;
    if (received.message?.kind === CHANNEL) endpoint.adopt(received.message.end);
    else pulled.push(received);
  }
  if (pulled.length > 0) deliverLater(endpoint, pulled, dispatch);
}

/**
 * The same, if a port has waited for CHANGE for so long that all that was posted before
 * it must have come. Somebody may have taken it: with Node's own receiveMessageOnPort(),
 * which knows nothing of it.
 */
function pullAll(endpoint, node, pulled, dispatch) {
  let received;

  while ((received = threads.receiveMessageOnPort(node)) !== undefined) pulled.push(received);
  if (!pulled.some(({ message }) => message?.kind === CHANGE)) {
    pulled.push({ message: { kind: CHANGE, need: FOR_PRIMITIVES } });
  }
  deliverLater(endpoint, pulled, dispatch);
}

function deliverLater(endpoint, pulled, dispatch) {
  endpoint.earlier = () => deliver(endpoint, pulled, dispatch);
  askForTurn(endpoint);
}

/** @returns {boolean} false: the turn has to end */
function deliver(endpoint, pulled, dispatch) {
  let calm = true;

  context.entered = false;
  while (calm && pulled.length > 0 && endpoint.receiving) {
    dispatch(pulled.shift().message);
    calm = runTicks() && !context.entered;
  }
  if (pulled.length === 0) endpoint.earlier = null;
  else askForTurn(endpoint);
  return calm && pulled.length === 0;
}

module.exports = { pull, pullAll };
