'use strict';

// The package's install script: builds the addon unless a binary can be loaded, which is
// the usual case. If npm skips the scripts of dependencies, which is the default since
// 11.19, `npx ringport-build` does the same. In a clone, it also builds dist/.

const { build, makeDist, orExplain } = require('./build');

function loads() {
  process.env.RINGPORT_REQUIRED = '1';
  try {
    require('../dist/index.js');
    return true;
  } catch (error) {
    return error.code !== 'ERR_RINGPORT_NO_BINARY'; // a build would not help otherwise
  }
}

orExplain(() => {
  makeDist();
  if (!loads()) build({ force: true, quiet: true });
});
