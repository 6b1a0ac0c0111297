'use strict';

// The install script of the package: does nothing when a binary can be loaded, which is the usual
// case, and builds one otherwise. npm may be told to skip it (it skips the scripts of dependencies
// by default since 11.19): then `npx ringport-build` does the same by hand. In a clone it makes dist/, too.

const { build, makeDist, orExplain } = require('./build');

function loads() {
  process.env.RINGPORT_REQUIRED = '1';
  try {
    require('../dist/index.js');
    return true;
  } catch (error) {
    return error.code !== 'ERR_RINGPORT_NO_BINARY'; // nothing else is mended by a build
  }
}

orExplain(() => {
  makeDist();
  if (!loads()) build({ force: true, quiet: true });
});
