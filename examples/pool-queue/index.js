'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { spawn } = require('node:child_process');
const { Queue, QueueEvents } = require('bullmq');

const count = Number(process.argv[2] ?? 200);

/** Start a process that ends with this one, whatever happens. */
function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });

  process.on('exit', () => child.kill('SIGKILL'));
  return child;
}

/** Start redis-server, reachable by a socket in a folder. */
async function startRedis(folder) {
  const socket = path.join(folder, 'redis');
  const redis = start('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder]);

  await once(redis, 'spawn');
  while (!fs.existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 10));
  return { redis, socket };
}

const startConsumer = (socket) => start(process.execPath, [path.join(__dirname, 'consumer.js'), socket]);

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pool-queue-'));
  const { redis, socket } = await startRedis(folder);
  const queue = new Queue('hashes', { connection: { path: socket } });
  const events = new QueueEvents('hashes', { connection: { path: socket } });
  const done = new Map();
  let consumer = startConsumer(socket);
  let hasKilled = false;

  await events.waitUntilReady();
  await queue.addBulk(Array.from({ length: count }, (_, id) => ({ name: 'hash', data: { id } })));

  const jobs = await queue.getJobs();

  await new Promise((resolve, reject) => {
    events.on('failed', ({ failedReason }) => reject(new Error(failedReason)));
    events.on('completed', ({ jobId, returnvalue }) => {
      done.set(jobId, returnvalue);
      if (done.size === jobs.length) resolve();
      if (done.size < count / 4 || hasKilled) return;
      hasKilled = true; // in the middle of some jobs: as if the machine had lost its power
      consumer.kill('SIGKILL');
      consumer = startConsumer(socket);
    });
  });

  console.log(`${done.size} jobs done, ${new Set(done.values()).size} different hashes, ` +
    `${await queue.getJobCountByTypes('waiting', 'active', 'failed')} left; a consumer was killed`);
  consumer.kill();
  await once(consumer, 'exit');
  await Promise.all([queue.close(), events.close()]);
  redis.kill();
  await once(redis, 'exit');
  fs.rmSync(folder, { recursive: true });
}

main();
