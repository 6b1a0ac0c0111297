'use strict';

/* One of the machines that do the work: runs jobs that Redis has in a pool. */

const os = require('node:os');
const { Worker } = require('bullmq');
const { Pool } = require('ringport');

const pool = new Pool({ filename: require.resolve('./task.js') });

// BullMQ acknowledges a job once the promise is settled. A job whose consumer has died is
// not renewed any more, and goes to another consumer after `lockDuration`.
const consumer = new Worker('hashes', (job) => pool.run(job.data), {
  connection: { path: process.argv[2] },
  concurrency: 2 * os.availableParallelism(), // a worker of the pool never waits for Redis
  lockDuration: 1000,
  stalledInterval: 500,
  maxStalledCount: 5,
});

process.on('SIGTERM', async () => {
  await consumer.close(); // waits for the jobs that have begun
  await pool.close();
});
