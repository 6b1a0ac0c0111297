'use strict';

/*
 * relay.js - ports of ours in what Node carries by itself: structuredClone, and messages to threads that
 * need not know of us (postMessageToThread, module.register).
 *
 * structuredClone is a message from one port of ours to another. What goes to another thread has a port
 * of Node's for each of ours in it; ours stays here, where nobody can reach it, and whatever comes to
 * either is passed on to the other.
 */

const { kArrive, ports } = require('./companion');
const { binding } = require('./native');
const { MessageChannel, receiveMessageOnPort } = require('./port');
const threads = require('./threads');

const isOurs = (object) => ports.endpointOf(object) !== undefined;
/** A transfer list as an array if there are ports of ours in it, else null: it is Node's affair. */
const listOf = (list) => (Array.isArray(list) && list.some(isOurs) ? list : null);

/** A message through a channel of its own. */
function carry(value, list, arrive) {
  const { port1, port2 } = new MessageChannel();

  port2[kArrive] = arrive;
  try {
    port1.postMessage(value, list);
    return receiveMessageOnPort(port2).message;
  } finally {
    port1.close();
  }
}

/** @returns {[unknown, object[]]} the value and its transfer list, as Node can take them */
function forNode(value, list) {
  return carry([value, list], list, (end, id) => {
    if (id === undefined) return end;

    const { port1: way, port2: standIn } = new threads.MessageChannel();

    relay(ports.make(binding.attach(id), end), way);
    return standIn;
  });
}

/** @param {MessagePort} port of ours @param {threads.MessagePort} way of Node's */
function relay(port, way) {
  port.addEventListener('message', ({ data, ports: list }) => {
    way.postMessage(...listOf(list) === null ? [data, list] : forNode(data, list));
  });
  way.addEventListener('message', ({ data, ports: list }) => port.postMessage(data, list));
  port.on('close', () => way.close());
  way.on('close', () => port.close());
  port.unref(); // who waits for messages are the two ends
  way.unref();
}

/** A function that is to stand for `theirs`. */
function inPlaceOf(theirs, ours) {
  for (const key of ['name', 'length']) {
    Object.defineProperty(ours, key, { value: theirs[key], configurable: true });
  }
  return ours;
}

/** Node's structuredClone, with ports of ours in the transfer list. */
function structuredClone(theirs) {
  return inPlaceOf(theirs, function(value, options) {
    const list = listOf(options?.transfer);

    /* What no list can have, Node says. */
    if (list === null || list.some((one) => Object(one) !== one)) {
      return Reflect.apply(theirs, this, arguments);
    }
    return carry(value, list);
  });
}

/** Node's postMessageToThread, likewise. The other thread gets ports of Node's. */
async function postMessageToThread(threadId, value, transferList, timeout) {
  const list = listOf(transferList);

  if (list === null) return threads.postMessageToThread(...arguments);
  return threads.postMessageToThread(threadId, ...forNode(value, list), timeout);
}

/** Node's module.register, likewise. */
function moduleRegister(theirs) {
  return inPlaceOf(theirs, function(...args) {
    const at = args.findLastIndex((one) => listOf(one?.transferList) !== null);

    if (at >= 0) {
      const [data, transferList] = forNode(args[at].data, args[at].transferList);

      args[at] = { ...args[at], data, transferList };
    }
    return Reflect.apply(theirs, this, args);
  });
}

module.exports = { structuredClone, postMessageToThread, moduleRegister };
