/**
 * ringport: the API of `node:worker_threads`, with message ports over lock-free rings.
 *
 * Everything that `node:worker_threads` exports is exported here too. What this file
 * declares is ringport's own; all else is Node's.
 *
 * @module ringport
 */
import type { Context } from 'node:vm';
import * as nodeThreads from 'node:worker_threads';
import type { Flow, FlowOptions } from './flow/index.js';
import type { ReceiveOptions, Requests } from './request/index.js';

export * from 'node:worker_threads';

/** Whatever Node can transfer, and ringport's ports. */
export type Transferable =
  | NonNullable<nodeThreads.WorkerOptions['transferList']>[number]
  | MessagePort;

/** The second form of `postMessage`'s second argument. */
export interface PostMessageOptions {
  /** What to transfer instead of cloning it. */
  transfer?: Iterable<Transferable> | undefined;
}

/** The events of a `MessagePort`, each with the arguments of a listener that `on` adds. */
export interface MessagePortEvents<Receive = any> {
  /** A message has arrived. The first listener starts the port. */
  message: [value: Receive];
  /**
   * All messages that are there, in order, in one array. While it has listeners, `message`
   * is not emitted. The first listener starts the port.
   */
  messages: [values: Receive[]];
  /** A message has arrived that cannot be deserialized. The next ones come as ever. */
  messageerror: [error: Error];
  /** Either end has been closed or lost. Comes once, after the last message. */
  close: [event: Event];
}

/** What the listeners of `addEventListener('message')` and `onmessage` get. */
export interface PortMessageEvent<Receive = any> extends Event {
  /** The value that was posted. */
  readonly data: Receive;
}

/** The name of an event that `Events` does not list: Node's emitters take any name. */
type OtherEvent<Events, Name> = Name extends keyof Events ? never : Name;

/**
 * One end of a channel: Node's MessagePort, with `postMessages`, `receiveViews`, `detach`
 * and `from` besides. `worker_threads.MessagePort` describes the rest.
 *
 * A port cannot be constructed: take one from a `MessageChannel`, or `MessagePort.from` a
 * transfer handle.
 *
 * @typeParam Send the type of the values that it sends
 * @typeParam Receive the type of the values that it receives: for the compiler only,
 *   nothing checks them
 */
export declare class MessagePort<Send = any, Receive = any> {
  private constructor();

  /**
   * The port that a transfer handle stands for, with everything that was queued for it.
   * The transfer handle is used up.
   * @param handle what `detach` has returned, in any thread
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
  /** Tells it from other errors. */
  name: 'DataCloneError';
  /** `DOMException.DATA_CLONE_ERR`. */
  code: 25;
  /**
   * The way to the value, such as `.jobs[3].callback` or `.map.get("key")`; empty for the message itself. Undefined if
   * the value came out of a getter, or if the error is about the transfer list.
   */
  path?: string;
}

export interface MessagePort<Send = any, Receive = any> extends nodeThreads.MessagePort, Flow<Receive>, Requests {
  /**
   * Wait for the next message: the oldest one queued, or the next to come. Several waits
   * get one each, in order. 'message' listeners of the port hear what comes, too. Keeps
   * the event loop alive.
   * @returns undefined when the port closes. Rejected with a TimeoutError (DOMException)
   *   after `timeout` milliseconds; with the reason of `signal`; with ERR_INVALID_STATE if
   *   the port has 'messages' listeners, which get arrays
   */
  receive(options?: ReceiveOptions & { signal?: AbortSignal | undefined }):
  Promise<ReceivedMessage<Receive> | undefined>;

  /**
   * Send a message. Never blocks. A failed call sends nothing and detaches nothing.
   * @param message any value that can be cloned
   * @param transfer what to transfer instead of cloning it
   * @returns true; undefined once the port is closed. With a `highWaterMark`, false if
   *   what is queued has reached it: the message has been sent, unless `overflow` drops
   *   it, and 'drain' will be emitted
   * @throws {DOMException} DataCloneError if the value cannot be cloned, with `path`
   * @throws {RingportError} ERR_RINGPORT_OVERFLOW; see FlowOptions
   */
  postMessage(message: Send, transfer?: Iterable<Transferable> | null): boolean | undefined;
  /** The same, with the transfer list in an object. */
  postMessage(message: Send, options?: PostMessageOptions | null): boolean | undefined;

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
   * @param values any iterable; it is read to its end before this returns
   * @returns as postMessage
   * @throws {DOMException} DataCloneError if a value cannot be cloned: those before it
   *   have been sent, none after it. An error of the iterable's own: what it gave before
   *   has been sent.
   */
  postMessages(values: Iterable<Send>): boolean | undefined;

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

