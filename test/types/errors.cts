// Compiled, never run: mistakes that the compiler must report.

import ringport = require('ringport');

const { port1, port2 } = new ringport.MessageChannel();
const ring = new ringport.RingBuffer(1024);

const typed = new ringport.MessageChannel<string, number>();
const typedWorker = new ringport.Worker<string, number>('./file.js');

// @ts-expect-error port1 sends strings
typed.port1.postMessage(1);
// @ts-expect-error port2 sends numbers
typed.port2.postMessages(['one']);
// @ts-expect-error port1 receives numbers
typed.port1.on('message', (value: string) => value);
// @ts-expect-error each event has the arguments of its own
typed.port1.once('messages', (value: number) => value);
// @ts-expect-error port2 receives strings
ringport.receiveMessageOnPort(typed.port2)?.message.toFixed();
// @ts-expect-error the worker is sent strings
typedWorker.postMessage(1);
// @ts-expect-error the worker sends numbers
typedWorker.on('message', (value: string) => value);
// @ts-expect-error 'exit' has a code
typedWorker.once('exit', (error: Error) => error);
// @ts-expect-error a port of other types
const other: ringport.MessagePort<string, string> = new ringport.MessageChannel<string, number>().port1;
// @ts-expect-error no such role
ring.on('disconnect', (role: 'reader') => role);
// @ts-expect-error no such code
const code: ringport.RingportErrorCode = 'ERR_RINGPORT_NOTHING';
// @ts-expect-error no iterable
port1.postMessages(5);
// @ts-expect-error microseconds are a number
ringport.setIdleStrategy({ spin: '50' });
// @ts-expect-error no such part of a strategy
ringport.setIdleStrategy({ lingr: 50 });
// @ts-expect-error a ring is sent by its buffer
new ringport.RingBuffer(ring);
// @ts-expect-error no such mode
new ringport.RingBuffer(64, { mode: 'spmc' });
// @ts-expect-error no such option
new ringport.RingBuffer(64, { slotsize: 8 });
// @ts-expect-error who blocks hears no signal
ring.waitReadable({ signal: AbortSignal.timeout(5) });
// @ts-expect-error not bytes
ring.write(5, port2);
// @ts-expect-error a port is taken from a channel
new ringport.MessagePort();
// @ts-expect-error port1 is read-only
new ringport.MessageChannel().port1 = port2;
// @ts-expect-error a transfer handle is a port of Node
ringport.MessagePort.from('handle');
// @ts-expect-error a number cannot be transferred
port1.postMessage(1, [1]);
// @ts-expect-error a transfer list is no number
port1.postMessage(1, 1);
// @ts-expect-error false is the answer at the mark
const sent: true | undefined = new ringport.Worker('./file.js').postMessage(1);
// @ts-expect-error parentPort is null on the main thread
ringport.parentPort.postMessage(1);
// @ts-expect-error not a port
ringport.receiveMessageOnPort({});
// @ts-expect-error not a context
ringport.moveMessagePortToContext(port1, 1);
// @ts-expect-error no such event target
ringport.deserialize('text');
// @ts-expect-error whether it is in use is not for the user to say
ringport.active = true;
// @ts-expect-error who blocks hears no signal
port1.requestSync(1, { signal: AbortSignal.timeout(5) });
// @ts-expect-error milliseconds are a number
port1.request(1, { timeout: '5' });
// @ts-expect-error a handler is a function
port1.handle({});
// @ts-expect-error no such method
ringport.wrap<{ add(a: number): number }>(port1).sub(1);
// @ts-expect-error a Worker has no receive()
new ringport.Worker('./file.js').receive();
// @ts-expect-error no such export
ringport.noSuchExport;
