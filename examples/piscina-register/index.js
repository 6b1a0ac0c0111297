'use strict';

const { Piscina } = require('piscina');

const TASKS = 2000;

async function main() {
  const pool = new Piscina({
    filename: require.resolve('./task.js'), maxThreads: 2, concurrentTasksPerWorker: 16, atomics: 'disabled',
  });
  const begin = performance.now();
  const words = Array.from({ length: TASKS }, (_, i) => `word ${i % 100}`);
  const letters = await Promise.all(words.map((word) => pool.run(word)));
  const seconds = (performance.now() - begin) / 1000;

  // A port of ringport has detach(); Node's has not.
  console.log(`${letters.reduce((a, b) => a + b)} letters by ${TASKS} tasks in ${seconds.toFixed(2)} s, over ` +
    `${'detach' in MessagePort.prototype ? 'ringport' : 'worker_threads'}`);
  await pool.destroy();
}

main();
