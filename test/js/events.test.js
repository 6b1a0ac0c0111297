'use strict';

/*
 * Listeners of ports: what they receive, their order, how they are added and removed, and
 * what happens when they throw. Each test runs with worker_threads and with ringport and
 * compares what both log.
 */

const { inspect } = require('node:util');
const { same, sameProcess } = require('./support/differential');
const { LISTENER_KINDS } = require('./support/program');

describe('events: what a listener gets', () => {
  for (const kind of ['on', 'addListener', 'once']) {
    same(`${kind}: the value, with the port as this`, async (wt, t) => {
      const [a, b] = t.channel();

      b[kind]('message', function listener(...args) {
        t.note(args, this === b);
      });
      a.postMessage({ a: 1 });
      await t.turns();
    });
  }

  for (const kind of ['addEventListener', 'onmessage']) {
    same(`${kind}: a MessageEvent, with the port as this`, async (wt, t) => {
      const [a, b] = t.channel();
      const listener = function listener(...args) {
        const [event] = args;

        t.note(args.length, this === b, event.type, event.data, event.ports);
        t.note(event.target === b, event.currentTarget === b, event.srcElement === b);
        t.note(event.origin, event.lastEventId, event.source, event.isTrusted);
        t.note(event.bubbles, event.cancelable, event.composed, event.defaultPrevented);
        t.note(event.returnValue, event.cancelBubble, event.eventPhase);
        t.note(event.composedPath().length, event.composedPath()[0] === b, typeof event.timeStamp);
        t.note(event instanceof Event, event instanceof MessageEvent, event.constructor.name);
        t.note(event.constructor === MessageEvent, Object.prototype.toString.call(event));
        t.note(Object.keys(event), 'data' in event);
      };

      if (kind === 'onmessage') b.onmessage = listener;
      else b.addEventListener('message', listener);
      a.postMessage({ a: 1 });
      await t.turns();
    });
  }

  same('the event after its dispatch', async (wt, t) => {
    const [a, b] = t.channel();
    const event = new Promise((resolve) => b.addEventListener('message', resolve, { once: true }));

    a.postMessage('kept');
    const kept = await event;
    await t.turns();
    t.note(kept.data, kept.target === b, kept.currentTarget, kept.eventPhase);
    t.note(kept.composedPath().length);
  });

  same('one event for all listeners, and a new one for each message', async (wt, t) => {
    const [a, b] = t.channel();
    const events = [];

    b.addEventListener('message', (event) => events.push(event));
    b.addEventListener('message', (event) => events.push(event));
    b.onmessage = (event) => events.push(event);
    a.postMessage({ same: true });
    a.postMessage({ same: true });
    await t.turns();
    t.note(events.length, events[0] === events[1], events[1] === events[2], events[2] === events[3]);
    t.note(events[0].data === events[1].data, events[0].data === events[3].data);
  });

  same('one value for listeners of both kinds', async (wt, t) => {
    const [a, b] = t.channel();
    const values = [];

    b.on('message', (value) => values.push(value));
    b.addEventListener('message', ({ data }) => values.push(data));
    a.postMessage({ a: 1 });
    await t.turns();
    t.note(values.length, values[0] === values[1]);
  });

  same('inspect of an event', async (wt, t) => {
    const [a, b] = t.channel();
    const event = new Promise((resolve) => b.addEventListener('message', resolve, { once: true }));

    a.postMessage({ a: 1 });
    t.note(inspect(await event, { depth: 0 }).replace(/timeStamp: [\d.]+/, 'timeStamp'));
  });

  same('a \'messageerror\' event', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('messageerror', (error) => t.note('on', error?.data ?? error));
    b.addEventListener('messageerror', (event) => t.note('event', event.type, event.data));
    b.onmessageerror = (event) => t.note('onmessageerror', event.constructor.name);
    b.emit('messageerror', 'by hand');
    b.dispatchEvent(new MessageEvent('messageerror', { data: 'by hand' }));
    t.keep(a);
  });
});

