/**
 * ringport: the API of `node:worker_threads`, with message ports over lock-free rings.
 *
 * Everything that `node:worker_threads` exports is exported here too. What this file declares is
 * ringport's own; all else is Node's.
 */
import * as threads from 'node:worker_threads';

export * from 'node:worker_threads';

/** Whatever Node can transfer, and ringport's ports. */
export type Transferable =
  | NonNullable<threads.WorkerOptions['transferList']>[number]
  | MessagePort;

/** The second form of `postMessage`'s second argument. */
export interface PostMessageOptions {
  transfer?: Iterable<Transferable> | undefined;
}

/**
 * One end of a channel: Node's MessagePort, with `detach` and `from` besides.
 *
 * A port cannot be constructed: take one from a `MessageChannel`, or `MessagePort.from` a passport.
 */
export declare class MessagePort {
  private constructor();

  /**
   * Make the port that `detach` took apart a port again, on the thread that has the passport now.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE if it is no MessagePort of Node
   * @throws {Error} ERR_RINGPORT_... if it is no passport, or one that was used before
   */
  static from(passport: threads.MessagePort): MessagePort;
}

export interface MessagePort extends threads.MessagePort {
  /**
   * Send a message. Never blocks. A failed call sends nothing and detaches nothing.
   * @returns true; undefined once the port is closed
   * @throws {DOMException} DataCloneError if the value cannot be cloned
   */
  postMessage(message: any, transfer?: Iterable<Transferable> | null): true | undefined;
  postMessage(message: any, options?: PostMessageOptions | null): true | undefined;

  /** Whether the port keeps its thread's event loop alive. */
  hasRef(): boolean;

  /**
   * Take this port off its thread: it is closed here, and what is returned is a plain port of Node
   * that can be sent over anything Node has - `workerData`, another port, a plain `Worker`. On the
   * other side `MessagePort.from` makes it a ringport port again, with every message that was queued.
   */
  detach(): threads.MessagePort;
}

/** Two connected ports. */
export declare class MessageChannel {
  constructor();
  readonly port1: MessagePort;
  readonly port2: MessagePort;
}

/** Node's options; ringport's ports may be transferred too. */
export interface WorkerOptions extends Omit<threads.WorkerOptions, 'transferList'> {
  transferList?: Transferable[] | undefined;
}

/** Node's Worker; messages to and from it go over ringport. */
export declare class Worker extends threads.Worker {
  constructor(filename: string | URL, options?: WorkerOptions);

  postMessage(
    value: any, transfer?: Iterable<Transferable> | PostMessageOptions | null): true | undefined;
}

/** In a worker, the port to the thread that started it; `null` on the main thread. */
export declare const parentPort: MessagePort | null;

/**
 * Take one message out of a port's queue, without waiting and without an event.
 * @returns the message, or undefined when there is none
 * @throws {TypeError} ERR_INVALID_ARG_TYPE if it is not a port
 */
export declare function receiveMessageOnPort(
  port: MessagePort | threads.MessagePort | threads.BroadcastChannel): { message: any } | undefined;

/**
 * A value as bytes that stand for themselves: the codec of the ports, for a file or a socket.
 * @throws {DOMException} DataCloneError if the value cannot be cloned by copying alone
 */
export declare function serialize(value: any): Uint8Array;

/**
 * The value that `serialize` was given.
 * @throws {Error} ERR_RINGPORT_... if the bytes are not what `serialize` makes
 */
export declare function deserialize(bytes: Uint8Array): any;
