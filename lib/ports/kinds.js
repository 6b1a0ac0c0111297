'use strict';

/*
 * kinds.js - the registry of this thread's kinds of ringport ports: MessagePorts, a
 * worker's parentPort, and ports moved to another context. Each port has an Endpoint.
 */

const { local, threads } = require('../loading/native');

const { getPrototypeOf } = Object;

/** Key of a method that substitutes a received port; see receive() in node-channel.js. */
const kArrive = Symbol('arrive');
/**
 * Property of Node's MessagePort: the port prototypes of all copies of ringport in this
 * thread.
 */
const kPrototypes = Symbol.for('ringport.prototypes');

/**
 * @typedef {object} Kind
 * @property {(object: unknown) => import('./endpoint').Endpoint | undefined} endpointOf
 *   undefined: not of this kind
 * @property {(port: object) => { message: unknown } | undefined} receive takes the oldest
 *   queued message
 */

/**
 * @type {Kind[]} without parentPort, which is Node's own port
 */
const kinds = [];

/** @type {object[]} */
const prototypes = threads.MessagePort[kPrototypes] ?? [];
/** This copy's port prototype, once port.js is loaded. */
let prototype;

Reflect.defineProperty(threads.MessagePort, kPrototypes, { __proto__: null, value: prototypes });

/** @param {Kind} kind */
function addKind(kind) {
  kinds.push(kind);
}

/**
 * Announce this copy's ports to other copies of ringport.
 * @param {object} ours the prototype of this copy's MessagePort
 */
function announce(ours) {
  prototype = ours;
  prototypes.push(ours);
}

/** @returns {Kind | undefined} */
function kindOf(object) {
  return kinds.find((kind) => kind.endpointOf(object) !== undefined);
}

const ports = {
  /** Whether it is a ringport port that Node's functions cannot handle. */
  isOurs(object) {
    return kindOf(object) !== undefined;
  },

  /**
   * @returns {import('./endpoint').Endpoint | undefined} undefined: not a ringport port
   */
  endpointOf(object) {
    for (const kind of kinds) {
      const endpoint = kind.endpointOf(object);

      if (endpoint !== undefined) return endpoint;
    }
    if (object !== local.parentPort || object === null) return undefined;
    return local.connectParent() ?? undefined;
  },

  /** Whether it is a port of another copy of ringport, which this copy cannot send. */
  isOthers(object) {
    const others = prototype === undefined ? prototypes.length : prototypes.length - 1;

    return others > 0 && getPrototypeOf(object) !== prototype &&
      prototypes.includes(getPrototypeOf(object));
  },

  /**
   * @returns {import('./port').Port} a port on this slot (-1: closed) whose Node channel
   *   is `end`
   */
  make(slot, end) {
    return local.loadPort().make(slot, end);
  },

  /**
   * Ports marked as untransferable. Only on Node 20, which skips them in a transfer list.
   * @type {WeakSet | undefined}
   */
  marked: undefined,
};

module.exports = { addKind, announce, kArrive, kindOf, ports };