  /** Called with each message; to set it starts the port. Null: nothing. */
  onmessage: ((event: PortMessageEvent<Receive>) => any) | null;
  /** Called for each message that cannot be deserialized. Null: nothing. */
  onmessageerror: ((event: PortMessageEvent<Error>) => any) | null;

  /**
   * Add a listener for messages, which gets an event. The first one starts the port, as
   * that of `on` does.
   */
  addEventListener(
    type: 'message', listener: (event: PortMessageEvent<Receive>) => void,
    options?: EventListenerOptions & { once?: boolean } | boolean): void;
  /** Add a listener for any event. */
  addEventListener(
    type: string, listener: ((event: any) => void) | { handleEvent(event: any): void },
    options?: EventListenerOptions & { once?: boolean } | boolean): void;

  /** Add a listener; see {@link MessagePortEvents}. */
  on<E extends keyof MessagePortEvents>(
    event: E, listener: (...args: MessagePortEvents<Receive>[E]) => void): this;
  /** Add a listener for an event of your own. */
  on<E extends string | symbol>(
    event: OtherEvent<MessagePortEvents, E>, listener: (...args: any[]) => void): this;
  /** Add a listener that is called once; see {@link MessagePortEvents}. */
  once<E extends keyof MessagePortEvents>(
    event: E, listener: (...args: MessagePortEvents<Receive>[E]) => void): this;
  /** Add a listener for an event of your own that is called once. */
  once<E extends string | symbol>(
    event: OtherEvent<MessagePortEvents, E>, listener: (...args: any[]) => void): this;

  /** Close the port. */
  [Symbol.dispose](): void;
  /** Close the port and wait for its 'close'. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Two connected ports.
 *
 * @typeParam Out the type of the values that go from `port1` to `port2`
 * @typeParam In the type of the values that go from `port2` to `port1`
 */
export declare class MessageChannel<Out = any, In = any> {
  /**
   * Both ports belong to this thread until one is sent away.
   * @param options limits of what is queued; without them queues grow, as with Node
   * @throws {TypeError | RangeError} if an option is wrong
   */
  constructor(options?: FlowOptions);
  /** One end. */
  readonly port1: MessagePort<Out, In>;
  /** The other end. */
  readonly port2: MessagePort<In, Out>;
  /** Close both ports. */
  [Symbol.dispose](): void;
}

/** Node's options; ringport's ports may be transferred too. */
export interface WorkerOptions extends Omit<nodeThreads.WorkerOptions, 'transferList'>, FlowOptions {
  /** What to transfer instead of cloning it, of what `workerData` contains. */
  transferList?: Transferable[] | undefined;
}

/** The events of a `Worker`, each with the arguments of a listener that `on` adds. */
export interface WorkerEvents<Receive = any> {
  /** The worker runs JavaScript. */
  online: [];
  /** A message of the worker has arrived. */
  message: [value: Receive];
  /**
   * All messages of the worker that are there, in order, in one array. While it has
   * listeners, `message` is not emitted.
   */
  messages: [values: Receive[]];
  /** A message has arrived that cannot be deserialized. */
  messageerror: [error: Error];
  /** An exception in the worker was not caught: the worker ends. */
  error: [error: any];
  /**
   * The worker has ended: by 0, by what it gave to `process.exit`, or by 1 if it was
   * terminated. Everything that it had posted has arrived before.
   */
  exit: [exitCode: number];
}

/** What a Worker has in common with ports. */
export interface Worker<Send = any, Receive = any> extends Flow<Receive>, Requests {}

/**
 * Node's Worker; messages to and from it go over ringport. `worker_threads.Worker`
 * describes the rest.
 *
 * @typeParam Send the type of the values that are sent to the worker
 * @typeParam Receive the type of the values that the worker sends: for the compiler only,
 *   nothing checks them
 */
export declare class Worker<Send = any, Receive = any> extends nodeThreads.Worker {
  /**
   * Start a thread.
   * @param filename the file that it runs, or its code with the option `eval`
   * @param options Node's
   */
  constructor(filename: string | URL, options?: WorkerOptions);

