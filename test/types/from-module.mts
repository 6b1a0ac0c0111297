// Compiled, never run: the ES module entry has the same types, by name and as the default.

import ringport, { MessageChannel, MessagePort, Worker, parentPort, threadId } from 'ringport';
import * as all from 'ringport';
import { unregister } from 'ringport/register';

const { port1 }: { port1: MessagePort } = new MessageChannel();
const port: all.MessagePort = new ringport.MessageChannel().port1;
const worker: all.Worker = new Worker(new URL('file:///worker.mjs'), { transferList: [port] });
const number: number = threadId;

unregister();
parentPort?.postMessage(number);
worker.postMessage(port.detach(), [port1]);
ringport.MessagePort.from(port1.detach()).close();

// @ts-expect-error no such export
export { noSuchExport } from 'ringport';
