/**
 * `ringport/thread-stream`: the interface of thread-stream 4, over a ring.
 *
 * @module ringport/thread-stream
 */
import type { EventEmitter } from 'node:events';
import type { Transferable, Worker, WorkerOptions } from './index.js';

declare namespace ThreadStream {
  /** What a stream is made of. */
  export interface ThreadStreamOptions {
    /**
     * The module of the destination: a path, or a `file:` or `data:` URL. It exports a
     * function `(workerData) => destination`, also by a Promise; a destination is a
     * Writable, or has its `write`, `end`, `on` and events.
     */
    filename: string | URL;
    /**
     * Bytes that may be on their way before `write` returns false, and before a write
     * with `sync` blocks. @default 4 MiB
     */
    bufferSize?: number | undefined;
    /**
     * Whether a write is in shared memory when it returns, and waits for room if there is
     * none. Otherwise the strings of a turn of the event loop are written together at its
     * end. @default false
     */
    sync?: boolean | undefined;
    /** The argument of the function of `filename`. @default {} */
    workerData?: any;
    /** Options of the Worker; `name` is 'thread-stream' unless given. @default {} */
    workerOpts?: WorkerOptions | undefined;
  }

  /** The events of a stream; transports emit others by name. */
  export interface ThreadStreamEvents {
    /** The destination has been loaded, and has what was written before. */
    ready: [];
    /** All data is in shared memory after `write` returned false. */
    drain: [];
    /** The destination is closed, after `end`. */
    finish: [];
    /** The worker has ended. */
    close: [];
    /** The destination or its worker failed, or a write came too late. */
    error: [error: Error];
    /** To be emitted by the application: posts a message to the worker. */
    message: [message: any, transferList?: readonly Transferable[] | undefined];
  }
}

/** A stream whose destination runs in a worker. */
declare class ThreadStream extends EventEmitter<any> {
  /**
   * Start the worker.
   * @param options `filename` is required
   * @throws {Error} if `bufferSize` is less than 4
   */
  constructor(options: ThreadStream.ThreadStreamOptions);

  /** The worker. */
  readonly worker: Worker;
  /** Whether 'ready' has been emitted. */
  readonly ready: boolean;
  /** Whether the stream has failed, or its worker has ended. */
  readonly destroyed: boolean;
  /** Whether 'close' has been emitted. */
  readonly closed: boolean;
  /** Whether `write` takes data. */
  readonly writable: boolean;
  /** Whether `end` has been called. */
  readonly writableEnded: boolean;
  /** Whether 'finish' has been emitted. */
  readonly writableFinished: boolean;
  /** Whether there will be a 'drain'. */
  readonly writableNeedDrain: boolean;
  /** False. */
  readonly writableObjectMode: boolean;
  /** What 'error' was emitted with, if the stream has failed. */
  readonly writableErrored: Error | null;

  /**
   * Write data. Never throws for a stream that has failed or ended: that is an 'error'.
   * @param data a string, or bytes of UTF-8
   * @returns false if 'drain' should be waited for, or if the data was not taken
   */
  write(data: string | Uint8Array): boolean;
  /**
   * Block until the destination has all data and is closed, at most 10 s without
   * progress; then 'finish', or 'error'. Without `sync` that begins when the turn of the
   * event loop is over.
   */
  end(): void;
  /**
   * Flush the destination, when it has all data.
   * @param callback is called then, and keeps the worker and the event loop alive until it is
   */
  flush(callback?: (error?: Error) => void): void;
  /**
   * Block until the destination has taken all data.
   * @throws {RingportError} ERR_RINGPORT_NOT_DELIVERED if the worker ends, or does not go on
   *   for 10 s
   */
  flushSync(): void;
  /** Let the worker keep the process alive, as it does at first. */
  ref(): void;
  /** Let the process end while the worker runs. */
  unref(): void;
}

export = ThreadStream;