describe('events: order of listeners', () => {
  same('is the order in which they were added, whatever their kind', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', () => t.note('on 1'));
    b.addEventListener('message', () => t.note('event 1'));
    b.onmessage = () => t.note('onmessage');
    b.once('message', () => t.note('once'));
    b.on('message', () => t.note('on 2'));
    b.addEventListener('message', () => t.note('event 2'), { capture: true });
    a.postMessage(1);
    a.postMessage(2);
    await t.turns();
  });

  same('onmessage keeps its place when it is replaced', async (wt, t) => {
    const [a, b] = t.channel();

    b.onmessage = () => t.note('first');
    b.on('message', () => t.note('on'));
    b.onmessage = () => t.note('second');
    a.postMessage(1);
    await t.turns();
    b.onmessage = null;
    b.onmessage = () => t.note('third');
    a.postMessage(2);
    await t.turns();
  });

  same('a listener that adds and removes others', async (wt, t) => {
    const [a, b] = t.channel();
    const later = () => t.note('later');
    const removed = () => t.note('removed');

    b.on('message', () => {
      t.note('first');
      b.on('message', later);
      b.off('message', removed);
    });
    b.on('message', removed);
    a.postMessage(1);
    await t.turns();
    a.postMessage(2);
    await t.turns();
  });

  same('stopImmediatePropagation', async (wt, t) => {
    const [a, b] = t.channel();

    b.addEventListener('message', (event) => {
      t.note('first');
      if (event.data === 1) event.stopImmediatePropagation();
    });
    b.addEventListener('message', () => t.note('second'));
    b.on('message', () => t.note('third'));
    a.postMessage(1);
    a.postMessage(2);
    await t.turns();
  });

  same('preventDefault and stopPropagation change nothing', async (wt, t) => {
    const [a, b] = t.channel();

    b.addEventListener('message', (event) => {
      event.preventDefault();
      event.stopPropagation();
      t.note(event.defaultPrevented, event.cancelBubble);
    });
    b.addEventListener('message', () => t.note('second'));
    a.postMessage(1);
    await t.turns();
  });
});

describe('events: listeners with options', () => {
  const OPTIONS = {
    once: { once: true },
    capture: { capture: true },
    'capture as a boolean': true,
    passive: { passive: true },
    'an empty object': {},
    null: null,
    undefined,
    'a signal that is aborted': { signal: AbortSignal.abort() },
    'a signal that is none': { signal: {} },
    'a number': 5
  };

  for (const [name, options] of Object.entries(OPTIONS)) {
    same(`addEventListener with ${name}`, async (wt, t) => {
      const [a, b] = t.channel();

      t.attempt('add', () => b.addEventListener('message', ({ data }) => t.note(data), options));
      t.note(b.hasRef(), b.listenerCount('message'));
      a.postMessage(1);
      a.postMessage(2);
      await t.turns();
      t.note(b.hasRef(), t.drain(b));
    });

    same(`on with ${name}`, async (wt, t) => {
      const [a, b] = t.channel();

      t.attempt('on', () => b.on('message', (m) => t.note(m), options) === b);
      a.postMessage(1);
      a.postMessage(2);
      await t.turns();
    });
  }

  same('a signal removes the listener when it is aborted', async (wt, t) => {
    const [a, b] = t.channel();
    const controller = new AbortController();
    const { signal } = controller;

    b.addEventListener('message', ({ data }) => {
      t.note('first', data);
      if (data === 1) controller.abort();
    }, { signal });
    b.addEventListener('message', ({ data }) => t.note('second', data), { signal });
    b.on('message', (m) => t.note('stays', m));
    a.postMessage(0);
    a.postMessage(1);
    a.postMessage(2);
    await t.turns();
  });

  same('an object with handleEvent', async (wt, t) => {
    const [a, b] = t.channel();
    const listener = {
      handleEvent(event) {
        t.note(this === listener, event.type, event.data);
      }
    };

    b.addEventListener('message', listener);
    t.note(b.hasRef());
    a.postMessage(1);
    await t.turns();
    listener.handleEvent = () => t.note('replaced');
    a.postMessage(2);
    await t.turns();
    b.removeEventListener('message', listener);
    t.note(b.hasRef());
  });

  same('the same listener twice', async (wt, t) => {
    const [a, b] = t.channel();
    const listener = () => t.note('called');

    b.addEventListener('message', listener);
    b.addEventListener('message', listener);
    t.note(b.listenerCount('message'));
    b.addEventListener('message', listener, { capture: true });
    t.note(b.listenerCount('message'));
    a.postMessage(1);
    await t.turns();
    b.removeEventListener('message', listener);
    t.note(b.listenerCount('message'), b.hasRef());
    b.removeEventListener('message', listener, { capture: true });
    t.note(b.listenerCount('message'), b.hasRef());
  });

  same('the same listener by on, twice, and by on and addEventListener', async (wt, t) => {
    const [a, b] = t.channel();
    const listener = () => t.note('called');

    b.on('message', listener);
    b.on('message', listener);
    b.addEventListener('message', listener);
    b.once('message', listener);
    t.note(b.listenerCount('message'));
    a.postMessage(1);
    await t.turns();
    b.off('message', listener);
    t.note(b.listenerCount('message'), b.hasRef());
  });

  for (const [name, listener] of Object.entries({
    null: null, undefined, 'a string': 'text', 'a number': 1, 'an object': {}, 'a symbol': Symbol('s'), true: true
  })) {
    same(`${name} for a listener`, async (wt, t) => {
      const [a, b] = t.channel();

      for (const method of ['on', 'once', 'addListener', 'addEventListener', 'off', 'removeListener',
        'removeEventListener']) {
        t.attempt(method, () => {
          const result = b[method]('message', listener);
          return result === b ? 'the port' : result;
        });
        t.note(b.listenerCount('message'), b.hasRef());
      }
      t.keep(a);
    });
  }

  same('too few arguments', (wt, t) => {
    const [a] = t.channel();

    for (const method of ['on', 'once', 'off', 'addListener', 'removeListener', 'addEventListener',
      'removeEventListener', 'dispatchEvent', 'emit', 'listenerCount', 'eventNames',
      'removeAllListeners', 'setMaxListeners', 'getMaxListeners']) {
      t.attempt(method, () => {
        const result = a[method]();
        return result === a ? 'the port' : result;
      });
      t.attempt(`${method} of a message`, () => {
        const result = a[method]('message');
        return result === a ? 'the port' : result;
      });
    }
  });
});

