import type { EventEmitter } from 'node:events';
import type { Readable, ReadableOptions, Writable, WritableOptions } from 'node:stream';
import type { ReceivedMessage } from '../index.js';

/**
 * Who may use a ring at the same time:
 * - `spsc`: one producer, one consumer, records of any length, wait-free on both sides;
 * - `mpsc`: many producers, one consumer, records of any length;
 * - `mpmc`: many producers, many consumers, slots of one size that hold a record each.
 */
export type RingBufferMode = 'spsc' | 'mpsc' | 'mpmc';

/** How a ring is made; of a ring that is attached to, what it must be. */
export interface RingBufferOptions {
  /** Who may use it at the same time. @default 'spsc' */
  mode?: RingBufferMode | undefined;
  /** `mpmc` only: the largest record in bytes. @default 120 */
  slotSize?: number | undefined;
  /**
   * Close the ring when the last handle of the other role has ended without closing it:
   * detached, collected, or its thread has ended. So a `for await` ends when its last
   * writer has. Not for rings whose writers or readers take turns. @default false
   */
  closeOnDisconnect?: boolean | undefined;
}

/**
 * What a ring has seen so far. The numbers of the other sides are of almost the same
 * moment.
 */
export interface RingBufferStats {
  /** Records that were written. */
  recordsIn: number;
  /** Their bytes, without headers. */
  bytesIn: number;
  /** Records that were read. */
  recordsOut: number;
  /** Their bytes, without headers. */
  bytesOut: number;
  /** How often a sleeping reader, or a writer that waited for room, was woken up. */
  wakeUps: number;
  /** How often a writer found no room. */
  fullStalls: number;
  /** How often a reader found no record. */
  emptyStalls: number;
  /** Claims that were given up. */
  aborted: number;
  /**
   * The most that was seen in use, in bytes (`mpmc`: in slots). It is looked at now and
   * then only.
   */
  highWater: number;
}

/** How long to wait. */
export interface RingBufferWaitOptions {
  /** Milliseconds to wait at most. @default Infinity */
  timeout?: number | undefined;
}

/** How long to wait, and for how much room. */
export interface RingBufferRoomOptions extends RingBufferWaitOptions {
  /** Bytes of the record there has to be room for. @default what did not fit last */
  length?: number | undefined;
}

/** How to stop a wait that does not block. */
export interface RingBufferSignal {
  /** Stops the wait with an AbortError. */
  signal?: AbortSignal | undefined;
}

/** The events of a `RingBuffer`, each with the arguments of a listener that `on` adds. */
export interface RingBufferEvents {
  /** A record has come after the ring was found empty. */
  readable: [];
  /** There is room after there was none. */
  writable: [];
  /** The ring is closed and, for a consumer, has been read to its end. */
  close: [];
  /**
   * The last producer, or the last consumer, has ended without closing the ring. A consumer
   * is told while it waits (in any way that does not block) or when it finds no record, a
   * producer while it waits or when it finds no room. The ring goes on: another may come.
   */
  disconnect: [role: 'producer' | 'consumer'];
}

/**
 * A lock-free ring of records in shared memory. Send its `buffer` to another thread, in
 * `workerData` or by `postMessage`, and attach to it there: `new RingBuffer(buffer)`.
 *
 * A RingBuffer becomes a producer of its ring when it first writes and a consumer when it
 * first reads, and stays it until `detach()`, until nobody can reach it any more, or
 * until its thread ends. Where a ring has but one producer or consumer, another gets
 * ERR_RINGPORT_TAKEN meanwhile.
 *
 * Reads and writes never wait; `waitReadable`, `waitWritable`, `readable` and `writable`
 * do.
 *
 * Errors, where nothing else is said: {RingportError} ERR_RINGPORT_CORRUPT if what is in
 * the memory makes no sense (any thread can write there), ERR_RINGPORT_TAKEN,
 * ERR_RINGPORT_DETACHED; {TypeError} ERR_INVALID_ARG_TYPE.
 */
export declare class RingBuffer {
  /**
   * A new ring.
   * @param capacity bytes for records and their headers (8 bytes each); rounded up to a
   *   power of two from 64 to 2^30
   * @param options who may use it, and what happens when they have ended
   * @throws {RangeError} ERR_OUT_OF_RANGE, {TypeError} ERR_INVALID_ARG_VALUE, also for an
   *   option that does not exist; {RingportError} ERR_RINGPORT_NO_SHARED_MEMORY where
   *   there is no SharedArrayBuffer
   */
  constructor(capacity: number, options?: RingBufferOptions);
  /**
   * The ring in this memory.
   * @param buffer the `buffer` of a RingBuffer, in any thread
   * @param options what the ring must be; `closeOnDisconnect` is this object's own
   * @throws {RingportError} ERR_RINGPORT_INVALID_RING if it is none, or not of the mode
   *   or slot size that is asked for; ERR_RINGPORT_VERSION if another version of ringport
   *   made it
   */
  constructor(buffer: SharedArrayBuffer, options?: RingBufferOptions);

  /** The shared memory: what to send to other threads. */
  readonly buffer: SharedArrayBuffer;
  /** Bytes for records and their headers. */
  readonly capacity: number;
  /** Who may use the ring at the same time. */
  readonly mode: RingBufferMode;
  /**
   * Bytes of the largest record: half the capacity less its header; with `mpmc` the size
   * of a slot.
   */
  readonly maxLength: number;
  /** Somebody has closed the ring: nothing can be written any more. */
  readonly closed: boolean;
  /** It is closed, and all that was written has been read. */
  readonly ended: boolean;
  /** Counted in the shared memory: reading them stops nobody. */
  readonly stats: RingBufferStats;

