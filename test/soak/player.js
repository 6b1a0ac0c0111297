'use strict';

/*
 * player.js - a thread in the soak test: owns ends of channels and performs random
 * operations on them.
 *
 * Each message contains its number and a checksum, which the receiver compares with the
 * ledger; round.js checks the totals at the end of a round. An end is sent in a value at
 * any depth, or as a transfer handle over a plain Node port. It is sent only over
 * channels with a lower number: two channels in each other's queues could never be
 * closed.
 */

const { Ledger, LANES, IN_FLIGHT } = require('./ledger');
const { RingPart } = require('./rings');
const { below, pick, bytes, value, digest } = require('./values');
const { random } = require('../js/support/random');

const HISTORY = 150;
/* Maximum number of messages ahead of a receiver. */
const AHEAD = 300;
/* Maximum number of ends in one message. */
const TRAVELLERS = 2;

class Player {
  ends = new Map();
  history = [];
  finishing = false;
  #closed = new Set();

  constructor({ api, id, seed, buffer, rings, onFail }) {
    Object.assign(this, { api, id, onFail });
    this.ledger = new Ledger(buffer);
    this.next = random(seed);
    this.rings = rings.map((plan, index) => new RingPart(this, index, plan));
  }

  fail(why) {
    this.onFail(`player ${this.id}: ${why}`, this.history);
  }

  note(...words) {
    this.history.push(words.join(' '));
    if (this.history.length > HISTORY) this.history.shift();
  }

  /** Add a port that has arrived. `fixed`: a worker's own channel, which stays. */
  hold(id, port, fixed = false) {
    const end = { id, port, fixed, gone: false, mode: 'message' };

    this.ledger.set(id, 'OWNER', this.id + 1);
    this.ends.set(id, end);
    end.listeners = {
      message: (message) => {
        this.#receive(end, message);
        if (this.next() < 0.05) this.guarded(() => this.#operate());
      },
      messages: (messages) => { for (const message of messages) this.#receive(end, message); },
    };
    port.on('messageerror', (error) => this.fail(`end ${id}: messageerror ${error}`));
    if (!fixed) port.on('close', () => this.#onClose(end));
    if (fixed || this.finishing || this.next() < 0.9) this.#listen(end);
    if (this.finishing) this.#finishEnd(end);
    return end;
  }

  #listen(end) {
    if (end.on) return;
    end.mode = end.port.postMessages && this.next() < 0.3 ? 'messages' : 'message';
    end.on = true;
    end.port.on(end.mode, end.listeners[end.mode]);
  }

  #pause(end) {
    if (!end.on) return;
    end.on = false;
    end.port.off(end.mode, end.listeners[end.mode]);
  }

  #receive(end, message) {
    const { ledger } = this;
    const expected = ledger.get(end.id, 'RECEIVED');
    const found = [];
    let n = message;

    if (end.gone) return this.fail(`end ${end.id}: a message, though it is not here any more`);
    if (Array.isArray(message) || typeof message === 'object') {
      const list = Array.isArray(message) ? message : [message.n, message.sum, message.value];
      let sum;

      [n, sum] = list;
      if (digest(list[2], found) !== sum) this.fail(`end ${end.id}: message ${n} is not what was sent`);
    }
    if (n !== expected) this.fail(`end ${end.id}: got ${n} instead of ${expected}`);
    for (const { end: id, port } of found) this.#arrive(id, port, `over ${end.id}`);
    ledger.set(end.id, 'RECEIVED', expected + 1);
  }