  /**
   * As MessagePort's, but returns nothing, as Node's does. With a `highWaterMark` it
   * returns whether what is queued is below it. That counts for what the worker's
   * `parentPort` sends, too. The worker has to load ringport: until then what is sent stays
   * in the count.
   * @param value any value that can be cloned
   * @param transfer what to transfer instead of cloning it
   * @throws {DOMException} DataCloneError if the value cannot be cloned, with `path`
   */
  postMessage(
    value: Send, transfer?: Iterable<Transferable> | PostMessageOptions | null): boolean | undefined;

  /**
   * As MessagePort's, 'messages' too. To a worker that has not loaded ringport yet they
   * go one by one.
   * @param values any iterable; it is read to its end before this returns
   */
  postMessages(values: Iterable<Send>): boolean | undefined;

  /** For what the worker sends; see MessagePort. */
  receiveViews: boolean;

  /** Add a listener; see {@link WorkerEvents}. */
  on<E extends keyof WorkerEvents>(
    event: E, listener: (...args: WorkerEvents<Receive>[E]) => void): this;
  /** Add a listener for an event of your own. */
  on<E extends string | symbol>(
    event: OtherEvent<WorkerEvents, E>, listener: (...args: any[]) => void): this;
  /** Add a listener that is called once; see {@link WorkerEvents}. */
  once<E extends keyof WorkerEvents>(
    event: E, listener: (...args: WorkerEvents<Receive>[E]) => void): this;
  /** Add a listener for an event of your own that is called once. */
  once<E extends string | symbol>(
    event: OtherEvent<WorkerEvents, E>, listener: (...args: any[]) => void): this;
}

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

/** What `receiveMessageOnPort` and `RingBuffer.receiveMessage` return. */
export interface ReceivedMessage<Receive = any> {
  /** The value that was posted. */
  message: Receive;
}

/**
 * Take one message out of a port's queue, without an event. Without `timeout` it does not
 * wait, as Node's. With one it blocks the thread for at most so many milliseconds, wakes
 * within microseconds, and returns at once when the other side closes. Works next to
 * listeners, and does not hold up `worker.terminate()` or the end of the process. A port
 * of Node's and a BroadcastChannel are looked at once in a millisecond, and their close is
 * not seen.
 * @param port a port of ringport or of Node
 * @param options how long to wait
 * @returns the message, or undefined when there is none
 * @throws {TypeError} ERR_INVALID_ARG_TYPE if it is not a port
 * @throws {RangeError} ERR_OUT_OF_RANGE for a negative timeout
 * @throws {RingportError} ERR_RINGPORT_DEADLOCK if it would wait for a port of this very
 *   thread; or, with `timeout: Infinity`, for a thread that waits for this one
 */
export declare function receiveMessageOnPort<Receive>(
  port: MessagePort<any, Receive>, options?: ReceiveOptions): ReceivedMessage<Receive> | undefined;
/** The same, of a port of Node. */
export declare function receiveMessageOnPort(
  port: nodeThreads.MessagePort | nodeThreads.BroadcastChannel,
  options?: ReceiveOptions): ReceivedMessage | undefined;

/**
 * Move a port into another context. There it is no EventTarget: set `onmessage` and
 * `onmessageerror`, then call `start()`. What it receives has the prototypes of that
 * context. Here the port is closed.
 * @param port a port of ringport or of Node
 * @param context what `vm.createContext` has returned
 * @throws {Error} ERR_CLOSED_MESSAGE_PORT
 * @throws {TypeError} ERR_INVALID_ARG_TYPE if it is not a port, or `context` no context
 */
export declare function moveMessagePortToContext(
  port: MessagePort | nodeThreads.MessagePort, context: Context): nodeThreads.MessagePort;

/**
 * How a thread idles. A process with one CPU, by its affinity or its container's quota,
 * neither polls nor waits.
 */
export interface IdleStrategy {
  /**
   * How long the thread polls for messages before its event loop blocks, in microseconds
   * (0 to 100,000). A message that arrives meanwhile costs neither side a wake-up, but
   * polling occupies a core. It ends when a timer is due or the thread has other work,
   * becomes shorter while unsuccessful, and stops if others need the core. It delays I/O
   * and signals at most that long, and keeps no process alive. 0, the default: no polling.
   */
  spin: number;
  /**
   * How long a drained port that has sent something waits for an answer before its thread
   * sleeps, in microseconds (0 to 1,000). It occasionally waits twice as long, and 4 us if
   * it has sent nothing. 20, the default, stands for the cost of a sleep on this machine,
   * which ringport measures: 20 to 100. 0: never. Unsuccessful waits become rare, and a
   * wait ends when the thread has other work. Unused while `spin` is set.
   */
  linger: number;
}

/**
 * Configures how this thread idles. The environment variables `RINGPORT_SPIN` and
 * `RINGPORT_LINGER` set it for all threads.
 * @param strategy a property that is left out gets its default
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, {RangeError} ERR_OUT_OF_RANGE; nothing has
 *   changed
 */
export declare function setIdleStrategy(strategy: Partial<IdleStrategy>): void;

/** This thread's strategy: what `setIdleStrategy` was given, or the default. */
export declare function getIdleStrategy(): IdleStrategy;

/**
 * Node's `postMessageToThread`, where Node has it, with ports of ringport in the transfer
 * list: the other thread gets a port of Node's for each, and this one passes on what
 * comes to either.
 * @param threadId of the thread that gets the value, as a 'workerMessage' of its `process`
 * @param value any value that can be cloned
 * @param transferList what to transfer instead of cloning it
 * @param timeout milliseconds
 */
export declare function postMessageToThread(
  threadId: number, value: any, transferList: readonly Transferable[], timeout?: number,
): Promise<void>;
/** The same, without a transfer list. */
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
   * Bytes of the messages received, as encoded, with what is transferred beside them in
   * blocks of ringport's.
   */
  bytesIn: number;
  /** Bytes of the messages posted, in the same way. */
  bytesOut: number;
  /** How often its event loop was woken up by messages. */
  wakeUps: number;
  /**
   * Messages by ring that wait to be received by its ports, all of a batch that is being
   * delivered included. Also known of a thread that is blocked.
   */
  queued: number;
  /**
   * Messages posted by its ports that Node's channels have carried, wholly or in part, but
   * not the first few between a worker and its parent.
   */
  byNode: number;
  /** How often what its ports have sent has reached a `highWaterMark`. */
  stalls: number;
}

