#!/usr/bin/env node
'use strict';

// npx ringport build (or ringport-build): builds the addon in the installed package, on
// machines for which there is no prebuilt binary.

const { parseArgs } = require('node:util');

const { build, orExplain } = require('./build');

const usage = `Usage: ringport build

Builds the addon in the installed package, where no prebuilt binary fits. Needs a C
compiler, make and Python 3.
`;

/** @param {string[]} args */
function main(args) {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } });

  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  orExplain(() => {
    console.log('Building the ringport addon ...');
    build({ force: true, quiet: true });
  });
  process.env.RINGPORT_REQUIRED = '1';
  require('../dist/index.js');
  console.log(`ringport is ready on ${process.platform}-${process.arch} with Node ${process.version}.`);
}

module.exports = { main };

if (require.main === module) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    if (!error.code?.startsWith('ERR_PARSE_ARGS_')) throw error;
    process.stderr.write(`ringport-build: ${error.message}\n`);
    process.exitCode = 1;
  }
}