  #arrive(id, port, how) {
    this.note('arrives', id, how);
    if (this.ledger.get(id, 'OWNER') !== IN_FLIGHT) {
      this.fail(`end ${id} arrives twice: ${this.ledger.describe(id)}`);
    }
    this.hold(id, port);
  }

  #onClose(end) {
    if (end.gone) return;
    this.note('closed', end.id);
    if (this.#closed.has(end)) this.fail(`end ${end.id}: 'close' twice`);
    this.#closed.add(end);
    this.ledger.set(end.id, 'CLOSED', 1);
    this.ends.delete(end.id);
  }

  #close(end) {
    if (end.fixed || this.ledger.get(end.id, 'SELF') === 1) return;
    this.note('close', end.id);
    this.ledger.set(end.id, 'SELF', 1);
    end.port.close();
  }

  /** Remove ends from this thread's table, to send them by `by` in the next message. */
  #travellers(by) {
    const able = [...this.ends.values()].filter(({ id, fixed }) => !fixed && id >> 1 > by >> 1 &&
      this.ledger.get(id, 'SELF') === 0);

    return Array.from({ length: Math.min(able.length, 1 + below(this.next, TRAVELLERS)) }, () =>
      able.splice(below(this.next, able.length), 1)[0]);
  }

  #depart(end, by, ticket) {
    this.note('departs', end.id, 'over', by);
    this.ledger.set(end.id, 'CARRIER', by);
    this.ledger.set(end.id, 'TICKET', ticket);
    this.ledger.set(end.id, 'OWNER', IN_FLIGHT);
    end.gone = true;
    this.ends.delete(end.id);
  }

  #stay(end) {
    this.ledger.set(end.id, 'OWNER', this.id + 1);
    end.gone = false;
    this.ends.set(end.id, end);
  }

  #wrap(inner) {
    for (let depth = below(this.next, 4); depth > 0; depth--) {
      inner = this.next() < 0.5 ? [inner, depth] : { inner, depth };
    }
    return inner;
  }

  #message(n, payload) {
    const sum = digest(payload);

    return this.next() < 0.5 ? [n, sum, payload] : { n, sum, value: payload };
  }

  #room(end) {
    return this.ledger.get(end.id, 'SENT') - this.ledger.get(end.id ^ 1, 'RECEIVED') < AHEAD;
  }

  /** Post `count` messages by `post(n)`, which returns whether they have been sent. */
  #post(end, count, post) {
    const n = this.ledger.get(end.id, 'SENT');

    this.ledger.set(end.id, 'INTENT', n + count);
    /* After close(), messages are dropped, whatever postMessage() returns. */
    const sent = post(n) && this.ledger.get(end.id, 'SELF') === 0;

    this.ledger.set(end.id, 'SENT', sent ? n + count : n);
    this.ledger.set(end.id, 'INTENT', sent ? n + count : n);
  }

  /* A Worker's postMessage returns nothing. */
  #said(end, result) { return result === true || end.fixed; }

  #operations = {
    post: (end) => this.#post(end, 1, (n) => {
      const message = this.next() < 0.3 ? n : this.#message(n, value(this.next));

      return this.#said(end, end.port.postMessage(message));
    }),
    burst: (end) => {
      for (let i = 0; i < 50; i++) {
        this.#post(end, 1, (n) => this.#said(end, end.port.postMessage(i % 2 ? n : this.#message(n, { i }))));
      }
    },
    batch: (end) => {
      if (!end.port.postMessages) return;
      const count = 1 + below(this.next, 60);

      this.#post(end, count, (n) => {
        const list = Array.from({ length: count }, (_, i) =>
          (this.next() < 0.5 ? n + i : this.#message(n + i, value(this.next, 1))));

        return this.#said(end, end.port.postMessages(list));
      });
    },
    move: (end) => this.#post(end, 1, (n) => {
      const { buffer } = bytes(this.next, below(this.next, 2 ** below(this.next, 19)));
      const result = end.port.postMessage(this.#message(n, [buffer, new Uint8Array(buffer)]), [buffer]);

      if (this.#said(end, result) && buffer.byteLength > 0) this.fail('an ArrayBuffer is still here');
      return this.#said(end, result);
    }),
    carry: (end) => {
      const ends = this.#travellers(end.id);

      this.#post(end, 1, (n) => {
        const carried = ends.map(({ id, port }) => this.#wrap({ end: id, port }));
        const message = this.#message(n, [value(this.next), ...carried]);

        for (const one of ends) this.#depart(one, end.id, n);
        try {
          const list = ends.map(({ port }) => port);
          const sent = this.#said(end, end.port.postMessage(message, list));

          /* As with Node: ports in a message that is posted on a closed port are closed.
           * */
          return sent;
        } catch (error) {
          if (error.name !== 'DataCloneError') throw error;
          this.note('refused', error.message);
          for (const one of ends) this.#stay(one);
          return false;
        }
      });
    },
    /* A transfer handle over a Node port, from the main thread to a worker or back. */
    handle: (end) => {
      const lane = this.lanes?.[below(this.next, this.lanes.length)];

      if (!end.port.detach || end.fixed || !lane || this.ledger.get(end.id, 'SELF') === 1) return;
      this.#depart(end, lane.id, this.ledger.get(lane.id, 'SENT'));
      let handle;

      try {
        handle = end.port.detach();
      } catch (error) {
        if (error.name !== 'DataCloneError') throw error;
        return this.#stay(end);
      }
      /* If the thread is terminated now, the handle is lost with it. */
      if (this.next() < 0.2) this.#operations.block();
      if (this.next() < 0.3) return this.#arrive(end.id, this.api.MessagePort.from(handle), 'at once');
      this.ledger.add(lane.id, 'SENT');
      lane.port.postMessage({ end: end.id, handle }, [handle]);
    },
    open: () => {
      const channel = this.ends.size < 40 ? this.ledger.channel() : -1;

      if (channel < 0) return;
      const { port1, port2 } = new this.api.MessageChannel();

      this.note('open', channel);
      this.hold(2 * channel, port1);
      this.hold(2 * channel + 1, port2);
    },
    close: (end) => this.#close(end),
    pause: (end) => { if (!end.fixed) this.#pause(end); },
    listen: (end) => this.#listen(end),
    change: (end) => {
      if (end.fixed || !end.on) return;
      this.#pause(end);
      this.#listen(end);
    },
    poll: (end) => {
      if (end.fixed) return;
      this.#pause(end);
      for (let i = below(this.next, 30); i > 0; i--) {
        const got = this.api.receiveMessageOnPort(end.port);

        if (got === undefined) break;
        this.#receive(end, got.message);
      }
    },
    views: (end) => { if ('receiveViews' in end.port) end.port.receiveViews = this.next() < 0.5; },
    references: (end) => { if (!end.fixed) end.port[this.next() < 0.5 ? 'ref' : 'unref'](); },
    block: () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, below(this.next, 10)); },
    spin: () => this.api.setIdleStrategy?.({ spin: pick(this.next, [0, 0, 50]) }),
    threads: () => {
      for (const { state, ports } of this.api.threads?.() ?? []) {
        if (typeof state !== 'string' || ports > 3000) this.fail(`threads(): ${state}, ${ports} ports`);
      }
    },
    gc: () => globalThis.gc?.({ type: 'minor' }),
  };

  #plan = Object.entries({
    post: 40, burst: 3, batch: 6, move: 4, carry: 10, handle: 3, open: 5, close: 3, pause: 2, listen: 5, change: 2,
    poll: 3, views: 1, references: 1, block: 0.3, spin: 0.3, threads: 0.5, gc: 0.2,
  });

  #operate() {
    let at = this.next() * this.#plan.reduce((sum, [, weight]) => sum + weight, 0);
    const [name] = this.#plan.find(([, weight]) => (at -= weight) < 0) ?? this.#plan[0];
    const ends = [...this.ends.values()];
    const end = pick(this.next, ends);

    if (end === undefined || this.finishing) return;
    if (['post', 'burst', 'batch', 'move', 'carry'].includes(name) && !this.#room(end)) return;
    this.note(name, end.id);
    this.#operations[name](end);
  }

  guarded(body) {
    try {
      body();
    } catch (error) {
      this.fail(error.stack);
    }
  }

  /** Perform some operations, also on the rings. */
  turn() {
    this.guarded(() => {
      for (let i = below(this.next, 12); i > 0; i--) this.#operate();
      for (const ring of this.rings) {
        for (let i = below(this.next, 8); i > 0 && ring.writes && !this.finishing; i--) ring.write();
        for (let i = below(this.next, 16); i > 0 && ring.reads; i--) ring.read();
      }
    });
  }

  /** Receive transfer handles over a plain port; pass other messages to `command`. */
  takeLane(lane, command) {
    lane.port.on('message', (message) => this.guarded(() => {
      if (message.handle === undefined) return command(message);
      this.ledger.add(lane.id, 'RECEIVED');
      this.#arrive(message.end, this.api.MessagePort.from(message.handle), `as handle, over ${lane.id}`);
    }));
  }

  #finishEnd(end) {
    this.#listen(end);
    if ((end.id & 1) === 0) this.#close(end);
  }

  /** Stop sending. The even ends close, and the odd ones must emit 'close' after that. */
  finish() {
    this.finishing = true;
    for (const end of [...this.ends.values()]) this.#finishEnd(end);
  }

  /** @returns {number} the number of open ends, without those of workers */
  get open() { return [...this.ends.values()].filter(({ fixed }) => !fixed).length; }
}

const laneEnd = (worker, side) => 2 * (LANES + worker) + side;

module.exports = { Player, laneEnd };
