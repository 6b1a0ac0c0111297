'use strict';

/*
 * native.js - the base of all files in lib/: Node's own worker_threads, the addon's
 * functions, and the state of this thread that they share.
 *
 * A new thread loads only this file and the rest of `start` or `child` in
 * scripts/bundle.js, so keep these short. Everything else is loaded on first use.
 */

const { process, setImmediate } = require('./builtins');

const binding = require('../binding');
const threads = require('./node-threads');

/** Words of `control`. */
const {
  START, END, FLAGS, STATUS, BYTES, COUNT, MAX, STAGED, SLOT, FLOW, CALL, ID,
  WORDS,
} = require('../constants').control;

/** Node's major version. */
const line = Number.parseInt(process.versions.node, 10);

const control = new Int32Array(WORDS);

/** Unique to this process and this copy of the addon. */
let suffix = null;

/** Identifies a control message of ringport among the application's messages. */
function mark(name) {
  suffix ??= binding.mark().toString(36);
  return `ringport.${name}.${suffix}`;
}

/**
 * By slot: an Endpoint; a WeakRef to one that may be collected; its Hold once it has
 * been; or a function (queued) => boolean that handles messages until the Endpoint exists
 * and returns true once it does. See endpoint.js.
 */
const endpoints = [];

/**
 * When loading a faster path pays off; see docs/decisions/first-message.md. The first
 * four are in units of roughly 0.1 us, the others count messages. Integers, because V8
 * allocates other numbers.
 */
const thresholds = {
  /** Cost of messages over Node's channel above which a port switches to its ring. */
  FIRST: 3000,
  /** Cost of one message. */
  SIMPLE: 10,
  /**
   * Extra cost of a request that was answered over Node's channel, where both threads
   * sleep each time. A round trip by ring takes a tenth of that. Objects also need
   * functions for their shapes, which must be made first.
   */
  ANSWER: 90,
  ANSWERED_PLAIN: 17,
  /** Objects above which a port switches to its ring and the codec is loaded. */
  OBJECTS: 10_000,
  /** An answered object counts for so many. */
  ANSWERED_OBJECT: 30,
  /** Objects above which the codec is loaded in advance; see ports/prepare.js. */
  PREPARE: 9880,
  /** Objects that C writes or reads before the codec takes over; see ports/flat.js. */
  COLD_FLATS: 60_000,
  /** Other objects that a port leaves to Node before it loads the codec. */
  COLD_OBJECTS: 300,
};

/* For tests: use the ring and the codec from the first message on. */
if (process.env.RINGPORT_COLD === '0') {
  for (const name of Object.keys(thresholds)) thresholds[name] = 0;
  thresholds.FIRST = thresholds.OBJECTS = thresholds.PREPARE = -1;
}

const local = {
  /** Count of ringport ports created in this thread, without parentPort. */
  portsMade: 0,
  /** Count of objects that an endpoint has left to Node; see COLD_OBJECTS. */
  objectsPosted: 0,
  /** Posts to Node's own channels are counted; see ports/posts.js. */
  watchesPosts: false,
  /** Whether an object may have been marked as uncloneable. */
  marksMade: false,
  /**
   * Node's parentPort with ringport's methods, if a ringport Worker started this thread.
   */
  parentPort: null,
  /**
   * Connects parentPort to its ring. @type {() => import('../ports/endpoint').Endpoint}
   */
  connectParent: null,
  /**
   * Loads the class of ringport's ports; avoids an import circle.
   * @type {() => import('../ports/port')}
   */
  loadPort: null,
  /**
   * Tells what happens to a port, once the thread has one; see ports/diagnostics.js.
   * @type {import('../ports/diagnostics').note | null}
   */
  note: null,
  /** Loads ports/unlisted.js; avoids an import circle. */
  loadUnlisted: null,
  /**
   * Loads what a thread needs for requests; avoids an import circle.
   * @type {() => import('../request/calls')}
   */
  loadCalls: null,
  /** Called when a Worker exits, before it delivers the rest; set by flow/iterate.js. */
  beforeExit: null,
  /**
   * Node's class Module, if Node's loader loads us: require('node:module') loads more.
   */
  Module: null,
  /** While registered: MessagePort's Symbol.hasInstance; see register/registration.js. */
  isPort: null,
  /** Hooks around the start of a Worker's thread, for `ringport/register`. */
  launch: {
    /** @returns {object | undefined} the options for Node's Worker */
    begin: (options) => options,
    /** Called when Node's constructor has returned or thrown. */
    end() {},
  },
  /**
   * Called for a slot with news, and for a closed one. ports/turn.js, which endpoint.js
   * loads, replaces both; until then there are no Endpoints.
   */
  dispatch(slot, queued) {
    if (endpoints[slot]?.(queued)) local.dispatch(slot, queued);
  },
  closed(slot) {
    endpoints[slot] = undefined;
  },
};

/** The interface of an endpoint's owner; see ports/endpoint.js. */
const owner = {
  kMessage: Symbol('message'),
  kMessages: Symbol('messages'),
  kBatching: Symbol('batching'),
  kMessageError: Symbol('messageerror'),
  kClosed: Symbol('closed'),
};

/**
 * Find the symbol with this description on an object or its prototypes.
 * @returns {symbol | undefined}
 */
function findSymbol(object, description) {
  for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
    for (const found of Object.getOwnPropertySymbols(at)) {
      if (found.description === description) return found;
    }
  }
  return undefined;
}

let listens = false;

/** Register this thread's callbacks in the addon. */
function listen() {
  if (listens) return;
  listens = true;

  const dispatch = (slot, queued) => local.dispatch(slot, queued);
  const closed = (slot, peer) => local.closed(slot, peer);

  binding.setup({ dispatch, closed }, dispatch, closed, control);
}

/** Groups of the addon's functions; the same table is in src/node/addon.c. */
const [
  FOR_VALUES, FOR_CHANNELS, FOR_FLAT, FOR_ENDPOINTS, FOR_PORTS, FOR_RINGS, FOR_WAITS, FOR_FLOW,
  FOR_TOP, FOR_TESTS,
] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** The groups that a group depends on. */
const NEEDED = [
  [], [], [], [FOR_VALUES, FOR_CHANNELS], [FOR_ENDPOINTS, FOR_FLAT], [], [FOR_PORTS], [], [],
];
const defined = [false, false, false, false, false, false, false, false, false];

/** Define a group of the addon's functions on `binding`. Each function costs 4 us. */
function define(group) {
  if (defined[group]) return;
  defined[group] = true;
  listen();
  NEEDED[group].forEach(define);
  binding.define(binding, group);
}

module.exports = {
  binding, threads, control, endpoints, line, local, define, findSymbol, listen, mark, owner,
  setImmediate, thresholds,
  START, END, FLAGS, STATUS, BYTES, COUNT, MAX, STAGED, SLOT, FLOW, CALL, ID,
  FOR_VALUES, FOR_CHANNELS, FOR_FLAT, FOR_ENDPOINTS, FOR_PORTS, FOR_RINGS, FOR_WAITS, FOR_FLOW,
  FOR_TOP, FOR_TESTS,
};
