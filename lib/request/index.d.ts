/**
 * Requests and their answers, on ports, Workers and parentPort; and waits for single
 * messages.
 */
import type { MessagePort, Transferable, Worker } from '../index.js';

/** How long to wait for a message, in milliseconds. */
export interface ReceiveOptions {
  /**
   * `receiveMessageOnPort`: 0 unless given, as Node's; `Infinity` waits without end.
   * `port.receive`: `Infinity` unless given.
   */
  timeout?: number | undefined;
}

/** How `requestSync` sends and waits. */
export interface SyncRequestOptions {
  /** In milliseconds. `Infinity` unless given. */
  timeout?: number | undefined;
  /** Objects in the value to be transferred, as postMessage's. */
  transfer?: Iterable<Transferable> | null | undefined;
}

/** How `request` sends and waits. */
export interface RequestOptions extends SyncRequestOptions {
  /** Gives the request up: it is rejected with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** What a handler gets besides the value. */
export interface RequestContext {
  /**
   * Aborted when nobody waits for the answer any more: with a TimeoutError after the
   * request's timeout, with the reason of the request's own signal, or with
   * ERR_RINGPORT_CLOSED when the other side has ended.
   */
  readonly signal: AbortSignal;
  /** Empty. What the handler appends is transferred with its result. */
  readonly transfer: Transferable[];
}

/**
 * Answers requests: with what it returns, or what its promise resolves with; what it
 * throws is thrown on the other side.
 */
export type RequestHandler = (value: any, context: RequestContext) => unknown;

/** What ports, Workers and parentPort have in common. */
export interface Requests {
  /**
   * Send a value to the other side's handler. It takes its place among the messages of
   * this port, and no listener sees it. Any number may be open at a time. Keeps the event
   * loop alive until it is answered.
   *
   * Between a Worker and its parent the first request ends the use of Node's channel. The
   * worker must load ringport: one that does not gets neither requests nor messages
   * afterwards.
   * @returns what the handler returns, or what its promise resolves with. Rejected with
   *   what the handler throws: an error keeps its class if it is one of JavaScript's, a
   *   DOMException or a RingportError, and its name, message, stack, cause and own
   *   properties, as far as they can be cloned. Rejected also with
   *   a TimeoutError (DOMException) after `timeout` milliseconds;
   *   the reason of `signal`;
   *   ERR_RINGPORT_CLOSED if either side closes or transfers its port, or its thread ends;
   *   ERR_RINGPORT_NO_HANDLER if the other side has no handler, a second after the request
   *   has come there;
   *   ERR_RINGPORT_NO_RING if the other side is a worker without addons or a port of Node;
   *   a DataCloneError, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE or ERR_OUT_OF_RANGE:
   *   then nothing has been sent
   */
  request<T = any>(value: unknown, options?: RequestOptions): Promise<T>;

  /**
   * As `request`, but blocks the thread until there is the answer, which takes
   * microseconds if the other thread is awake. Messages and requests that come before it
   * are delivered afterwards, in order. Does not hold up `worker.terminate()` or the end
   * of the process.
   * @throws what `request` is rejected with; and at once ERR_RINGPORT_DEADLOCK if the
   *   other end is a port of this thread, or if its thread waits for this one in the same
   *   way, directly or by way of others
   */
  requestSync<T = any>(value: unknown, options?: SyncRequestOptions): T;

  /**
   * Answer the requests of the other side; null: no more. A port has one handler at a
   * time. It gets requests also while the port is stopped for lack of a 'message'
   * listener; messages wait for that listener as ever, and requests do not wait for those
   * messages. Keeps the event loop alive, as a listener does.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RingportError} ERR_RINGPORT_CLOSED, ERR_RINGPORT_NO_RING
   */
  handle(handler: RequestHandler | null): void;

  /**
   * Let the other side call the methods of an object, by `wrap` and `wrapSync`: its own
   * and those of its class, but not Object's; null: no more. Independent of `handle`.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RingportError} ERR_RINGPORT_CLOSED, ERR_RINGPORT_NO_RING
   */
  expose(object: object | null): void;
}

/** The methods of T, each of which returns a promise. */
export type Remote<T> = {
  readonly [K in keyof T as T[K] extends (...args: any[]) => any ? K : never]:
  T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

/** The methods of T, each of which blocks until there is its result. */
export type RemoteSync<T> = {
  readonly [K in keyof T as T[K] extends (...args: any[]) => any ? K : never]:
  T[K] extends (...args: infer A) => infer R ? (...args: A) => Awaited<R> : never;
};

/**
 * The object that the other side has exposed. Each call is a request: it returns and
 * throws as `request` does, and ERR_RINGPORT_NO_METHOD if there is no such method.
 * @typeParam T the type of the exposed object
 * @param port the port, Worker or parentPort whose other side has exposed it
 * @param options for each request; `timeout` in milliseconds
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
export declare function wrap<T extends object = Record<string, (...args: any[]) => any>>(
  port: MessagePort | Worker, options?: Pick<RequestOptions, 'timeout' | 'signal'>): Remote<T>;

/**
 * As `wrap`; each call is a `requestSync`.
 * @typeParam T the type of the exposed object
 * @param port the port, Worker or parentPort whose other side has exposed it
 * @param options for each request; `timeout` in milliseconds
 */
export declare function wrapSync<T extends object = Record<string, (...args: any[]) => any>>(
  port: MessagePort | Worker, options?: Pick<SyncRequestOptions, 'timeout'>): RemoteSync<T>;
