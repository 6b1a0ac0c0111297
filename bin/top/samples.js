'use strict';

/* samples.js - takes samples of all threads, and says what has changed a second. */

/** What counts up, and is shown as so many a second. */
const RATES = ['messagesIn', 'messagesOut', 'bytesIn', 'bytesOut', 'wakeUps', 'byNode'];
/** Of more ports only the busiest are sent. */
const MOST_PORTS = 100;
/** Milliseconds after which a thread that has not answered counts as blocked. */
const SILENT = 1000;

/** stats() of a port counts modulo 2^32, so a difference may have wrapped around. */
const WORDS = new Set(['messagesIn', 'messagesOut', 'wakeUps', 'byNode']);

function ratesOf(now, before, seconds, isPort) {
  const rates = {};

  for (const name of RATES) {
    if (now[name] === undefined) continue;

    const change = before === undefined || seconds === 0 ? 0 : now[name] - before[name];
    const wrapped = isPort && WORDS.has(name) ? change >>> 0 : Math.max(0, change);

    rates[name] = seconds === 0 ? 0 : wrapped / seconds;
  }
  return rates;
}

const keyOf = ({ threadId, slot, serial }) => `${threadId}.${slot}.${serial}`;

class Samples {
  #look;
  #own;
  #about;
  /** What each thread has answered, and when. */
  #answers = new Map();
  #isWatched = false;
  /** When each thread that answers was first seen. */
  #seen = new Map();
  #last = { time: 0, threads: new Map(), ports: new Map() };

  /**
   * @param {object} look what the addon lists: threads(), ports(), and answering(), the
   *   ids of the threads that answer
   * @param {number} own id of the serving thread, which is left out
   * @param {object} about the process
   */
  constructor(look, own, about) {
    this.#look = look;
    this.#own = own;
    this.#about = about;
  }

  /** Nobody watches any more. */
  rest() {
    this.#isWatched = false;
    this.#seen.clear();
    this.#answers.clear();
    this.#last = { time: 0, threads: new Map(), ports: new Map() };
  }

  answered(answer, now) {
    if (!this.#isWatched) return; // too late
    this.#answers.set(answer.threadId, { ...answer, time: now });
  }

  /**
   * Nothing has run for a while, this thread included: the process or the machine was
   * suspended. The threads had no chance to answer.
   */
  #skip(gap) {
    for (const [id, time] of this.#seen) this.#seen.set(id, time + gap);
    for (const answer of this.#answers.values()) answer.time += gap;
  }

  /**
   * Take a sample, after which the threads are asked.
   * @returns {object} what is sent as an event; all times are in milliseconds
   */
  take(now) {
    if (this.#last.time !== 0 && now - this.#last.time > SILENT) this.#skip(now - this.#last.time);

    const { time, threads: threadsBefore, ports: portsBefore } = this.#last;
    const seconds = time === 0 ? 0 : (now - time) / 1000;
    const isTheirs = ({ threadId }) => threadId !== this.#own;
    const threads = this.#look.threads().filter(isTheirs);
    const ports = this.#look.ports().filter(isTheirs);

    this.#last = {
      time: now,
      threads: new Map(threads.map((one) => [one.threadId, one])),
      ports: new Map(ports.map((one) => [keyOf(one), one])),
    };
    for (const known of [this.#answers, this.#seen]) {
      for (const id of known.keys()) {
        if (!this.#last.threads.has(id)) known.delete(id);
      }
    }
    for (const id of this.#look.answering()) {
      if (!this.#seen.has(id)) this.#seen.set(id, now);
    }
    this.#isWatched = true;

    const described = ports.map((one) => this.#port(one, portsBefore.get(keyOf(one)), seconds));
    const busy = ({ rates, queued }) => rates.messagesIn + rates.messagesOut + queued;

    described.sort((a, b) => busy(b) - busy(a) || a.threadId - b.threadId || a.slot - b.slot);
    return {
      ...this.#about,
      time: Date.now(),
      threads: threads.map((one) =>
        this.#thread(one, threadsBefore.get(one.threadId), seconds, now)),
      portCount: ports.length,
      ports: described.slice(0, MOST_PORTS),
      pools: [...this.#answers.values()].flatMap(({ threadId, pools }) =>
        pools.map((pool) => ({ threadId, ...pool }))),
    };
  }

  /** Threads without ringport, or with an `env` without RINGPORT_TOP, never answer. */
  #thread(thread, before, seconds, now) {
    const answer = this.#answers.get(thread.threadId);
    const since = answer?.time ?? this.#seen.get(thread.threadId);
    const isSilent = thread.state === 'running' && since !== undefined && now - since > SILENT;
    const silent = isSilent ? now - since : null;

    return {
      ...thread, rates: ratesOf(thread, before, seconds, false),
      utilization: silent === null ? answer?.utilization ?? null : null,
      delay: silent === null ? answer?.delay ?? null : null,
      silent,
    };
  }

  #port(port, before, seconds) {
    const known = this.#answers.get(port.threadId)?.ports.find(({ slot }) => slot === port.slot);

    return {
      ...port, rates: ratesOf(port, before, seconds, true),
      of: known?.of ?? null, queuedBytes: known?.queuedBytes ?? null,
    };
  }
}

module.exports = { Samples };
