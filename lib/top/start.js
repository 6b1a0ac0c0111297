'use strict';

/*
 * start.js - RINGPORT_TOP=port: lets `ringport top` look at this process.
 *
 * The main thread starts a thread that serves the numbers (bin/top/server.js), so they
 * are there while the main thread is blocked. That thread reads what the addon counts of
 * all threads, and asks each thread for what only it knows; see sampler.js. Both are
 * loaded only where the variable is set.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const nodeThreads = require('node:worker_threads');

const { process } = require('../loading/builtins');
const { folder, root } = require('../folder');
const { binding, define, mark, threads, FOR_TOP } = require('../loading/native');

/** Property of the exports in the serving thread. */
const kTop = Symbol.for('ringport.top');
/**
 * Property of worker_threads: this thread takes part. Several copies of ringport may be
 * loaded in a thread.
 */
const kStarted = Symbol.for('ringport.top.started');
/** RINGPORT_TOP of the serving thread. */
const SERVES = 'serves';
/** The only variables that the serving thread needs. */
const INHERITED = ['TMPDIR', 'TMP', 'TEMP', 'RINGPORT_BINARY', 'RINGPORT_REQUIRED'];

function warn(message) {
  process.emitWarning(message, { type: 'RingportWarning', code: 'RINGPORT_TOP' });
}

/** @returns {number | undefined} the port; 0: any */
function portOf(value) {
  if (value === 'auto') return 0;
  return /^\d{1,5}$/.test(value) && Number(value) < 65536 ? Number(value) : undefined;
}

function startServer(port) {
  const env = { RINGPORT_TOP: SERVES };

  for (const name of INHERITED) {
    if (process.env[name] !== undefined) env[name] = process.env[name];
  }

  const written = new Int32Array(new SharedArrayBuffer(4));
  const file = path.join(os.tmpdir(), `ringport-top-${process.getuid?.() ?? 0}`, `${process.pid}.json`);
  /* Node's Worker: it has no endpoint that would be listed. */
  const server = new threads.Worker(path.join(root, 'bin/top/server.js'), {
    name: 'ringport top', execArgv: [], env,
    workerData: {
      index: path.join(folder, 'index.js'), port, written, title: path.basename(process.argv[1] ?? 'node'),
    },
  });

  server.unref();
  server.on('error', ({ message }) => warn(`RINGPORT_TOP has no effect: ${message}`));
  process.on('exit', () => {
    /* Otherwise the folder may be somebody else's, or a link to another one. */
    if (Atomics.load(written, 0) === 0) return;
    try {
      fs.unlinkSync(file);
    } catch {
      // bin/top/files.js removes it later.
    }
  });
}

/**
 * @param {string} value RINGPORT_TOP
 * @param {object} exported the exports of ringport
 */
function start(value, exported) {
  if (value === SERVES && !threads.isMainThread) {
    Object.defineProperty(exported, kTop, {
      __proto__: null,
      value() {
        define(FOR_TOP);
        return {
          threads: () => binding.threads(), ports: () => binding.ports(),
          answering: () => binding.answering(), name: mark('top'),
        };
      },
    });
    return;
  }

  const port = portOf(value);

  if (port === undefined) {
    if (threads.isMainThread) warn(`RINGPORT_TOP must be a port, 0 or auto, not '${value}'`);
    return;
  }
  if (nodeThreads[kStarted]) return;
  Object.defineProperty(nodeThreads, kStarted, { __proto__: null, value: true });
  try {
    require('./sampler').answer(mark('top'));
    if (threads.isMainThread) startServer(port);
  } catch ({ message }) {
    warn(`RINGPORT_TOP has no effect: ${message}`);
  }
}

module.exports = { start };
