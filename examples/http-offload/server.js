'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { Worker } = require('ringport');

const files = {
  '/': ['text/html', path.join(__dirname, 'page.html')],
  '/echarts.js': ['text/javascript', require.resolve('echarts/dist/echarts.min.js')],
};

const worker = new Worker(path.join(__dirname, 'worker.js'));
const waiting = new Map();
let lastId = 0;

/** Ask the worker; many questions may be under way at a time. */
function countPrimes(below) {
  return new Promise((resolve) => {
    waiting.set(++lastId, resolve);
    worker.postMessage({ id: lastId, below });
  });
}

worker.on('message', ({ id, count }) => {
  waiting.get(id)(count);
  waiting.delete(id);
});

/** Milliseconds of the timer that measures: these are no delay. */
const RESOLUTION = 1;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
let times = [];

delay.enable();

/** Send the page what has happened since the last time, as an event. */
function sendLatencies(response) {
  const sorted = times.sort((a, b) => a - b);
  const loop = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION);
  const answer = sorted[Math.floor(sorted.length * 0.99)] ?? null;

  response.write(`data: ${JSON.stringify({ loop, answer, answers: sorted.length })}\n\n`);
  times = [];
  delay.reset();
}

const server = http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');

  if (pathname === '/primes') {
    const begin = performance.now();
    const count = await countPrimes(Math.min(Number(searchParams.get('below')) || 0, 1e7));

    times.push(performance.now() - begin);
    response.end(`${count}\n`);
  } else if (pathname === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(sendLatencies, 250, response);
    response.on('close', () => clearInterval(timer));
  } else if (files[pathname]) {
    const [type, file] = files[pathname];
    response.writeHead(200, { 'content-type': type });
    fs.createReadStream(file).pipe(response);
  } else {
    response.writeHead(404).end();
  }
});

server.listen(process.argv[2] ?? 3000, 'localhost', () => {
  console.log(`http://localhost:${server.address().port}/`);
});