/**
 * The threads of this process that have ringport loaded, and those that its Worker has
 * started, by `threadId`. A snapshot that stops no thread: the numbers of one are of
 * almost the same moment. Polling it costs microseconds.
 */
export declare function threads(): ThreadInfo[];

/**
 * A value as bytes that stand for themselves: the codec of the ports, for a file or a
 * socket. Also exported by `ringport/codec`, which loads no addon.
 * @param value any value that structured clone takes, except what is named below
 * @throws {DOMException} DataCloneError, with `path`, for what cannot be bytes: functions,
 *   shared memory, Node's own objects
 */
export declare function serialize(value: any): Buffer;

/**
 * The value that `serialize` was given. Also exported by `ringport/codec`.
 * @param bytes what `serialize` has returned; they may come from anywhere
 * @throws {TypeError} ERR_INVALID_ARG_TYPE if it is no Uint8Array
 * @throws {RingportError} ERR_RINGPORT_CORRUPT if the bytes are not what `serialize`
 *   makes, ERR_RINGPORT_VERSION if a later format made them
 */
export declare function deserialize(bytes: Uint8Array): any;

/** The `code` of an error of ringport's own. */
export type RingportErrorCode =
  /** `release`, `commit` or `abort` out of turn, or a write while a record is claimed. */
  | 'ERR_RINGPORT_CLAIM'
  /** The ring is closed. */
  | 'ERR_RINGPORT_CLOSED'
  /** Bytes or shared memory make no sense. */
  | 'ERR_RINGPORT_CORRUPT'
  /** Both threads, or all of a circle, would wait for each other. */
  | 'ERR_RINGPORT_DEADLOCK'
  /** This RingBuffer has been detached from its ring. */
  | 'ERR_RINGPORT_DETACHED'
  /** A read within the callback of `drain`. */
  | 'ERR_RINGPORT_DRAINING'
  /** There is no room in the ring. */
  | 'ERR_RINGPORT_FULL'
  /** The addon is not in use: see `active`. */
  | 'ERR_RINGPORT_INACTIVE'
  /** There is no ring in this memory, or not the one that was asked for. */
  | 'ERR_RINGPORT_INVALID_RING'
  /** Not a transfer handle, or one that has been used. */
  | 'ERR_RINGPORT_INVALID_TRANSFER_HANDLE'
  /** No binary of the addon fits. */
  | 'ERR_RINGPORT_NO_BINARY'
  /** The other side has no handler for requests. */
  | 'ERR_RINGPORT_NO_HANDLER'
  /** The exposed object has no such method. */
  | 'ERR_RINGPORT_NO_METHOD'
  /** The system gives no random numbers. */
  | 'ERR_RINGPORT_NO_RANDOM'
  /** The worker of a ThreadStream has ended, or stands still, before it had all data. */
  | 'ERR_RINGPORT_NOT_DELIVERED'
  /** The other side is a port of Node, or a worker without addons. */
  | 'ERR_RINGPORT_NO_RING'
  /** This thread has no SharedArrayBuffer. */
  | 'ERR_RINGPORT_NO_SHARED_MEMORY'
  /** A bundle lacks the file that the workers of a pool run. */
  | 'ERR_RINGPORT_NO_WORKER_FILE'
  /** The port belongs to another version of ringport in this process. */
  | 'ERR_RINGPORT_OTHER_COPY'
  /** The queue of a port has reached its `highWaterMark`. */
  | 'ERR_RINGPORT_OVERFLOW'
  /** As many tasks wait for the pool as maxQueue allows. */
  | 'ERR_RINGPORT_QUEUE_FULL'
  /** The ring has its one producer or consumer already. */
  | 'ERR_RINGPORT_TAKEN'
  /** The pool has ended the worker of a task. */
  | 'ERR_RINGPORT_TERMINATED'
  /** A task, or close() of a pool, has taken too long. */
  | 'ERR_RINGPORT_TIMEOUT'
  /** The record is longer than `maxLength`. */
  | 'ERR_RINGPORT_TOO_LARGE'
  /** The runtime lacks an internal of Node that ringport uses. */
  | 'ERR_RINGPORT_UNSUPPORTED'
  /** A later version has made these bytes, or this ring. */
  | 'ERR_RINGPORT_VERSION'
  /** The worker of a task has ended. */
  | 'ERR_RINGPORT_WORKER_EXITED';

/** An error of ringport's own; all others are Node's, with Node's codes. */
export declare class RingportError extends Error {
  /** For ringport itself. */
  constructor(code: RingportErrorCode, message: string, options?: ErrorOptions);
  /** What has gone wrong: docs/errors.md has a row for each. */
  code: RingportErrorCode;
}

export type { Flow, FlowOptions, MessageStreamOptions, PortStats } from './flow/index.js';
export { wrap, wrapSync } from './request/index.js';
export type {
  ReceiveOptions, Remote, RemoteSync, RequestContext, RequestHandler, RequestOptions, Requests, SyncRequestOptions,
} from './request/index.js';
export { Pool } from './pool/index.js';
export type {
  ErrorClass, PoolEvents, PoolHistogramSummary, PoolMapOptions, PoolOptions, PoolRunOptions, PoolStats, PoolTask, PoolTaskContext,
  PoolTaskQueue, PoolWorkerInfo,
} from './pool/index.js';
export { RingBuffer } from './ring-buffer/index.js';
export type {
  RingBufferEvents, RingBufferMode, RingBufferOptions, RingBufferRoomOptions, RingBufferSignal, RingBufferStats, RingBufferWaitOptions,
} from './ring-buffer/index.js';
