'use strict';

/*
 * program.js - runs code in a worker or a process. A test writes it in place, as a
 * function `(wt, tools) => ...`, where `wt` is the implementation under test. The
 * function is passed as source text, so it must not use variables of its surroundings,
 * only `tools`:
 *
 *   id           the module to require to get `wt`
 *   note(...)    write one line of JSON to stdout at once, from any thread
 *   plain(error) the parts of an error that must be equal
 *   source(fn)   the text of a worker that runs fn in the same way
 *   worker(fn, options)  start that worker; options.data becomes its tools.data
 *   listen(port, kind, listener)  listen for each value; see LISTENER_KINDS
 *   detach(port), attach(handle)  see below
 *   collect()    collect garbage, and wait for the consequences
 *   data         the data that was passed with the function
 */

const fs = require('node:fs');
const v8 = require('node:v8');
const vm = require('node:vm');
const { MessageChannel, receiveMessageOnPort } = require('node:worker_threads');

/** The parts of an error that both implementations must agree on. */
function plain(error) {
  if (error === null || typeof error !== 'object') return { thrown: error };
  return {
    type: Object.prototype.toString.call(error),
    constructor: error.constructor?.name,
    name: error.name,
    code: error.code,
    message: error.message
  };
}

function note(...entry) {
  fs.writeSync(1, JSON.stringify(entry) + '\n');
}

/* Every way to listen for messages; the first three get the value, the others an event.
 * */
const LISTENER_KINDS = ['on', 'addListener', 'once', 'addEventListener', 'onmessage'];

function listen(port, kind, listener) {
  const fromEvent = ({ data }) => listener(data);

  if (kind === 'onmessage') port.onmessage = fromEvent;
  else if (kind === 'addEventListener') port.addEventListener('message', fromEvent);
  else port[kind]('message', listener);
  return kind === 'addEventListener' ? fromEvent : listener;
}

/*
 * Turn a port into a transfer handle and back. With Node, a port can be transferred
 * itself, so both functions return their argument, and scenarios run with both
 * implementations.
 */
function detach(port) {
  if (port.detach) return port.detach();

  const { port1, port2 } = new MessageChannel();

  port1.postMessage(port, [port]);
  port1.close();
  return receiveMessageOnPort(port2).message;
}

async function collect() {
  v8.setFlagsFromString('--expose-gc');

  const gc = vm.runInNewContext('gc');

  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise(setImmediate);
  }
}

function source(id, run, data) {
  const given = [id, data].map((value) => JSON.stringify(value) ?? 'undefined').join(', ');
  const open = `require(${JSON.stringify(__filename)}).open(${given})`;

  return `const tools = ${open};\n(${run})(tools.wt, tools);`;
}

function open(id, data) {
  const wt = require(id);

  return {
    id,
    wt,
    data,
    note,
    plain,
    listen,
    detach,
    collect,
    attach: (handle) => (wt.MessagePort.from ? wt.MessagePort.from(handle) : handle),
    source: (run, data) => source(id, run, data),
    worker: (run, { data, ...options } = {}) =>
      new wt.Worker(source(id, run, data), { ...options, eval: true })
  };
}

module.exports = { open, source, listen, LISTENER_KINDS };
