'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { subject } = require('./implementations');

/* How long what a worker had may take to go after its 'exit': its thread still has to end. */
const LIMIT = 30000;

function entries(directory) {
  try {
    return fs.readdirSync(directory).length;
  } catch {
    return 0; // no /proc on this platform
  }
}

/**
 * What this process holds: threads, open files, and ringport's own: halves of channels on their way
 * and workers begun or waited for.
 */
function holdings() {
  const { counts } = path.isAbsolute(subject.id) ? require(`${subject.id}/binding`) : {};
  const [transit, spawns] = counts ? counts() : [0, 0];

  return { threads: entries('/proc/self/task'), files: entries('/proc/self/fd'), transit, spawns };
}

/**
 * Wait until there is no more of anything than `before`.
 * @returns {Promise<object | undefined>} what there is more of, undefined if nothing
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
