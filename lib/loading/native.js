'use strict';

/*
 * native.js - what every file of lib/ starts from: Node's own worker_threads, the addon's
 * functions for this thread, and the words that they share.
 *
 * A thread that starts loads this file, and what else scripts/bundle.js has in `start` or
 * in `child`. Nothing else is loaded before it is used, so keep these short.
 */

const { process, setImmediate } = require('./builtins');

const binding = require('../binding');
const threads = require('./node-threads');

/**
 * Words of `control`: RP_CONTROL_LIST in src/node/env.h; test/js/constants.test.js
 * compares them.
 */
const START = 0;
const END = 1;
const FLAGS = 2;
const STATUS = 3;
const BYTES = 4;
const COUNT = 5;
const MAX = 6;
const STAGED = 7;
const SLOT = 8;
const WORDS = 16;

/**
 * Values of the STATUS word: RP_ERROR_LIST in src/core/error.h, where this is RP_CLOSED.
 */
const SEALED = -5;

/** The line of Node that this is. */
const line = Number.parseInt(process.versions.node, 10);

const control = new Int32Array(WORDS);

/** Of this process and this copy of the addon. */
let suffix = null;

/** What a message of ringport's own is known by among those of users. */
function mark(name) {
  suffix ??= binding.mark().toString(36);
  return `ringport.${name}.${suffix}`;
}

/**
 * By slot: an Endpoint that must stay, a WeakRef to one that nobody may need any more,
 * its Hold, or a function (queued) => boolean that makes the Endpoint when the first
 * message comes for it; see endpoint.js.
 */
const endpoints = [];

/**
 * When what is quick in the long run begins to pay; see docs/decisions/first-message.md.
 * In tenths of a microsecond or so, but for the last two, which count messages. Integers:
 * V8 allocates what is none.
 */
const thresholds = {
  /** What messages by Node may have cost before a port goes over to its ring. */
  FIRST: 3000,
  /** The same of objects, before what the codec takes is loaded; see ports/prepare.js. */
  PREPARE: 2892,
  /**
   * What one is counted for: to read and write a primitive the ring needs nothing but C,
   * for objects it has the codec to load.
   */
  SIMPLE: 10,
  OBJECT: 1,
  /**
   * If the last one has been answered, both threads sleep each time: by ring, a round
   * trip takes them a tenth of that.
   */
  ANSWER: 90,
  ANSWERED_OBJECT: 27,
  /** Objects that C writes, or reads, before the codec does; see flat.js. */
  COLD_FLATS: 60_000,
  /**
   * Other objects that go by Node, though there is a ring, before the codec is loaded.
   */
  COLD_OBJECTS: 300,
};

/* For tests: all goes by ring from the first message on, and none of it the ways that are
 * for the first ones. */
if (process.env.RINGPORT_COLD === '0') {
  for (const name of Object.keys(thresholds)) thresholds[name] = 0;
  thresholds.FIRST = thresholds.PREPARE = -1;
}

const local = {
  /**
   * How many ports of ours there have been in this thread, but for that of a worker's
   * parent.
   */
  portsMade: 0,
  /**
   * Objects that neither C nor the codec has written: Node has, though there was a ring.
   */
  objectsPosted: 0,
  /** Posts to Node's own channels are counted; see ports/posts.js. */
  watchesPosts: false,
  /** Whether an object may have been marked as uncloneable. */
  marksMade: false,
  /**
   * The port of a worker of ours to its parent (Node's own, with methods of ours), else
   * null.
   */
  parentPort: null,
  /** Has that port use its ring. @type {() => import('../ports/endpoint').Endpoint} */
  connectParent: null,
  /**
   * Loads the class of our ports, for what comes before it.
   * @type {() => import('../ports/port')}
   */
  loadPort: null,
  /** The module ports/unlisted.js, for who cannot import it without a circle. */
  loadUnlisted: null,
  /**
   * Node's class Module, where it is Node that loads us: require('node:module') loads a
   * lot more.
   */
  Module: null,
  /** While registered: what is an instance of MessagePort; see registration.js. */
  isPort: null,
  /**
   * What a Worker does around the start of its thread; `ringport/register` puts its own
   * here.
   */
  launch: {
    /** @returns {object | undefined} the options to give to Node's Worker */
    begin: (options) => options,
    /** Node's constructor has returned, or thrown. */
    end() {},
  },
  /**
   * A port has news, or is gone: endpoint.js, without which there is no Endpoint, puts
   * its own here.
   */
  dispatch(slot, queued) {
    if (endpoints[slot]?.(queued)) local.dispatch(slot, queued);
  },
  closed(slot) {
    endpoints[slot] = undefined;
  },
};

/** What an endpoint calls on its owner, and asks it; see endpoint.js. */
const owner = {
  kMessage: Symbol('message'),
  kMessages: Symbol('messages'),
  kBatching: Symbol('batching'),
  kMessageError: Symbol('messageerror'),
  kClosed: Symbol('closed'),
};

/**
 * The symbol with this description on an object or one of its prototypes, undefined if
 * there is none.
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

/** Have the addon call us for ports with news. */
function listen() {
  if (listens) return;
  listens = true;

  const dispatch = (slot, queued) => local.dispatch(slot, queued);
  const closed = (slot, peer) => local.closed(slot, peer);

  binding.setup({ dispatch, closed }, dispatch, closed, control);
}

/** Groups of the addon's functions; the same table is in src/node/addon.c. */
const [FOR_VALUES, FOR_CHANNELS, FOR_FLAT, FOR_ENDPOINTS, FOR_PORTS, FOR_RINGS, FOR_TESTS] =
  [0, 1, 2, 3, 4, 5, 6];
/** What a group cannot be used without. */
const NEEDED = [[], [], [], [FOR_VALUES, FOR_CHANNELS], [FOR_ENDPOINTS, FOR_FLAT]];
const defined = [false, false, false, false, false];

/**
 * Have a group of the addon's functions, each of which costs a thread four microseconds.
 */
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
  START, END, FLAGS, STATUS, BYTES, COUNT, MAX, STAGED, SLOT,
  SEALED,
  FOR_VALUES, FOR_CHANNELS, FOR_FLAT, FOR_ENDPOINTS, FOR_PORTS, FOR_RINGS, FOR_TESTS,
};
