'use strict';

/*
 * transfer-handle.js - ports that travel by channels of Node's: detach() takes a port off its thread,
 * from() makes a port of the handle that arrived.
 */

const companion = require('./node-channel');
const { binding, local, mark, threads } = require('../loading/native');
const { ports } = require('./port');
const { throwAsNode } = require('./transfer-list');

const {
  MessageChannel: NodeChannel, MessagePort: NodePort, receiveMessageOnPort: nodeReceive,
} = threads;

/** What a passport's one message is known by. */
const PASSPORT = mark('passport');

/**
 * In a worker of ours: have its parent, which lives longer, do what guard() does.
 * @param {bigint} id @param {import('node:worker_threads').MessagePort} sign
 */
function guardByParent(id, sign) {
  const { GUARD } = require('../worker/marks');

  NodePort.prototype.postMessage.call(local.parentPort, { kind: GUARD, id, sign }, [sign]);
}

/**
 * When `sign` closes, the half with this id has been lost, or has arrived: then nobody knows the id any more.
 * @param {bigint} id @param {import('node:worker_threads').MessagePort} sign
 */
function guard(id, sign) {
  sign.unref();
  sign.on('close', () => binding.lost(id));
}

/** What detach() does with a port that is closed, or was sent away. */
function detachClosed() {
  throwAsNode((port) => port.postMessage(null, [companion.closedPort()]));
}

/**
 * What detach() does with the endpoint of its port; see port.js.
 * @returns {import('node:worker_threads').MessagePort}
 */
function detach(endpoint) {
  if (!endpoint.open) detachClosed();

  const end = companion.ensure(endpoint);
  const id = binding.announce(endpoint.slot);
  const { port1, port2 } = new NodeChannel();
  const passport = { kind: PASSPORT, id, end };
  const list = [end];

  /* Who hears of a loss: the peer from the companion, unless it has closed before; this thread from port1,
   * until it ends; and its parent. */
  if (local.parentPort !== null) {
    const { port1: sign, port2: other } = new NodeChannel();

    passport.sign = sign;
    list.push(sign);
    guardByParent(id, other);
  }
  port1.postMessage(passport, list);
  endpoint.depart();
  guard(id, port1);
  return port2;
}

/**
 * The port that a passport stands for. The passport's one message is taken and the passport closed.
 * @param {import('node:worker_threads').MessagePort} passport made by detach() in any thread
 * @returns {MessagePort} with everything that was queued for it, in order
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: not a MessagePort of Node's
 * @throws {RingportError} ERR_RINGPORT_INVALID_PASSPORT: it is no passport, or it has been used
 */
function from(passport) {
  if (!(passport instanceof NodePort)) throwAsNode(() => nodeReceive(null));

  const received = nodeReceive(passport)?.message;
  const isPassport = typeof received?.kind === 'string' && received.kind.startsWith('ringport.passport.') &&
    received.end instanceof NodePort;
  const valid = isPassport && received.kind === PASSPORT;
  const slot = valid ? binding.attach(received.id) : -1;

  if (slot === -1) {
    /* It came here and goes no further: the other side must learn of it. */
    if (isPassport) {
      received.end.close();
      received.sign?.close();
    }

    const { RingportError } = require('../codec/errors');

    if (isPassport && !valid) {
      throw new RingportError('ERR_RINGPORT_OTHER_COPY',
        'The port that the passport stands for belongs to another copy of ringport, in another version');
    }
    throw new RingportError('ERR_RINGPORT_INVALID_PASSPORT',
      'The port is no passport of a ringport MessagePort, or it has been used');
  }
  received.sign?.close();
  passport.close();
  return ports.make(slot, received.end);
}

module.exports = { detach, detachClosed, from, guard, guardByParent };
