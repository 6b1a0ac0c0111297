/*
 * Flow control, iteration and streams of ports, Workers and parentPort.
 */
import type { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';

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
  /** Messages that `overflow: 'drop-newest'` has dropped. */
  dropped: number;
  /** Messages and requests that `overflow` has refused with an error. */
  refused: number;
}

/**
 * What ports and Workers have for flow control, iteration and streams.
 *
 * @typeParam Receive the type of the values that are received
 */
export interface Flow<Receive = any> extends AsyncIterable<Receive> {
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
   * what has not been asked for stays in its queue. Ends when the port has closed or the
   * Worker has exited, after what was sent before. Each message goes to one of those who
   * iterate or call receive(), the one that has waited longest; `receiveViews` has no
   * effect on them. As with any listener of a Worker, what came before is lost.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Receive>;
  /**
   * The messages as a Web stream, which takes one from the queue when it is read. The
   * same stream until it ends or is cancelled, which leaves the port open.
   */
  readonly readable: ReadableStream<Receive>;
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

/** Options of `createReadStream()` and `createWriteStream()`. */
export interface MessageStreamOptions {
  /** Messages that the stream itself buffers; 16 unless given. */
  highWaterMark?: number | undefined;
  /** Destroys the stream. */
  signal?: AbortSignal | undefined;
}
