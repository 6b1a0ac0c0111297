import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'ringport';

const [folder, pattern, workers = availableParallelism()] = process.argv.slice(2);

if (pattern === undefined) {
  console.error('Usage: node examples/file-scan/scan.mjs folder pattern [workers]');
  process.exit(1);
}

const begin = performance.now();
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort();
const share = Math.ceil(files.length / workers);
let hits = 0;

/** Have one worker search some files; resolves when it has ended. */
function scan(names) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: pattern });

    worker.on('messages', (found) => {
      hits += found.length;
      for (const { file, line, text } of found) console.log(`${file}:${line}: ${text}`);
    });
    worker.on('error', reject).on('exit', resolve);
    worker.postMessages([...names, null]); // null: no more
  });
}

const parts = Array.from({ length: workers }, (_, i) => files.slice(i * share, (i + 1) * share));

await Promise.all(parts.map(scan));

const seconds = ((performance.now() - begin) / 1000).toFixed(2);

console.error(`${hits} hits in ${files.length} files, ${workers} workers, ${seconds} s`);
