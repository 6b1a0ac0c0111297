'use strict';

/*
 * transfer-handle.js - sends ringport ports over Node's own channels: detach() turns a
 * port into a transfer handle, from() turns the handle back into a port.
 */

const nodeChannel = require('./node-channel');
const { binding, local, mark, threads } = require('../loading/native');
const { ports } = require('./kinds');
const { throwAsNode } = require('./transfer-list');

const {
  MessageChannel: NodeChannel, MessagePort: NodePort, receiveMessageOnPort: nodeReceive,
} = threads;

/** The kind of the one message in a transfer handle. */
const HANDLE = mark('transfer-handle');

/**
 * In a worker: ask the parent, which lives longer, to call guard().
 * @param {bigint} id @param {import('node:worker_threads').MessagePort} sign
 */
function guardByParent(id, sign) {
  const { GUARD } = require('../worker/marks');

  NodePort.prototype.postMessage.call(local.parentPort, { kind: GUARD, id, sign }, [sign]);
}

/**
 * Report an endpoint as lost when `sign` closes. Has no effect if it has been attached,
 * because its id is then unknown.
 * @param {bigint} id
 * @param {import('node:worker_threads').MessagePort} sign
 */
function guard(id, sign) {
  sign.unref();
  sign.on('close', () => binding.lost(id));
}

/** Handle GUARD, which a worker of this thread has sent. */
function guardHere(id, sign) {
  (local.parentPort === null ? guard : guardByParent)(id, sign);
}

/** Throw Node's error for detach() of a port that is closed or was transferred. */
function detachClosed() {
  throwAsNode((port) => port.postMessage(null, [nodeChannel.closedPort()]));
}

/**
 * MessagePort's detach(); see port.js.
 * @returns {import('node:worker_threads').MessagePort}
 */
function detach(endpoint) {
  if (!endpoint.open) detachClosed();
  if (endpoint.kept !== null) local.loadCalls().refuseTransfer();

  const end = nodeChannel.ensure(endpoint);
  const id = binding.announce(endpoint.slot);
  const { port1, port2 } = new NodeChannel();
  const message = { kind: HANDLE, id, end };
  const list = [end];

  /* If the handle is lost, three sides notice: the peer by the Node channel unless it has
   * closed; this thread by port1, until it ends; and its parent. */
  if (local.parentPort !== null) {
    const { port1: sign, port2: other } = new NodeChannel();

    message.sign = sign;
    list.push(sign);
    guardByParent(id, other);
  }
  port1.postMessage(message, list);
  endpoint.depart();
  guard(id, port1);
  return port2;
}

/**
 * Turn a transfer handle back into a port. Closes the handle.
 * @param {import('node:worker_threads').MessagePort} handle made by detach() in any
 *   thread
 * @returns {MessagePort} with its queued messages, in order
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: not a MessagePort of Node's
 * @throws {RingportError} ERR_RINGPORT_INVALID_TRANSFER_HANDLE: not a transfer handle, or
 * already
 *   used; ERR_RINGPORT_OTHER_COPY: from another version of ringport
 */
function from(handle) {
  if (!(handle instanceof NodePort)) throwAsNode(() => nodeReceive(null));

  const received = nodeReceive(handle)?.message;
  const isHandle = typeof received?.kind === 'string' && received.kind.startsWith('ringport.transfer-handle.') &&
    received.end instanceof NodePort;
  const valid = isHandle && received.kind === HANDLE;
  const slot = valid ? binding.attach(received.id) : -1;

  if (slot === -1) {
    /* The handle is used up: close its ports, so that the peer notices the loss. */
    if (isHandle) {
      received.end.close();
      received.sign?.close();
    }

    const { RingportError } = require('../codec/errors');

    if (isHandle && !valid) {
      throw new RingportError('ERR_RINGPORT_OTHER_COPY',
        'The port that the transfer handle stands for belongs to another copy of ringport, in another version');
    }
    throw new RingportError('ERR_RINGPORT_INVALID_TRANSFER_HANDLE',
      'The port is no transfer handle of a ringport MessagePort, or it has been used');
  }
  received.sign?.close();
  handle.close();
  return ports.make(slot, received.end);
}

module.exports = { detach, detachClosed, from, guardHere };
