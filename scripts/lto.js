'use strict';

// Prints -flto where the compiler is gcc: the message path crosses several small files, and
// inlining across them is worth 10% of a small message. clang needs a linker that not every
// machine has, so it builds without.

const { spawnSync } = require('node:child_process');

const compiler = (process.env.CC || 'cc').split(' ');
const { stdout } = spawnSync(compiler[0], [...compiler.slice(1), '--version'], { encoding: 'utf8' });

if (process.platform === 'linux' && /Free Software Foundation/.test(stdout ?? '')) console.log('-flto');