describe('events: emitter methods', () => {
  same('chain', (wt, t) => {
    const [a] = t.channel();
    const listener = () => {};

    for (const method of ['on', 'once', 'addListener', 'off', 'removeListener']) {
      t.note(method, a[method]('message', listener) === a);
    }
    t.note(a.removeAllListeners('message') === a, a.setMaxListeners(5) === a);
  });

  same('listenerCount and eventNames', (wt, t) => {
    const [a] = t.channel();
    const listener = () => {};

    t.note(a.eventNames(), a.listenerCount('message'));
    a.on('message', listener).once('message', () => {}).on('close', listener);
    a.addEventListener('other', listener);
    a.onmessage = listener;
    t.note(a.eventNames().map(String), a.listenerCount('message'), a.listenerCount('close'));
    t.note(a.listenerCount('none'));
    t.attempt('a symbol', () => a.on(Symbol('event'), listener) === a);
    a.off('close', listener);
    a.onmessage = null;
    t.note(a.eventNames().map(String), a.listenerCount('message'));
    a.removeAllListeners('message');
    t.note(a.eventNames().map(String), a.listenerCount('message'), a.hasRef());
    a.removeAllListeners();
    t.note(a.eventNames());
  });

  same('emit calls listeners at once, and delivers nothing', async (wt, t) => {
    const [a, b] = t.channel();

    b.on('message', function on(...args) {
      t.note('on', args, this === b);
    });
    b.addEventListener('message', (event) => t.note('event', typeof event, event?.type, event?.data));
    b.onmessage = (event) => t.note('onmessage', typeof event);
    b.on('own', (...args) => t.note('own', args));
    t.attempt('message', () => b.emit('message', { by: 'hand' }, 2));
    t.attempt('own', () => b.emit('own', 1, 2));
    t.attempt('none', () => b.emit('none', 1));
    t.attempt('nothing', () => b.emit('message'));
    t.attempt('error', () => b.emit('error', new Error('by hand')));
    t.note('after');
    a.postMessage('posted');
    await t.turns();
  });

  same('emit to a listener that throws', (wt, t) => {
    const [a] = t.channel();

    a.on('own', () => {
      t.note('called');
    });
    t.attempt('emit', () => a.emit('own'));
  });

  same('dispatchEvent', async (wt, t) => {
    const [, b] = t.channel();

    b.on('message', (value) => t.note('on', value instanceof Event, value?.type));
    b.addEventListener('message', (event) => t.note('event', event.data, event.target === b));
    b.onmessage = (event) => t.note('onmessage', event.isTrusted);
    t.attempt('MessageEvent', () => b.dispatchEvent(new MessageEvent('message', { data: 1 })));
    t.attempt('Event', () => b.dispatchEvent(new Event('message')));
    t.attempt('own', () => b.dispatchEvent(new Event('own', { cancelable: true })));
    t.attempt('object', () => b.dispatchEvent({ type: 'message' }));
  });

  same('off of what was never on', (wt, t) => {
    const [a] = t.channel();

    a.on('message', () => {});
    t.attempt('off', () => a.off('message', () => {}) === a);
    t.attempt('off of another event', () => a.off('none', () => {}) === a);
    t.note(a.listenerCount('message'), a.hasRef());
  });

  same('setMaxListeners and getMaxListeners', (wt, t) => {
    const [a] = t.channel();

    t.note(a.getMaxListeners());
    for (const value of [5, 0, Infinity, -1, 'x', undefined, NaN, 1.5]) {
      t.attempt(String(value), () => a.setMaxListeners(value) === a);
      t.note(a.getMaxListeners());
    }
  });

  same('events.once, events.on and getEventListeners', async (wt, t) => {
    const events = require('node:events');
    const [a, b] = t.channel();
    const once = events.once(b, 'message');

    a.postMessage('first');
    const args = await once;
    t.note(args.length, args[0] instanceof Event, args[0].data ?? args[0], b.hasRef());

    const controller = new AbortController();
    const seen = [];
    a.postMessage('second');
    a.postMessage('third');
    try {
      for await (const [event] of events.on(b, 'message', { signal: controller.signal })) {
        seen.push(event.data ?? event);
        if (seen.length === 2) controller.abort();
      }
    } catch (error) {
      t.note(error.name);
    }
    t.note(seen, b.hasRef());
    b.on('message', () => {});
    t.note(events.getEventListeners(b, 'message').length, events.listenerCount?.(b, 'message'));
    t.note(events.getMaxListeners?.(b));
  });

  for (const kind of LISTENER_KINDS) {
    sameProcess(`too many listeners, by ${kind}: a warning`, (wt, { note, listen, data }) => {
      const { port1 } = new wt.MessageChannel();

      process.on('warning', ({ name, message, type, count, target }) => {
        note(name, message, type, count, target === port1);
      });
      for (let i = 0; i < 13; i++) listen(port1, data, () => {});
      port1.close();
    }, { data: kind });
  }
});

