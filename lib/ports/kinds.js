'use strict';

/*
 * kinds.js - the registry of the kinds of ringport ports in this thread: MessagePorts, a
 * worker's parentPort, and ports moved to another context. Each kind has an Endpoint.
 */

const { local, threads } = require('../loading/native');

const { getPrototypeOf } = Object;

/** A method that replaces a port that has arrived; see node-channel.js. */
const kArrive = Symbol('arrive');
/**
 * Of Node's MessagePort: the prototypes of the ports of each copy of ringport in this
 * thread.
 */
const kPrototypes = Symbol.for('ringport.prototypes');

/**
 * @typedef {object} Kind
 * @property {(object: unknown) => import('./endpoint').Endpoint | undefined} endpointOf
 *   undefined: it is none of this kind
 * @property {(port: object) => { message: unknown } | undefined} receive the oldest
 *   message that waits
 */

/**
 * @type {Kind[]} but for parentPort, which is Node's own and stays with Node's functions.
 */
const kinds = [];

/** @type {object[]} */
const prototypes = threads.MessagePort[kPrototypes] ?? [];
/** Ours, once port.js is loaded. */
let prototype;

Reflect.defineProperty(threads.MessagePort, kPrototypes, { __proto__: null, value: prototypes });

/** @param {Kind} kind */
function addKind(kind) {
  kinds.push(kind);
}

/**
 * Have other copies of ringport know ours.
 * @param {object} ours the prototype of MessagePort
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
  /** Whether it is a ringport port, which Node's own functions do not know. */
  isOurs(object) {
    return kindOf(object) !== undefined;
  },

  /** @returns {import('./endpoint').Endpoint | undefined} of a port of ours */
  endpointOf(object) {
    for (const kind of kinds) {
      const endpoint = kind.endpointOf(object);

      if (endpoint !== undefined) return endpoint;
    }
    if (object !== local.parentPort || object === null) return undefined;
    return local.connectParent() ?? undefined;
  },

  /** Whether it is a port of another copy of ringport, which we cannot send. */
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
   * @type {WeakSet} those that are marked as untransferable, on Node 20, which overlooks
   *   them in a list
   */
  marked: undefined,
};

module.exports = { addKind, announce, kArrive, kindOf, ports };
