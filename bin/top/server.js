'use strict';

/*
 * server.js - the thread that serves the numbers of its process to `ringport top` and to
 * browsers, on the loopback interface only.
 *
 * Every request needs the token, also that for the page: other users of the machine can
 * connect as well. The Host header must name the loopback interface, so that a page of
 * somebody else's, whose name resolves to it, gets nothing (DNS rebinding).
 */

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { createHash, randomBytes, timingSafeEqual } = require('node:crypto');
const { BroadcastChannel, threadId, workerData } = require('node:worker_threads');

const files = require('./files');
const { Samples } = require('./samples');

/** Milliseconds between two samples. */
const INTERVAL = 500;
/** Watchers at a time. */
const MOST_WATCHERS = 16;
/** Bytes that may wait for a watcher before it misses samples. */
const MOST_WAITING = 1 << 20;
const HOST = '127.0.0.1';

const look = require(workerData.index)[Symbol.for('ringport.top')]();
const token = randomBytes(24).toString('base64url');
const about = { pid: process.pid, node: process.version, title: workerData.title };
const samples = new Samples(look, threadId, about);
const questions = new BroadcastChannel(look.name);
const answers = new BroadcastChannel(`${look.name}.answers`);
/** @type {Set<http.ServerResponse>} */
const watchers = new Set();
let timer = null;

questions.onmessage = null; // it only asks
answers.onmessage = ({ data }) => samples.answered(data, performance.now());

const hashOf = (text) => createHash('sha256').update(text).digest();

/** Compares in constant time. */
function isToken(given) {
  return timingSafeEqual(hashOf(given), hashOf(token));
}

/** The token of a request: `?token=` or `Authorization: Bearer`. */
function tokenOf({ headers }, url) {
  return url.searchParams.get('token') ?? /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Put the scripts and styles into the page: it needs no other request. */
function makePage() {
  const read = (name) => fs.readFileSync(path.join(__dirname, name), 'utf8');
  const parts = {
    'page.css': read('page.css'), 'format.js': read('format.js'), 'page.js': read('page.js'),
    'uplot.css': read('../../dist/uplot.css'), 'uplot.js': read('../../dist/uplot.js'),
  };
  const html = read('page.html').replace(/\{\{(.*?)\}\}/g, (_, name) => parts[name]);
  const hashes = [...html.matchAll(/<script>([^]*?)<\/script>/g)]
    .map(([, script]) => `'sha256-${hashOf(script).toString('base64')}'`).join(' ');

  return {
    html,
    policy: `default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src ${hashes}; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  };
}

function sendAll() {
  const now = performance.now();
  const event = `data: ${JSON.stringify(samples.take(now))}\n\n`;

  for (const watcher of watchers) {
    if (watcher.writableLength < MOST_WAITING) watcher.write(event);
  }
  questions.postMessage(true);
}

function leave(watcher) {
  if (!watchers.delete(watcher) || watchers.size > 0) return;
  clearInterval(timer);
  timer = null;
  samples.rest();
  questions.postMessage(false);
}

function watch(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.on('close', () => leave(response));
  watchers.add(response);
  if (timer !== null) return;
  timer = setInterval(sendAll, INTERVAL);
  sendAll();
}

const COMMON = {
  'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff',
};

function end(response, status, text) {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
}

let page;

const routes = {
  '/'(response) {
    page ??= makePage();
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': page.policy });
    response.end(page.html);
  },
  '/events'(response) {
    if (watchers.size === MOST_WATCHERS) end(response, 503, `There are ${MOST_WATCHERS} watchers already`);
    else watch(response);
  },
};

function serve(request, response) {
  const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${server.address().port}`);

  for (const [name, value] of Object.entries(COMMON)) response.setHeader(name, value);
  if (!hosts.includes(request.headers.host)) {
    end(response, 403, 'Only for the loopback interface');
    return;
  }

  const url = URL.parse?.(request.url, `http://${HOST}`) ?? new URL(request.url, `http://${HOST}`);

  if (!isToken(tokenOf(request, url))) {
    end(response, 401, 'The token is missing or wrong: run `npx ringport top`, which prints the address with it');
  } else if (request.method !== 'GET') {
    end(response, 405, 'Only GET');
  } else if (!Object.hasOwn(routes, url.pathname)) {
    end(response, 404, 'Not found');
  } else {
    routes[url.pathname](response);
  }
}

const server = http.createServer((request, response) => {
  try {
    serve(request, response);
  } catch (error) {
    if (!response.headersSent) end(response, 400, error.message);
  }
});

/* A child process inherits the variable: its port is taken, so it gets another. */
server.on('error', (error) => {
  if (error.code !== 'EADDRINUSE' || workerData.port === 0) throw error;
  workerData.port = 0;
  server.listen({ host: HOST, port: 0, exclusive: true });
});
server.on('listening', () => {
  const { port } = server.address();

  files.write({ ...about, port, token });
  Atomics.store(workerData.written, 0, 1);
  try {
    fs.writeSync(2, `ringport top: listening on ${HOST}:${port}; run: npx ringport top ${process.pid}\n`);
  } catch {
    // Nobody reads stderr, or it is full.
  }
});
server.listen({ host: HOST, port: workerData.port, exclusive: true });
