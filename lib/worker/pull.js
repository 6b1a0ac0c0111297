'use strict';

/*
 * pull.js - empties the queue of Node's port: to find the peer's end of the Node channel,
 * or because CHANGE does not arrive. The port delivers the messages that it took at the
 * start of its next turn, before those of the ring, and runs ticks after each.
 */

const context = require('../ports/async-context');
const { runTicks } = require('../ports/dispatch');
const { threads } = require('../loading/native');
const { FOR_PRIMITIVES } = require('../ports/is-plain');
const { CHANGE, CHANNEL } = require('./marks');

/**
 * Take messages from Node's queue until one carries the Node channel.
 * @param {Endpoint} endpoint
 * @param {MessagePort} node Node's port
 * @param {{ message: unknown }[]} pulled receives the messages before it
 * @param {(message: unknown) => void} dispatch calls the listeners for one of them
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
 * Take all messages from Node's queue and act as if CHANGE had arrived. The port has
 * waited TURNS_MAX turns, so everything posted before CHANGE is here. The application may
 * have removed CHANGE itself by Node's own receiveMessageOnPort().
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
  if (endpoint.receiving) endpoint.askForTurn(); // otherwise start() schedules one
}

/** @returns {boolean} false: the turn must end */
function deliver(endpoint, pulled, dispatch) {
  let calm = true;

  context.entered = false;
  while (calm && pulled.length > 0 && endpoint.receiving) {
    dispatch(pulled.shift().message);
    calm = runTicks() && !context.entered;
  }
  if (pulled.length === 0) endpoint.earlier = null;
  else if (endpoint.receiving) endpoint.askForTurn();
  return calm && pulled.length === 0;
}

module.exports = { pull, pullAll };
