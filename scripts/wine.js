'use strict';

// node scripts/wine.js node.exe [arguments...]
//
// Runs Node for Windows under Wine. Wine cannot connect it to our pipes, so its output
// goes through a file.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

/** Debian's wine64 is not on the PATH. */
const WINE = ['/usr/lib/wine/wine64', '/usr/bin/wine64', '/usr/bin/wine'].find((file) => fs.existsSync(file));

/** The Wine prefix of this project, created on first use. */
const prefix = path.join(os.tmpdir(), `ringport-wine-${process.getuid?.() ?? 0}`);

function run(args, log) {
  const file = log === undefined ? 'ignore' : fs.openSync(log, 'w');
  const { status, error } = spawnSync(WINE, args, {
    stdio: ['ignore', file, file],
    env: {
      ...process.env,
      WINEPREFIX: prefix, WINEDEBUG: '-all', NODE_SKIP_PLATFORM_CHECK: '1', // it says that it is Windows 7
    },
  });

  if (log !== undefined) fs.closeSync(file);
  if (error) console.log(error.message);
  return status ?? 1;
}

function main([program, ...args]) {
  if (WINE === undefined) {
    console.log('wine64 is not installed');
    return 1;
  }

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-wine-out-'));
  const log = path.join(folder, 'log');
  const status = run([program, ...args], log);

  process.stdout.write(fs.readFileSync(log, 'utf8').replaceAll('\r\n', '\n'));
  fs.rmSync(folder, { recursive: true });
  return status;
}

process.exitCode = main(process.argv.slice(2));
