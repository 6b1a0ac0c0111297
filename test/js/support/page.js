'use strict';

/* page.js - runs a test in a page of Chromium. */

/**
 * @param {string} executablePath see scripts/chromium.js
 * @param {(page: import('puppeteer-core').Page, errors: string[]) => Promise<void>} use
 *   `errors` are those of the page so far
 */
async function withPage(executablePath, use) {
  const browser = await require('puppeteer-core').launch({ executablePath, args: ['--no-sandbox'] });

  try {
    const page = await browser.newPage();
    const errors = [];

    page.on('pageerror', (error) => errors.push(error.message));
    await use(page, errors);
  } finally {
    await browser.close();
  }
}

module.exports = { withPage };
