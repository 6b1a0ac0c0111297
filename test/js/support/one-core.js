'use strict';

/* Programs that have one core, whatever the machine has. */

const { spawnSync } = require('node:child_process');

/** Whether a command can be confined to one core here. */
const confined = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Run `node -e text` on one core. @returns {{status: number | null, stdout: string}} */
function runOnOneCore(text, timeout) {
  const args = ['-c', '0', process.execPath, '-e', text];
  const { status, stdout } = spawnSync('taskset', args, { encoding: 'utf8', timeout });

  return { status, stdout };
}

module.exports = { confined, runOnOneCore };
