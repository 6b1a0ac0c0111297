/**
 * ringport: the API of `node:worker_threads`, with message ports over lock-free rings.
 *
 * Everything that `node:worker_threads` exports is exported here too. What this file
 * declares is ringport's own; all else is Node's.
 */
import type { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { Context } from 'node:vm';
import * as nodeThreads from 'node:worker_threads';

export * from 'node:worker_threads';

/** Whatever Node can transfer, and ringport's ports. */
export type Transferable =
  | NonNullable<nodeThreads.WorkerOptions['transferList']>[number]
  | MessagePort;

/** The second form of `postMessage`'s second argument. */
export interface PostMessageOptions {
  transfer?: Iterable<Transferable> | undefined;
}

/**
 * One end of a channel: Node's MessagePort, with `detach` and `from` besides.
 *
 * A port cannot be constructed: take one from a `MessageChannel`, or `MessagePort.from` a
 * transfer handle.
 */
export declare class MessagePort {
  private constructor();

  /**
   * The port that a transfer handle stands for, with everything that was queued for it.
   * The transfer handle is used up.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE if it is no MessagePort of Node
   * @throws {RingportError} ERR_RINGPORT_INVALID_TRANSFER_HANDLE if it is no transfer handle, or
   *   has been used; ERR_RINGPORT_OTHER_COPY if another version of ringport has made it
   */
  static from(handle: nodeThreads.MessagePort): MessagePort;
}

/**
 * What `postMessage` and `serialize` throw for a value that cannot be cloned: Node's
 * error, which says in addition where the value is.
 */
export interface DataCloneError extends DOMException {
  name: 'DataCloneError';
  code: 25;
  /**
   * The way to the value, such as `.jobs[3].callback` or `.map.get("key")`; empty for the message itself. Undefined if
   * the value came out of a getter, or if the error is about the transfer list.
   */
  path?: string;
}

/** Limits of what is queued in each direction of a channel. */
export interface FlowOptions {
  /**
   * Bytes that may be queued before `postMessage` returns false: a positive integer.
   * A message counts as its record in the ring, large data included. What Node's channel
   * carries counts as its ArrayBuffers and 1 KiB, each port in it 1 KiB. Without it, or
   * with Infinity, queues grow without a limit and nobody counts, as with Node.
   */
  highWaterMark?: number | undefined;
  /**
   * What `postMessage` does at the mark or above. Unless given, it sends the message all
   * the same. 'throw': it throws ERR_RINGPORT_OVERFLOW, and has read and sent nothing.
   * 'drop-newest': it returns false and sends nothing; what the message would have
   * transferred is lost: buffers are detached, ports close.
   */
  overflow?: 'throw' | 'drop-newest' | undefined;
}

/** What `stats()` says of a port. Zeros once the port has closed. */
export interface PortStats {
  /** Messages sent through this end of the channel by ring, modulo 2^32. */
  messagesOut: number;
  /** Messages received by ring whose listeners have returned, modulo 2^32. */
  messagesIn: number;
  /** Messages by ring that wait to be received here. */
  queued: number;
  /** How often the event loop has called this port. */
  wakeUps: number;
  /**
   * Messages that Node's channel has carried, wholly or in part, since the port came to
   * this thread. The first ones of a Worker are counted only with a mark.
   */
  byNode: number;
  /** Bytes; Infinity without a mark. */
  highWaterMark: number;
  /** As `writableLength`. */
  queuedBytes: number | undefined;
  /** How often what was sent has reached the mark. */
  stalls: number;
  /** Messages that `overflow` has dropped, and refused with an error. */
  dropped: number;
  refused: number;
}

/** What ports and Workers have for flow control, iteration and streams. */
export interface Flow extends AsyncIterable<any> {
  /** The mark in bytes; Infinity without one. */
  readonly writableHighWaterMark: number;
  /**
   * Bytes sent from here that have not been received yet. Exact up to 32 messages; of
   * more it may be too high by 1/16 of the most that was queued. Undefined without a
   * mark.
   */
  readonly writableLength: number | undefined;
  /** `postMessage` has returned false and 'drain' has not been emitted since. */
  readonly writableNeedDrain: boolean;
  /**
   * Wait for 'drain', if it is needed: until at most half of the mark is queued. Keeps
   * the event loop alive meanwhile.
   * @throws {RingportError} ERR_RINGPORT_CLOSED (a rejection) if either end closes first,
   *   or has closed
   * @throws {Error} AbortError, code ABORT_ERR; `cause` is the signal's reason
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   */
  drained(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * The messages one by one, for `for await`. The port is paused while none is asked for;
   * what has not been asked for stays in its queue. Ends when the port closes or the
   * Worker exits. As with any listener of a Worker, what came before is lost.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<any>;
  /**
   * The messages as a Web stream, which takes one from the queue when it is read. The
   * same stream until it ends or is cancelled, which leaves the port open.
   */
  readonly readable: ReadableStream<any>;
  /**
   * A Web stream that posts what is written to it, and waits for drained(). To close or
   * abort it closes a port; a Worker goes on.
   */
  readonly writable: WritableStream<any>;
  /**
   * The messages as a stream of Node in object mode. A message `null` is an error,
   * ERR_STREAM_NULL_VALUES. Destroying it drops what it has read ahead.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   */
  createReadStream(options?: MessageStreamOptions): Readable;
  /** A stream of Node in object mode; otherwise as `writable`. */
  createWriteStream(options?: MessageStreamOptions): Writable;
  /** Numbers that are kept anyway: asking for them is all that they cost. */
  stats(): PortStats;
}

export interface MessageStreamOptions {
  /** Messages that the stream itself buffers; 16 unless given. */
  highWaterMark?: number | undefined;
  /** Destroys the stream. */
  signal?: AbortSignal | undefined;
}

export interface MessagePort extends nodeThreads.MessagePort, Flow {
  /**
   * Send a message. Never blocks. A failed call sends nothing and detaches nothing.
   * @returns true; undefined once the port is closed. With a `highWaterMark`, false if
   *   what is queued has reached it: the message has been sent, unless `overflow` drops
   *   it, and 'drain' will be emitted
   * @throws {DOMException} DataCloneError if the value cannot be cloned
   * @throws {RingportError} ERR_RINGPORT_OVERFLOW; see FlowOptions
   */
  postMessage(message: any, transfer?: Iterable<Transferable> | null): boolean | undefined;
  postMessage(message: any, options?: PostMessageOptions | null): boolean | undefined;

  /**
   * Send the values of an iterable, in order: what a loop with `postMessage` does, with
   * one wake-up of the receiver for all of them and, for small ones, a fraction of the
   * cost. All are sent when this returns, not before: an iterable must not wait for an
   * answer, nor exit.
   *
   * They arrive as ever, or as an array of all that is there in one 'messages' event,
   * without next ticks and microtasks in between: `port.on('messages', (values: any[]) =>
   * ...)`. While that has listeners, 'message' is not emitted. Its first listener starts
   * the port as that of 'message' does.
   * @returns as postMessage
   * @throws {DOMException} DataCloneError if a value cannot be cloned: those before it
   *   have been sent, none after it. An error of the iterable's own: what it gave before
   *   has been sent.
   */
  postMessages(values: Iterable<any>): boolean | undefined;

  /**
   * Whether listeners get large binary data (ArrayBuffers of 128 KiB and more, and views
   * on them) where it lies: copied only once, by the sender, into memory that is used
   * again and again. Such an ArrayBuffer is valid until the listener returns; then it is
   * detached. It cannot be transferred. Nothing that goes on in the background (fs, zlib,
   * a socket, crypto) may still use it then: Node would read memory that has got another
   * message, or is gone. Copy what outlives the listener. `receiveMessageOnPort` copies
   * as ever. False unless set.
   */
  receiveViews: boolean;

  /**
   * Close both ends, asynchronously; what was queued before is still delivered.
   * @param callback called once, on 'close'
   */
  close(callback?: () => void): void;

  /** Whether the port keeps its thread's event loop alive. */
  hasRef(): boolean;

  /**
   * Take this port off its thread: it closes here, and what is returned is its transfer
   * handle, a plain port of Node, which can be sent over anything Node has: `workerData`,
   * another port, a plain `Worker`. On the other side `MessagePort.from` makes it a
   * ringport port again. A transfer handle that gets lost closes the channel.
   * @throws {DOMException} DataCloneError if the port is closed or was sent away
   */
  detach(): nodeThreads.MessagePort;

  /** Close the port. */
  [Symbol.dispose](): void;
  /** Close the port and wait for its 'close'. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Two connected ports. */
export declare class MessageChannel {
  /** @throws {TypeError | RangeError} if an option is wrong */
  constructor(options?: FlowOptions);
  readonly port1: MessagePort;
  readonly port2: MessagePort;
  /** Close both ports. */
  [Symbol.dispose](): void;
}

/** Node's options; ringport's ports may be transferred too. */
export interface WorkerOptions extends Omit<nodeThreads.WorkerOptions, 'transferList'>, FlowOptions {
  transferList?: Transferable[] | undefined;
}

/** Node's Worker; messages to and from it go over ringport. */
export declare class Worker extends nodeThreads.Worker {
  constructor(filename: string | URL, options?: WorkerOptions);

  /**
   * As MessagePort's. Returns nothing, as Node's does; with a `highWaterMark`, whether
   * what is queued is below it. That counts for what the worker's `parentPort` sends, too.
   * The worker has to load ringport: until then what is sent stays in the count.
   */
  postMessage(
    value: any, transfer?: Iterable<Transferable> | PostMessageOptions | null): boolean | undefined;

  /**
   * As MessagePort's, 'messages' too. To a worker that has not loaded ringport yet they
   * go one by one.
   */
  postMessages(values: Iterable<any>): boolean | undefined;

  /** For what the worker sends; see MessagePort. */
  receiveViews: boolean;
}

export interface Worker extends Flow {}

/**
 * Whether ringport is in use. On a runtime that lacks what it needs it is false: no
 * binary fits, addons are not allowed (`--permission` without `--allow-addons`,
 * `--no-addons`), Bun, Deno, a Node that is not known yet. Then a warning of the process
 * with the code ERR_RINGPORT_INACTIVE says why, everything that `node:worker_threads`
 * exports is that runtime's own, `serialize` and `deserialize` work, and whatever else
 * this package adds throws ERR_RINGPORT_INACTIVE. With RINGPORT_REQUIRED=1 in the
 * environment `require('ringport')` throws instead.
 */
export declare const active: boolean;

/** In a worker, the port to the thread that started it; `null` on the main thread. */
export declare const parentPort: MessagePort | null;

/**
 * Take one message out of a port's queue, without waiting and without an event.
 * @returns the message, or undefined when there is none
 * @throws {TypeError} ERR_INVALID_ARG_TYPE if it is not a port
 */
export declare function receiveMessageOnPort(
  port: MessagePort | nodeThreads.MessagePort | nodeThreads.BroadcastChannel): { message: any } | undefined;

/**
 * Move a port into another context. There it is no EventTarget: set `onmessage` and
 * `onmessageerror`, then call `start()`. What it receives has the prototypes of that
 * context. Here the port is closed.
 * @throws {Error} ERR_CLOSED_MESSAGE_PORT
 * @throws {TypeError} ERR_INVALID_ARG_TYPE if it is not a port, or `context` no context
 */
export declare function moveMessagePortToContext(
  port: MessagePort | nodeThreads.MessagePort, context: Context): nodeThreads.MessagePort;

/**
 * What a thread does when its event loop has nothing to do. It neither watches nor looks
 * where the process has one CPU, by its affinity or by the quota of its container.
 */
export interface IdleStrategy {
  /**
   * For how many microseconds (0 to 100,000) to watch for messages of ringport before the
   * loop blocks. One that comes meanwhile costs no wake-up, neither here nor for who
   * sends it; watching takes a core. It ends when a timer is due or anything else is to
   * be done, becomes shorter while it is in vain and stops where others need the core.
   * I/O and signals may wait so long. It keeps no process alive. 0, the default, is not
   * to watch.
   */
  spin: number;
  /**
   * For how many microseconds (0 to 1,000), at most, a port that has been read to the end
   * looks for an answer to what it has sent before its thread sleeps; now and then twice
   * as long, and 4 if it has sent nothing. Unless given, this is what a sleep costs on
   * the machine, 20 to 100, and `getIdleStrategy()` says 20. It becomes rare where it is in vain and ends when there is anything else to do. 0:
   * never. A thread that watches does not do this.
   */
  linger: number;
}

/**
 * How this thread idles from now on; the environment variables `RINGPORT_SPIN` and
 * `RINGPORT_LINGER` say it for all.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, {RangeError} ERR_OUT_OF_RANGE: nothing is
 *   changed
 */
export declare function setIdleStrategy(strategy: Partial<IdleStrategy>): void;

/** What `setIdleStrategy` was given in this thread, or the default. */
export declare function getIdleStrategy(): IdleStrategy;

/**
 * Node's `postMessageToThread`, where Node has it, with ports of ringport in the transfer
 * list: the other thread gets a port of Node's for each, and this one passes on what
 * comes to either.
 */
export declare function postMessageToThread(
  threadId: number, value: any, transferList: readonly Transferable[], timeout?: number,
): Promise<void>;
export declare function postMessageToThread(
  threadId: number, value: any, timeout?: number,
): Promise<void>;

/** What `threads()` says of a thread. */
export interface ThreadInfo {
  /** Node's `threadId`; 0 is the main thread. */
  threadId: number;
  /**
   * The `name` that the Worker was given, at most 63 bytes of it; what Node calls it if
   * none.
   */
  name: string;
  /**
   * `starting`: a Worker of ringport has started it, and has not heard from it;
   * `running`: it is 'online', or has loaded ringport - one that does not counts nothing;
   * `stopping`: it runs no JavaScript any more, and `exited`: it has ended and its 'exit'
   * event is on its way, of a thread that has ringport.
   */
  state: 'starting' | 'running' | 'stopping' | 'exited';
  /**
   * Ports of ringport open now; a Worker has one here, and its `parentPort` is one there
   * after its first few messages.
   */
  ports: number;
  /**
   * Messages by ringport received so far. Those of a batch are counted when all of it has
   * been delivered; what waits in a queue is not.
   */
  messagesIn: number;
  /**
   * Messages by ringport posted so far. Those by Node's own ports, and the first few
   * between a worker and its parent, which go Node's way, are not counted.
   */
  messagesOut: number;
  /**
   * Bytes of these messages as encoded, with what is transferred beside them in blocks of
   * ringport's.
   */
  bytesIn: number;
  bytesOut: number;
  /** How often its event loop was woken up by messages. */
  wakeUps: number;
}

/**
 * The threads of this process that have ringport loaded, and those that its Worker has
 * started, by `threadId`. A snapshot that stops no thread: the numbers of one are of
 * almost the same moment. Polling it costs microseconds.
 */
export declare function threads(): ThreadInfo[];

/**
 * A value as bytes that stand for themselves: the codec of the ports, for a file or a
 * socket.
 * @throws {DOMException} DataCloneError for what cannot be bytes: functions, shared
 *   memory, Node's own objects
 */
export declare function serialize(value: any): Buffer;

/**
 * The value that `serialize` was given.
 * @throws {RingportError} ERR_RINGPORT_CORRUPT if the bytes are not what `serialize`
 *   makes, ERR_RINGPORT_VERSION if a later format made them
 */
export declare function deserialize(bytes: Uint8Array): any;

/** An error of ringport's own; all others are Node's, with Node's codes. */
export declare class RingportError extends Error {
  constructor(code: string, message: string, options?: ErrorOptions);
  /** Starts with `ERR_RINGPORT_`. */
  code: string;
}

export { RingBuffer } from './ring-buffer';
export type {
  RingBufferMode, RingBufferOptions, RingBufferRoomOptions, RingBufferSignal, RingBufferStats, RingBufferWaitOptions,
} from './ring-buffer';
