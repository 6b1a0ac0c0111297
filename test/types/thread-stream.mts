// The same as an ES module.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import Default, { ThreadStream } from 'ringport/thread-stream';
import 'ringport/thread-stream/register';

const filename = new URL('../../test/js/fixtures/stream-destination.js', import.meta.url);
const stream: Default = new ThreadStream({ filename, workerData: { kind: 'strings', file: '/dev/null' }, workerOpts: { name: 'log' } });

assert.equal(Default, ThreadStream);
assert.equal(typeof fileURLToPath(filename), 'string');
stream.unref();
stream.ref();
stream.flushSync();
stream.end();
