'use strict';

const { Pool } = require('ringport');

const count = Number(process.argv[2] ?? 2000);
const words = ['ring', 'port', 'pool', 'task', 'thread', 'queue', 'worker'];

/** Documents come one by one, as from a database or a directory. */
async function* documents() {
  for (let i = 0; i < count; i++) {
    yield { id: i, text: `${words[i % words.length]} `.repeat(1 + i % 5) };
  }
}

async function main() {
  const pool = new Pool({ filename: require.resolve('./task.js') });
  const total = new Map();

  // No more documents are taken than the workers can count; results come as they are
  // done.
  for await (const counts of pool.map(documents(), { ordered: false, concurrency: 32 })) {
    for (const [word, times] of counts) total.set(word, (total.get(word) ?? 0) + times);
  }

  const [[word, times]] = [...total].sort(([, a], [, b]) => b - a);
  const { completed, failed } = pool.stats();

  console.log(`${completed} documents, ${failed} failed; the most frequent word is '${word}', ${times} times`);
  await pool.close();
}

main();
