'use strict';

// Where a Chromium is, for what looks at pages: the check of the site, and tests.

const fs = require('node:fs');
const path = require('node:path');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** @returns {string | undefined} its path: $CHROMIUM, or one of the PATH */
function chromium() {
  const { CHROMIUM, PATH = '' } = process.env;
  const places = PATH.split(path.delimiter)
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)));

  return [CHROMIUM, ...places].find((place) => place && fs.existsSync(place));
}

module.exports = { chromium };
