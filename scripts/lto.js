'use strict';

// Prints -flto if the compiler is gcc. The message path crosses several small files, and
// inlining across them saves 10% of a small message. clang would need a linker that is
// not installed everywhere.

const { spawnSync } = require('node:child_process');

const compiler = (process.env.CC || 'cc').split(' ');
const { stdout } = spawnSync(compiler[0], [...compiler.slice(1), '--version'], { encoding: 'utf8' });

if (process.platform === 'linux' && /Free Software Foundation/.test(stdout ?? '')) console.log('-flto');
