'use strict';

require('ringport/thread-stream/register');

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const pino = require('pino');
const ThreadStream = require('ringport/thread-stream');

const count = Number(process.argv[2] ?? 20_000);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-log-'));
const destination = path.join(folder, 'warnings.log');

const transport = pino.transport({ target: path.join(__dirname, 'pipeline.js'), options: { destination } });
const logger = pino(transport);

transport.on('summary', (levels) => {
  const inFile = fs.readFileSync(destination, 'utf8').split('\n').length - 1;

  console.log(`${levels.info} times info, ${levels.warn} times warn, ${levels.error} times error; ` +
    `${inFile} lines in the file, over ${transport instanceof ThreadStream ? 'a ring' : 'thread-stream'}`);
  fs.rmSync(folder, { recursive: true });
});

for (let i = 0; i < count; i++) {
  if (i % 100 === 99) logger.error(new Error(`request ${i} failed`));
  else if (i % 10 === 9) logger.warn({ request: i }, 'slow');
  else logger.info({ request: i }, 'done');
}
transport.end();
