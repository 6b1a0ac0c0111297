'use strict';

/*
 * messages.js - what a pool and its workers post to each other.
 *
 * Both use the channel between a Worker and its parentPort, which the application may use
 * as well. So each message of the pool is, or begins with, a header: a number that no
 * other message holds by accident. It is the sum of `base`, a random multiple of 2^32,
 * and the id of a task, or 0.
 *
 *   to the worker      base                             a lane has entries; see lane.js
 *                      [header, task]
 *                      [header, task, filename, name]   not the pool's own handler
 *                      [header, task, filename, name, true]   of runSync()
 *                      [base, SYNC, port]               where its results go: [id, ...],
 *                                                       and [0, id, error, count]
 *                      [base, ABORT, id, reason]
 *   to the pool        base                             a lane has entries, or room
 *                      [header, result]
 *                      [header, error, PACKED]          see errors.js
 *                      [header, value, THROWN]          thrown, but not an Error
 *                      [base, READY]                    the handler is loaded
 *                      [base, UNREADABLE, id, error, count]   the task posted after `id`
 */

const [ABORT, READY, UNREADABLE, SYNC] = [1, 2, 3, 4];
const [PACKED, THROWN] = [1, 2];

const SPAN = 2 ** 32;
/** Keeps the sum exact. */
const BASES = 2 ** 20;

/** Key of environment data by which a new worker gets its start-up data. */
const STARTUP = 'ringport.pool';

function newBase() {
  return (1 + Math.floor(Math.random() * (BASES - 1))) * SPAN;
}

/** @returns {number} the id in a message of the pool; -1: it is none */
function idIn(message, base) {
  let header = message;

  if (typeof message === 'object') {
    if (message === null || !Array.isArray(message) || message.length < 2) return -1;
    header = message[0];
  }
  if (typeof header !== 'number') return -1;

  const id = header - base;

  return id >= 0 && id < SPAN && Number.isInteger(id) ? id : -1;
}

module.exports = { ABORT, READY, UNREADABLE, SYNC, PACKED, THROWN, STARTUP, newBase, idIn };
