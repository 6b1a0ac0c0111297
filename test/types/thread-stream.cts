// What a TypeScript user of ringport/thread-stream writes.

import assert = require('node:assert/strict');
import path = require('node:path');
import { MessageChannel } from 'node:worker_threads';
import ThreadStream = require('ringport/thread-stream');

const filename = path.join(__dirname, '../../test/js/fixtures/stream-destination.js');
const options: ThreadStream.ThreadStreamOptions = { filename, bufferSize: 4096, sync: false, workerData: { kind: 'strings', file: '/dev/null' } };
const stream = new ThreadStream(options);
const { port1 } = new MessageChannel();
const answer: boolean = stream.write('text');
const error: Error | null = stream.writableErrored;

assert.deepEqual([answer, error], [true, null]);
stream.write(new Uint8Array(3));
stream.on('ready', () => stream.flush((failure?: Error) => {
  assert.equal(failure, undefined);
  stream.end();
}));
stream.on('own event', (value: number) => value.toFixed());
assert.equal(stream.emit('message', { port1 }, [port1]), true);

// @ts-expect-error: what is written
assert.throws(() => stream.write(5));
// @ts-expect-error: the option's name
new ThreadStream({ filename, size: 5 }).end();
