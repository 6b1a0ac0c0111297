#!/usr/bin/env node
'use strict';

// npx ringport-build: builds the addon in the installed package, on machines for which
// there is no prebuilt binary.

const { build, orExplain } = require('./build');

orExplain(() => {
  console.log('Building the ringport addon ...');
  build({ force: true, quiet: true });
});

process.env.RINGPORT_REQUIRED = '1';
require('../dist/index.js');
console.log(`ringport is ready on ${process.platform}-${process.arch} with Node ${process.version}.`);
