'use strict';

/*
 * Code that runs in a worker or in a process of its own, written in place as a function
 * `(wt, tools) => ...`, where `wt` is the implementation under test. The function travels as source
 * text, so it must not use anything from around it; what it needs comes in `tools`:
 *
 *   id           what to require to get `wt`
 *   note(...)    write one line of JSON to stdout at once, from any thread
 *   plain(error) the parts of an error that must be equal
 *   source(fn)   the text of a worker that runs fn in the same way
 *   worker(fn, options)  start that worker; options.data becomes its tools.data
 *   listen(port, kind, listener)  listen for the value of each message, in one of LISTENER_KINDS
 *   detach(port), attach(handle)  see below
 *   collect()    have what nobody can reach collected, and what follows from that happen
 *   data         what was given along with the function
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

/* Every way to listen for messages; the first three get the value, the others an event. */
const LISTENER_KINDS = ['on', 'addListener', 'once', 'addEventListener', 'onmessage'];

function listen(port, kind, listener) {
  const fromEvent = ({ data }) => listener(data);

  if (kind === 'onmessage') port.onmessage = fromEvent;
  else if (kind === 'addEventListener') port.addEventListener('message', fromEvent);
  else port[kind]('message', listener);
  return kind === 'addEventListener' ? fromEvent : listener;
}

/*
 * A port in the form that can leave over anything Node has, and back: a transfer handle. Node's own ports are
 * that already, so scenarios about transfer handles can be played on both implementations; there to leave
 * means to be transferred.
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
