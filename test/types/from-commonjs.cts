// Compiled, never run: what a TypeScript user writes, and what must be an error.

import threads = require('node:worker_threads');
import vm = require('node:vm');
import ringport = require('ringport');
import register = require('ringport/register');

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(proof: Same<A, B>): boolean => proof;

const { port1, port2 } = new ringport.MessageChannel();

same<typeof port1, ringport.MessagePort>(true);
same<ReturnType<typeof port1.detach>, threads.MessagePort>(true);
same<ReturnType<typeof ringport.MessagePort.from>, ringport.MessagePort>(true);
same<typeof ringport.parentPort, ringport.MessagePort | null>(true);
same<ReturnType<typeof ringport.serialize>, Buffer>(true);

// Messages and transfer lists, in all of Node's forms.
const sent: true | undefined = port1.postMessage({ a: 1 });

port1.postMessage(port2, [port2, new ArrayBuffer(8), new threads.MessageChannel().port1]);
port1.postMessage(1, new Set([port2]));
port1.postMessage(1, { transfer: [port2] });
port1.postMessage(1, null);

// Events: Node's emitter methods return the port, the listener of 'message' gets the value.
same<ReturnType<typeof port1.on>, ringport.MessagePort>(true);
port1.on('message', (value) => value.anything).once('close', () => {}).off('message', () => {});
port1.addEventListener('message', (event) => event.data);
port1.onmessage = (event) => event.data;
port1.start();
port1.ref();
port1.unref();
port1.close();
port1.close(() => {});

// Batches.
const sentAll: true | undefined = port1.postMessages([1, 'two', new Map()]);

port1.postMessages(new Set([1])) === sentAll;
port1.on('messages', (values: any[]) => values.length).on('close', (event) => event.type);
port1.once('messages', (values: any[]) => values.length);
// @ts-expect-error no iterable
port1.postMessages(5);

port1.receiveViews = true;

// How a thread idles.
const before: ringport.IdleStrategy = ringport.getIdleStrategy();

ringport.setIdleStrategy({ spin: before.spin + 50 });
// @ts-expect-error microseconds are a number
ringport.setIdleStrategy({ spin: '50' });

const isReferenced: boolean = port1.hasRef();

// A ringport port can be given to code that takes a port of Node.
const plain: threads.MessagePort = port1;
const passport = port1.detach();
const again = ringport.MessagePort.from(passport);

if (plain instanceof ringport.MessagePort) plain.detach();

const received: { message: any } | undefined = ringport.receiveMessageOnPort(again);

ringport.receiveMessageOnPort(passport);
ringport.receiveMessageOnPort(new ringport.BroadcastChannel('name'));

// In another context a port is Node's.
same<ReturnType<typeof ringport.moveMessagePortToContext>, threads.MessagePort>(true);
ringport.moveMessagePortToContext(port2, vm.createContext()).start();
ringport.moveMessagePortToContext(passport, vm.createContext());

// What is registered can be undone.
register.unregister();
register.register();

// Worker is Node's, and takes our ports.
const worker = new ringport.Worker('./file.js', {
  name: 'w', workerData: { passport, port2 }, transferList: [passport, port2], env: ringport.SHARE_ENV,
});
const nodeWorker: threads.Worker = worker;

worker.postMessage('hello', [port2]);
worker.on('message', (value) => value).on('exit', (code: number) => code);
worker.terminate().then((code: number) => code);

// Rings.
const ring = new ringport.RingBuffer(1024, { mode: 'mpmc', slotSize: 64 });
const attached: ringport.RingBuffer = new ringport.RingBuffer(ring.buffer);
const mode: ringport.RingBufferMode = attached.mode;
const record: Buffer | null = ring.read();
const room: Uint8Array | null = ring.claim(8);
const stats: ringport.RingBufferStats = ring.stats;

ring.write('text');
ring.drain((bytes, length) => bytes.subarray(0, length), ring.writeMany(['text', new Uint8Array(stats.recordsIn)]));
ring.on('readable', () => ring.receiveMessage()?.message).once('close', () => {}).unref();
ring.readable({ timeout: 5, signal: AbortSignal.timeout(5) }).then((ready: boolean) => ring.waitWritable({ length: 5 }) || ready);
ring.createReadStream({ objectMode: true }).pipe(attached.createWriteStream());
(async () => { for await (const each of ring) each.toString(mode === 'spsc' ? 'utf8' : 'latin1'); })();

const value: any = ringport.deserialize(ringport.serialize({ sent, isReferenced, received, nodeWorker }));

try {
  ringport.MessagePort.from(passport);
} catch (error) {
  if (error instanceof ringport.RingportError) error.code.startsWith('ERR_RINGPORT_');
}

// Node's own exports are there too.
const thread: number = ringport.threadId;
const main: boolean = ringport.isMainThread;

ringport.setEnvironmentData('key', value);
ringport.markAsUntransferable(new ArrayBuffer(thread + Number(main)));

const told: Promise<void> = ringport.postMessageToThread(1, { port: port1 }, [port1], 100);

void told;

// @ts-expect-error a ring is sent by its buffer
new ringport.RingBuffer(ring);
// @ts-expect-error no such mode
new ringport.RingBuffer(64, { mode: 'spmc' });
// @ts-expect-error not bytes
ring.write(record?.length, room);
// @ts-expect-error a port is taken from a channel
new ringport.MessagePort();
// @ts-expect-error port1 is read-only
new ringport.MessageChannel().port1 = port2;
// @ts-expect-error a passport is a port of Node
ringport.MessagePort.from('passport');
// @ts-expect-error a number cannot be transferred
port1.postMessage(1, [1]);
// @ts-expect-error a transfer list is no number
port1.postMessage(1, 1);
// @ts-expect-error parentPort is null on the main thread
ringport.parentPort.postMessage(1);
// @ts-expect-error not a port
ringport.receiveMessageOnPort({});
// @ts-expect-error not a context
ringport.moveMessagePortToContext(port1, 1);
// @ts-expect-error no such event target
ringport.deserialize('text');
// @ts-expect-error no such export
ringport.noSuchExport;
