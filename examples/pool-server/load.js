'use strict';

const path = require('node:path');
const { once } = require('node:events');
const { spawn } = require('node:child_process');
const autocannon = require('autocannon');

const duration = Number(process.argv[2] ?? 5); // seconds

/** Load one of the servers with hashes and with small requests at the same time. */
async function load(kind) {
  const server = spawn(process.execPath, [path.join(__dirname, 'server.js'), kind, '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = String(await once(server.stdout, 'data')).trim();

  try {
    const [hashes, others] = await Promise.all([
      autocannon({ url: `${url}hash?password=secret`, connections: 16, duration }),
      autocannon({ url, connections: 4, duration }),
    ]);
    const row = ({ latency, requests, non2xx, errors }) => ({
      'p50 ms': latency.p50, 'p99 ms': latency.p99, 'requests/s': requests.average, failed: non2xx + errors,
    });

    return { [`${kind}: /hash`]: row(hashes), [`${kind}: /`]: row(others) };
  } finally {
    server.kill();
  }
}

async function main() {
  const rows = {};

  for (const kind of ['ringport', 'piscina', 'none']) Object.assign(rows, await load(kind));
  console.table(rows);
}

main();
