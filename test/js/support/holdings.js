'use strict';

/* holdings.js - counts the resources of the process, to find what a test leaks. */

const fs = require('node:fs');
const path = require('node:path');
const { subject } = require('./implementations');

/* Time limit for a worker's resources to be freed after 'exit': its thread has yet to
 * end. */
const LIMIT = 30000;

function entries(directory) {
  try {
    return fs.readdirSync(directory).length;
  } catch {
    return 0; // no /proc on this platform
  }
}

/**
 * Count the resources of this process: threads, open files, and ringport's endpoints in
 * transit and workers that are starting.
 */
function holdings() {
  const { counts } = path.isAbsolute(subject.id) ? require(`${subject.id}/binding`) : {};
  const [transit, spawns] = counts ? counts() : [0, 0];

  return { threads: entries('/proc/self/task'), files: entries('/proc/self/fd'), transit, spawns };
}

/**
 * Wait until no count is higher than in `before`.
 * @returns {Promise<object | undefined>} the counts that stay higher; undefined if none
 */
async function left(before) {
  for (const start = performance.now(); ;) {
    const now = holdings();
    const more = Object.keys(now).filter((key) => now[key] > before[key]);

    if (more.length === 0) return undefined;
    if (performance.now() - start > LIMIT) {
      return Object.fromEntries(more.map((key) => [key, { before: before[key], now: now[key] }]));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

module.exports = { holdings, left };
