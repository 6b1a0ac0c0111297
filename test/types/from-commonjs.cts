// A user's TypeScript, which is compiled and then run by types.test.js.

import assert = require('node:assert/strict');
import events = require('node:events');
import threads = require('node:worker_threads');
import vm = require('node:vm');
import ringport = require('ringport');
import codec = require('ringport/codec');
import register = require('ringport/register');

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(proof: Same<A, B>): boolean => proof;

/** The value has the type that it is said to have, here `typeof` of one of its kind. */
const is = (value: unknown, type: string): void => assert.equal(typeof value, type);

const { port1, port2 } = new ringport.MessageChannel();

same<typeof port1, ringport.MessagePort>(true);
same<ReturnType<typeof port1.detach>, threads.MessagePort>(true);
same<ReturnType<typeof ringport.MessagePort.from>, ringport.MessagePort>(true);
same<typeof ringport.parentPort, ringport.MessagePort | null>(true);
same<ReturnType<typeof ringport.serialize>, Buffer>(true);
same<typeof ringport.active, boolean>(true);
assert.equal(ringport.active, true);
assert.equal(ringport.parentPort, null);

// Messages and transfer lists, in all of Node's forms.
const sent: boolean | undefined = port1.postMessage({ a: 1 });

assert.equal(sent, true);
port1.postMessage(1, [new ArrayBuffer(8), new threads.MessageChannel().port1]);
port1.postMessage(1, new Set([new ringport.MessageChannel().port1]));
port1.postMessage(1, { transfer: [new ArrayBuffer(8)] });
port1.postMessage(1, null);

try {
  port1.postMessage({ list: [() => {}] });
} catch (error) {
  const { name, code, path }: ringport.DataCloneError = error as ringport.DataCloneError;

  assert.deepEqual([name, code, path], ['DataCloneError', 25, '.list[0]']);
}

// Events: Node's emitter methods return the port, the listener of 'message' gets the value.
same<ReturnType<typeof port1.on>, ringport.MessagePort>(true);

const heard: number[] = [];
const listener = (value: any): void => { heard.push(value); };

assert.equal(port2.on('message', listener).once('close', () => {}).off('message', listener), port2);
port2.addEventListener('message', (event) => event.data);
port2.onmessage = (event) => event.data;
port2.start();
port2.ref();
port2.unref();
is(port2.hasRef(), 'boolean');

// Typed channels, ports and workers.
interface Job { id: number }
interface Answer { id: number; ok: boolean }

const typed = new ringport.MessageChannel<Job, Answer>();

same<typeof typed.port1, ringport.MessagePort<Job, Answer>>(true);
same<typeof typed.port2, ringport.MessagePort<Answer, Job>>(true);
typed.port1.postMessage({ id: 1 });
typed.port1.postMessages([{ id: 2 }, { id: 3 }]);
assert.equal(ringport.receiveMessageOnPort(typed.port2)?.message.id, 1);
typed.port2.on('message', ({ id }) => typed.port2.postMessage({ id, ok: true }));
typed.port1.once('message', (answer) => same<typeof answer, Answer>(true));
typed.port1.on('messages', (answers) => same<typeof answers, Answer[]>(true)).on('close', () => {});
typed.port1.on('an event of mine', (one: number, two: string) => [one, two]);
typed.port1.addEventListener('message', ({ data }) => same<typeof data, Answer>(true));
typed.port1.close();

const anyPort: ringport.MessagePort = typed.port1;
const nodePort: threads.MessagePort = typed.port1;
const givenBack: ringport.MessagePort<Job, Answer> = ringport.MessagePort.from(new ringport.MessageChannel().port1.detach());

assert.ok(anyPort === nodePort);
givenBack.close();

const typedWorker = new ringport.Worker<Job, Answer>(
  `const { parentPort } = require('ringport');
   parentPort.once('message', ({ id }) => parentPort.postMessage({ id, ok: true }));`, { eval: true });

typedWorker.postMessage({ id: 7 });
typedWorker.on('message', (answer) => {
  same<typeof answer, Answer>(true);
  assert.deepEqual(answer, { id: 7, ok: true });
}).on('exit', (code) => assert.equal(code, 0)).once('error', (error) => { throw error; });
const anyWorker: ringport.Worker = typedWorker;

assert.ok(anyWorker instanceof threads.Worker);

// The codec by itself.
const alone: Buffer = codec.serialize({ list: [1] });

