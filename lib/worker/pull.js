'use strict';

/*
 * pull.js - finds the Node channel of a worker's pair of endpoints, which its other side
 * has made, among what Node has brought. What lay before it is delivered as the next turn
 * of the port begins, before what comes by ring: as Node would, with ticks in between.
 */

const context = require('../ports/async-context');
const { runTicks } = require('../ports/dispatch');
const { binding, threads } = require('../loading/native');
const { CHANNEL } = require('./marks');

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
  if (pulled.length === 0) return;
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

module.exports = { pull };
