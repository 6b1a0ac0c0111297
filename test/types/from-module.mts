// A user's TypeScript in an ES module, with the types imported by name and as the
// default. Compiled and then run by types.test.js.

import assert from 'node:assert/strict';
import ringport, { MessageChannel, MessagePort, RingBuffer, Worker, active, parentPort, threadId } from 'ringport';
import * as all from 'ringport';
import codec, { deserialize, serialize } from 'ringport/codec';
import { register, unregister } from 'ringport/register';

const { port1, port2 }: { port1: MessagePort; port2: MessagePort } = new MessageChannel();
const port: all.MessagePort = new ringport.MessageChannel().port1;
const worker: all.Worker = new Worker(new URL('data:text/javascript,'), { workerData: port, transferList: [port] });
const number: number = threadId;

unregister();
register();
unregister();
assert.deepEqual([active, number, parentPort], [true, 0, null]);
assert.equal(all.default, ringport);
assert.ok(new RingBuffer(64) instanceof all.RingBuffer);
parentPort?.postMessage(number);
worker.postMessage(number, []);
worker.on('exit', (code: number) => assert.equal(code, 0));
port1.close();
MessagePort.from(port2.detach()).close();
assert.deepEqual(deserialize(serialize([1, 'two'])), [1, 'two']);
assert.equal(codec.serialize, serialize);
