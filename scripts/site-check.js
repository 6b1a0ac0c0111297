'use strict';

// site-check.js - what docs.js asks of the site that it has made: no dead link, and no
// error in a browser.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const TYPES = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
};

/** @returns {string[]} what is wrong with the links within the site */
async function checkLinks(folder) {
  const { LinkChecker } = await import('linkinator');
  const { links } = await new LinkChecker().check({
    path: ['**/*.html'],
    serverRoot: folder,
    linksToSkip: async (link) => !/^http:\/\/localhost:/.test(link),
  });
  const checked = links.filter(({ state }) => state !== 'SKIPPED');
  const dead = checked.filter(({ state }) => state === 'BROKEN')
    .map(({ url, parent }) => `${parent}: dead link to ${url}`);

  console.log(`${checked.length} links of the site checked`);
  // Less than that, and it is the checker that does not find them.
  return checked.length < 80 ? [...dead, 'the site has hardly any links'] : dead;
}

/** Serve a folder on this machine. @returns {Promise<http.Server>} */
async function serve(folder) {
  const server = http.createServer(({ url }, response) => {
    const file = path.join(folder, decodeURIComponent(new URL(url, 'http://localhost').pathname));
    const stat = fs.statSync(file, { throwIfNoEntry: false });

    if (!stat?.isFile()) {
      response.writeHead(url === '/favicon.ico' ? 204 : 404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
    fs.createReadStream(file).pipe(response);
  });

  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server;
}

/** Runs in the page. @returns {{ ids: string[], anchors: string[], isEmpty: boolean }} */
function inPage() {
  const { document, location } = globalThis;

  return {
    ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    anchors: [...document.querySelectorAll('a[href*="#"]')].map(({ href }) => href)
      .filter((href) => href.startsWith(location.origin)),
    isEmpty: document.querySelector('.col-content')?.textContent.trim() === '',
  };
}

/**
 * @param {string} folder the site
 * @param {string} executablePath the browser
 * @param {string} [picture] a file for a screenshot of the first page
 * @returns {Promise<string[]>} what is wrong with its pages: errors, and anchors that are
 *   not there
 */
async function checkInBrowser(folder, executablePath, picture) {
  const { default: puppeteer } = await import('puppeteer-core');
  const server = await serve(folder);
  const origin = `http://127.0.0.1:${server.address().port}`;
  // As root, as in a container, Chromium has no sandbox; and it shows only pages of ours.
  const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const problems = [];
  const ids = new Map();
  const anchors = [];

  try {
    const page = await browser.newPage();
    let name;

    await page.setViewport({ width: 1280, height: 1000 });
    await page.setRequestInterception(true);
    // What other servers have is not looked at, and must not be needed.
    page.on('request', (request) => (request.url().startsWith(origin) || request.url().startsWith('data:')
      ? request.continue() : request.respond({ status: 200, body: '' })));
    page.on('pageerror', ({ message }) => problems.push(`${name}: ${message}`));
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) problems.push(`${name}: ${message.text()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) problems.push(`${name}: ${response.status()} for ${response.url()}`);
    });

    const files = fs.readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.html'));

    for (const file of files) {
      name = file;
      await page.goto(`${origin}/${file}`, { waitUntil: 'load' });

      const found = await page.evaluate(inPage);

      if (found.isEmpty) problems.push(`${name} is empty`);
      ids.set(`${origin}/${file}`, new Set(found.ids));
      anchors.push(...found.anchors.map((href) => [file, href]));
    }
    if (picture !== undefined) {
      await page.goto(`${origin}/index.html`);
      await page.screenshot({ path: picture });
    }
    console.log(`${files.length} pages opened by ${await browser.version()}`);
  } finally {
    await browser.close();
    server.close();
  }

  for (const [file, href] of anchors) {
    const [address, anchor] = href.split('#');

    if (anchor !== '' && ids.has(address) && !ids.get(address).has(decodeURIComponent(anchor))) {
      problems.push(`${file}: there is no #${anchor} in ${address.slice(origin.length + 1)}`);
    }
  }
  return [...new Set(problems)];
}

module.exports = { checkInBrowser, checkLinks };