same<typeof codec.deserialize, typeof ringport.deserialize>(true);
assert.deepEqual(codec.deserialize(alone), { list: [1] });
assert.throws(() => codec.deserialize(new Uint8Array(1)), (error) => {
  const corrupt: ringport.RingportErrorCode = 'ERR_RINGPORT_CORRUPT';

  return (error as ringport.RingportError).code === corrupt;
});

// Requests and waits.
interface Calculator {
  readonly name: string;
  add(a: number, b: number): number;
  later(text: string): Promise<string>;
}

const calls = new ringport.MessageChannel();
const far: ringport.Remote<Calculator> = ringport.wrap<Calculator>(calls.port1, { timeout: 1000 });
const farSync = ringport.wrapSync<Calculator>(calls.port1);

same<ReturnType<typeof far.add>, Promise<number>>(true);
same<ReturnType<typeof far.later>, Promise<string>>(true);
same<ReturnType<typeof farSync.later>, string>(true);
same<keyof typeof far, 'add' | 'later'>(true);
same<Parameters<typeof farSync.add>, [a: number, b: number]>(true);
same<ReturnType<typeof calls.port1.request<number>>, Promise<number>>(true);
same<Awaited<ReturnType<typeof calls.port1.receive>>, { message: any } | undefined>(true);
calls.port2.expose({ add: (a: number, b: number) => a + b });
calls.port2.handle(async (value, { signal, transfer }) => {
  transfer.push(new ArrayBuffer(1));
  return signal.aborted ? undefined : value;
});

const ended = Promise.all([
  far.add(1, 2),
  calls.port1.request<string>('text', { timeout: 1000, signal: AbortSignal.timeout(1000), transfer: [] }),
]).then(async ([three, text]) => {
  assert.deepEqual([three, text], [3, 'text']);
  calls.port2.postMessage('one');
  assert.deepEqual(ringport.receiveMessageOnPort(calls.port1, { timeout: 10 }), { message: 'one' });
  calls.port2.postMessage('two');
  assert.deepEqual(await calls.port1.receive({ timeout: 1000 }), { message: 'two' });
  assert.throws(() => calls.port1.requestSync<number>(1, { timeout: 10 }), { code: 'ERR_RINGPORT_DEADLOCK' });
  calls.port2.handle(null);
  calls.port2.expose(null);
  calls.port1.close();
});

is(ended.then, 'function');

// Batches.
const sentAll: boolean | undefined = port1.postMessages([1, 'two', new Map()]);

assert.equal(port1.postMessages(new Set([1])), sentAll);
port1.on('messages', (values: any[]) => values.length).on('close', (event) => event.type);
port1.once('messages', (values: any[]) => values.length);
port1.receiveViews = true;
assert.equal(port1.receiveViews, true);

// Flow control, iteration, streams, numbers.
const flow: ringport.FlowOptions = { highWaterMark: 1024, overflow: 'drop-newest' };
const limited = new ringport.MessageChannel(flow);
const length: number | undefined = limited.port1.writableLength;
const counted: ringport.PortStats = limited.port1.stats();

same<ReturnType<typeof limited.port1.drained>, Promise<void>>(true);
assert.equal(length, 0);
is(limited.port1.writableHighWaterMark, 'number');
is(limited.port1.writableNeedDrain, 'boolean');
is(counted.dropped, 'number');
limited.port1.on('drain', () => {});
void limited.port1.drained({ signal: new AbortController().signal });
void (async () => {
  for await (const message of limited.port2) is(message, 'number');
})();
limited.port2.createReadStream({ highWaterMark: 5 }).destroy();
limited.port1.createWriteStream().destroy();
void limited.port2.readable.cancel();
is(limited.port1.writable.locked, 'boolean');
limited[Symbol.dispose]();

// How a thread idles.
const before: ringport.IdleStrategy = ringport.getIdleStrategy();

is(before.linger, 'number');
ringport.setIdleStrategy({ spin: before.spin + 50 });
ringport.setIdleStrategy({});

// A ringport port can be given to code that takes a port of Node.
const plain: threads.MessagePort = port1;
const handle = port1.detach();
const again = ringport.MessagePort.from(handle);

assert.ok(plain instanceof ringport.MessagePort && plain instanceof threads.MessagePort);
assert.ok(handle instanceof ringport.MessagePort); // as all ports of Node's while ours are registered

const received: { message: any } | undefined = ringport.receiveMessageOnPort(again);

assert.equal(received, undefined);
assert.equal(ringport.receiveMessageOnPort(new threads.MessageChannel().port1), undefined);