describe('events: inspect', () => {
  /*
   * The name and the state; Node's own lines differ in the private symbols that follow.
   */
  const shown = (thing, options) => inspect(thing, options).split('\n').slice(0, 3)
    .filter((line) => !line.includes('[Symbol('));

  same('of a fresh port, a listening one, a closed one', async (wt, t) => {
    const [a, b] = t.channel();

    t.note('fresh', shown(a));
    b.on('message', () => {});
    t.note('listening', shown(b));
    b.unref();
    t.note('unreferenced', shown(b));
    a.ref();
    t.note('referenced', shown(a));
    b.close();
    t.note('closing', shown(b), shown(a));
    await t.next(a, 'close');
    await t.turns();
    t.note('closed', shown(b), shown(a));
  });

  same('of a port that was transferred', async (wt, t) => {
    const [a, b] = t.channel();
    const [c] = t.channel();

    a.postMessage(c, [c]);
    t.note('at once', shown(c));
    await t.turns();
    t.note('later', shown(c), shown(t.keep(t.drain(b)[0])));
  });

  same('at a depth, and in other things', (wt, t) => {
    const [a] = t.channel();

    t.note(shown(a, { depth: -1 }), shown({ deep: { er: { port: a } } }), shown([[[[a]]]]));
  });

  same('of a channel', (wt, t) => {
    const channel = new wt.MessageChannel();

    t.keep(channel.port1);
    t.keep(channel.port2);
    t.note(shown(channel, { depth: 0 }));
  });

  same('of the classes', (wt, t) => {
    for (const name of ['MessageChannel', 'MessagePort', 'Worker', 'BroadcastChannel']) {
      t.note(inspect(wt[name]).replace(/ extends \w+/, ''));
    }
  });

  same('of parentPort and of a worker', async (wt, t) => {
    const worker = t.worker((wt) => {
      wt.parentPort.postMessage(require('node:util').inspect(wt.parentPort, { depth: 0 }).split('\n').slice(0, 3));
    });

    t.note(await t.next(worker, 'message'));
    t.note(inspect(worker, { depth: 0 }).split('\n')[0]);
  });
});
