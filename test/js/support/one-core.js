'use strict';

/* one-core.js - runs programs on one core. */

const { spawnSync } = require('node:child_process');

/** Whether this system can confine a command to one core. */
const confined = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Run `node -e text` on one core. @returns {{status: number | null, stdout: string}} */
function runOnOneCore(text, timeout) {
  const args = ['-c', '0', process.execPath, '-e', text];
  const { status, stdout } = spawnSync('taskset', args, { encoding: 'utf8', timeout });

  return { status, stdout };
}

module.exports = { confined, runOnOneCore };