  /**
   * Write a record.
   * @param data the record; a string as UTF-8
   * @throws {RingportError} ERR_RINGPORT_FULL, ERR_RINGPORT_CLOSED,
   *   ERR_RINGPORT_TOO_LARGE; nothing is written then
   */
  write(data: Uint8Array | string): void;
  /**
   * The same, but a full ring is no error.
   * @param data the record; a string as UTF-8
   * @returns false if there was no room
   */
  tryWrite(data: Uint8Array | string): boolean;
  /**
   * Write records as long as there is room, and publish them at once. Those that are not
   * fit to be written are refused before the first one is.
   * @param list the records, in order
   * @returns how many were written
   */
  writeMany(list: Iterable<Uint8Array | string>): number;

  /**
   * Room for a record, to be filled in place, then to be committed or aborted. Nothing
   * else can be written meanwhile (ERR_RINGPORT_CLAIM).
   * @param length bytes
   * @returns null if there is no room
   */
  claim(length: number): Uint8Array | null;
  /** The record is there. The bytes that `claim` gave must not be written any more. */
  commit(): void;
  /** The record is not to be. */
  abort(): void;

  /** The next record as a copy, null if there is none. */
  read(): Buffer | null;
  /**
   * Copy the next record.
   * @param target where to, from its first byte on
   * @returns its length, -1 if there is none
   * @throws {RangeError} ERR_OUT_OF_RANGE if `target` is too small; the record stays
   */
  readInto(target: Uint8Array): number;
  /**
   * Call `callback` for each record that is there, at most `limit`, without a copy:
   * `bytes` must not be used after the callback has returned. A record is read when the
   * callback has been called, even if that throws.
   * @param callback is called with each record
   * @param limit records at most; all that are there unless given
   * @returns how many there were
   */
  drain(callback: (bytes: Uint8Array, length: number) => void, limit?: number): number;
  /**
   * The next record without a copy, null if there is none. It stays the next until it is
   * released or read.
   */
  peek(): Uint8Array | null;
  /**
   * Step over the record that `peek` gave.
   * @throws {RingportError} ERR_RINGPORT_CLAIM if there is none
   */
  release(): void;

  /**
   * Write a value as a record, in the form of `serialize`.
   * @param value any value that `serialize` takes
   * @throws {DOMException} DataCloneError for what cannot be bytes, and what `write`
   *   throws
   */
  postMessage(value: any): void;
  /**
   * The same, but a full ring is no error.
   * @param value any value that `serialize` takes
   * @returns false if there was no room
   */
  tryPostMessage(value: any): boolean;
  /**
   * The value of the next record, which must have been written by `postMessage`.
   * @returns undefined if there is none
   * @throws what `deserialize` throws; the record has been read then
   */
  receiveMessage(): ReceivedMessage | undefined;

  /**
   * Block this thread until there is a record.
   * @returns false if time is up, or the ring has ended
   */
  waitReadable(options?: RingBufferWaitOptions): boolean;
  /**
   * Block this thread until there is room.
   * @returns false if time is up, or the ring is closed
   */
  waitWritable(options?: RingBufferRoomOptions): boolean;
  /**
   * Wait until there is a record. Keeps the thread's event loop alive meanwhile, see
   * `unref`.
   * @returns false if time is up, or the ring has ended
   */
  readable(options?: RingBufferWaitOptions & RingBufferSignal): Promise<boolean>;
  /** Wait until there is room. @returns false if time is up, or the ring is closed */
  writable(options?: RingBufferRoomOptions & RingBufferSignal): Promise<boolean>;

  /** The records, until the ring has ended. To stop early leaves it open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer>;
  /**
   * The records as a stream, which ends with the ring. To destroy it closes the ring.
   * With `objectMode` each chunk is a record, else records run together as bytes do.
   */
  createReadStream(options?: Pick<ReadableOptions, 'highWaterMark' | 'objectMode' | 'encoding' | 'signal'>): Readable;
  /**
   * Chunks become records, larger ones several. The end of the stream, or to destroy it,
   * closes the ring.
   */
  createWriteStream(options?: Pick<WritableOptions, 'highWaterMark' | 'defaultEncoding' | 'signal'>): Writable;

  /** Close the ring: nothing more is written, by anyone; what there is can be read. */
  close(): void;
  /** Give up this object's part in the ring, which goes on without it. */
  detach(): void;
  /**
   * `detach()`. The ring stays open for others, unless they have `closeOnDisconnect`.
   * @throws {RingportError} ERR_RINGPORT_DRAINING within `drain`
   */
  [Symbol.dispose](): void;
  /** The same; rejects instead of throwing. */
  [Symbol.asyncDispose](): Promise<void>;

  /**
   * Whether a wait, or a listener, keeps the thread's event loop alive. It does unless
   * told otherwise, and `process.getActiveResourcesInfo()` names it RingBuffer.
   */
  ref(): this;
  /** The event loop may end while this object waits. */
  unref(): this;
}

type OtherEvent<Name> = Name extends keyof RingBufferEvents ? never : Name;

export interface RingBuffer extends EventEmitter {
  /** Add a listener; see {@link RingBufferEvents}. */
  on<E extends keyof RingBufferEvents>(
    event: E, listener: (...args: RingBufferEvents[E]) => void): this;
  /** Add a listener for an event of your own. */
  on<E extends string | symbol>(
    event: OtherEvent<E>, listener: (...args: any[]) => void): this;
  /** Add a listener that is called once; see {@link RingBufferEvents}. */
  once<E extends keyof RingBufferEvents>(
    event: E, listener: (...args: RingBufferEvents[E]) => void): this;
  /** Add a listener for an event of your own that is called once. */
  once<E extends string | symbol>(
    event: OtherEvent<E>, listener: (...args: any[]) => void): this;
}