const broadcast = new ringport.BroadcastChannel('name');

ringport.receiveMessageOnPort(broadcast);
broadcast.close();
try {
  ringport.MessagePort.from(handle);
} catch (error) {
  assert.ok(error instanceof ringport.RingportError && error.code.startsWith('ERR_RINGPORT_'));
}

// In another context a port is Node's.
same<ReturnType<typeof ringport.moveMessagePortToContext>, threads.MessagePort>(true);
const moved = ringport.moveMessagePortToContext(new ringport.MessageChannel().port1, vm.createContext());

moved.start();
moved.close();

// What is registered can be undone.
register.unregister();
register.register();
register.unregister();

// Worker is Node's, and takes our ports.
const given = new ringport.MessageChannel();
const worker = new ringport.Worker(
  `const { workerData, parentPort } = require('ringport');
   parentPort.once('message', (value) => parentPort.postMessage([value, workerData.port instanceof require('ringport').MessagePort]));`,
  { eval: true, name: 'w', workerData: { port: given.port1 }, transferList: [given.port1], env: ringport.SHARE_ENV });
const nodeWorker: threads.Worker = worker;
const nothing: boolean | undefined = worker.postMessage('hello', [given.port2]);

assert.equal(nothing, undefined);
worker.on('message', (value) => assert.deepEqual(value, ['hello', true])).on('exit', (code: number) => assert.equal(code, 0));
is(nodeWorker.threadId, 'number');

const alive: ringport.ThreadInfo[] = ringport.threads();

// The workers may have come up meanwhile, and ended.
assert.equal(alive[0]!.state, 'running');
assert.ok(alive.length >= 2 && alive.some(({ name }) => name === 'w'));
for (const value of Object.values(alive[0]!)) assert.notEqual(value, undefined);

// Rings.
const ring = new ringport.RingBuffer(1024, { mode: 'mpmc', slotSize: 64 });
const attached: ringport.RingBuffer = new ringport.RingBuffer(ring.buffer, { closeOnDisconnect: true });
const mode: ringport.RingBufferMode = attached.mode;
const record: Buffer | null = ring.read();
const room: Uint8Array | null = ring.claim(8);
const stats: ringport.RingBufferStats = ring.stats;

assert.deepEqual([mode, record, room?.length], ['mpmc', null, 8]);
ring.commit();
assert.equal(ring.read()?.length, 8);
for (const value of Object.values(stats)) is(value, 'number');
ring.write('text');
assert.equal(ring.drain((bytes, length) => bytes.subarray(0, length), ring.writeMany(['text', new Uint8Array(stats.bytesOut)])), 2);
assert.equal(ring.readInto(new Uint8Array(8)), 0);
ring.on('readable', () => ring.receiveMessage()?.message).once('close', () => {}).unref();
ring.on('disconnect', (role: 'producer' | 'consumer') => role);
attached[Symbol.dispose]();
void attached[Symbol.asyncDispose]().then(() => {});

(async () => {
  const ready: boolean = await ring.readable({ timeout: 1, signal: AbortSignal.timeout(1000) });

  assert.equal(ready, false);
  assert.equal(await ring.writable({ length: 5 }), true);
  assert.equal(ring.waitWritable({ length: 5, timeout: 1 }), true);

  const flow = new ringport.RingBuffer(1024);
  const records: string[] = [];

  flow.postMessage({ a: [1] });
  assert.deepEqual(flow.receiveMessage(), { message: { a: [1] } });
  flow.write('one');
  flow.close();
  for await (const each of flow) records.push(each.toString(mode === 'mpmc' ? 'utf8' : 'latin1'));
  assert.deepEqual(records, ['one']);

  const piped = new ringport.RingBuffer(1024);
  const ending = events.once(piped.createReadStream({ objectMode: true }).resume(), 'end');

  piped.createWriteStream().end('text');
  await ending;
})();

const value: any = ringport.deserialize(ringport.serialize({ sent, received }));

assert.deepEqual(value, { sent: true, received: undefined });

// Node's own exports are there too.
const thread: number = ringport.threadId;
const main: boolean = ringport.isMainThread;

assert.deepEqual([thread, main], [0, true]);
ringport.setEnvironmentData('key', value);
ringport.markAsUntransferable(new ArrayBuffer(thread + Number(main)));

const tell = (): Promise<void> => ringport.postMessageToThread(1, { port: again }, [again], 100);

is(tell, 'function');
again.close();
port2.close(() => {});
