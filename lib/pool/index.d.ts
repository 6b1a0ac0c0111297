/** Pool: tasks in worker threads. Exported by `ringport`. */
import type { EventEmitter, EventEmitterAsyncResource } from 'node:events';
import type { MessagePort as NodeMessagePort, ResourceLimits, WorkerOptions } from 'node:worker_threads';
import type { MessagePort, Transferable, Worker } from '../index.js';

/** A task in a pool's queue. A `taskQueue` must not change it. */
export interface PoolTask {
  /** Counts the tasks of all pools. */
  readonly taskId: number;
  /** The file that exports the function. */
  readonly filename: string;
  /** The name by which it does. */
  readonly name: string;
  /** When `run` was called, by `performance.now()`. */
  readonly created: number;
  /** Aborting it may end its worker. */
  readonly isAbortable: boolean;
  /** The option of `run`. */
  readonly priority: number;
}

/** A queue of the application's own: what decides which task is next. */
export interface PoolTaskQueue {
  /** How many tasks wait. */
  readonly size: number;
  /** Remove the next task, and return it; null if there is none. */
  shift(): PoolTask | null;
  /** Add a task. */
  push(task: PoolTask): void;
  /** Remove a task, if it waits. */
  remove(task: PoolTask): void;
  /** Add a task before all others. Without it the pool keeps tasks that it has to return. */
  unshift?(task: PoolTask): void;
}

/** A worker, as a `loadBalancer` and the events see it. */
export interface PoolWorkerInfo {
  /** Its `threadId`. */
  readonly id: number;
  /** How many tasks it has; Infinity while it runs one that must not share it. */
  readonly currentUsage: number;
  /** It runs a task that must not share it. */
  readonly isRunningAbortableTask: boolean;
  /** How long its tasks have run; null without `workerHistogram`. */
  readonly histogram: PoolHistogramSummary | null;
  /** Always false; piscina has it. */
  readonly terminating: boolean;
  /** It has ended, or is being terminated. */
  readonly destroyed: boolean;
}

/** A distribution of times, in milliseconds. */
export interface PoolHistogramSummary {
  /** The arithmetic mean. */
  average: number;
  /** The same: piscina has both. */
  mean: number;
  /** The standard deviation. */
  stddev: number;
  /** The shortest time. */
  min: number;
  /** The longest time. */
  max: number;
  /** 0.001 % of the tasks took at most this long. */
  p0_001: number;
  /** 0.01 % of the tasks took at most this long. */
  p0_01: number;
  /** 0.1 % of the tasks took at most this long. */
  p0_1: number;
  /** 1 % of the tasks took at most this long. */
  p1: number;
  /** 2.5 % of the tasks took at most this long. */
  p2_5: number;
  /** 10 % of the tasks took at most this long. */
  p10: number;
  /** 25 % of the tasks took at most this long. */
  p25: number;
  /** 50 % of the tasks took at most this long. */
  p50: number;
  /** 75 % of the tasks took at most this long. */
  p75: number;
  /** 90 % of the tasks took at most this long. */
  p90: number;
  /** 97.5 % of the tasks took at most this long. */
  p97_5: number;
  /** 99 % of the tasks took at most this long. */
  p99: number;
  /** 99.9 % of the tasks took at most this long. */
  p99_9: number;
  /** 99.99 % of the tasks took at most this long. */
  p99_99: number;
  /** 99.999 % of the tasks took at most this long. */
  p99_999: number;
}

/** A class of errors, of Node or of the application. */
export interface ErrorClass {
  /** Make an error. */
  new (...args: any[]): Error;
}

/** Options of a `Pool`. */
export interface PoolOptions {
  /** The file that exports the function: a path or a file: URL. @default null: each run() names it */
  filename?: string | null | undefined;
  /** The name by which it does. @default 'default': also what `module.exports` is */
  name?: string | null | undefined;
  /** Workers that are started with the pool, and stay. @default half of the CPUs */
  minThreads?: number | undefined;
  /** Workers at most. @default the CPUs of the process and of its container's quota */
  maxThreads?: number | undefined;
  /** Milliseconds until a worker without tasks ends, if there are more than minThreads. @default 10000 */
  idleTimeout?: number | undefined;
  /** Tasks that may wait; 'auto' is the square of maxThreads. @default Infinity */
  maxQueue?: number | 'auto' | undefined;
  /** Tasks that a worker runs at the same time. @default 1 */
  concurrentTasksPerWorker?: number | undefined;
  /** Tasks that a busy worker gets in advance at most, 0 to 1024; as many as 2 ms of work. @default 64; 0 with a taskQueue or a loadBalancer of your own */
  lookAhead?: number | undefined;
  /** Milliseconds in which an aborted task that listens to its signal may end. @default 1000 */
  gracePeriod?: number | undefined;
  /** Classes of errors that a rejection is an instance of, if a task has thrown one of that name. */
  errorClasses?: ErrorClass[] | undefined;
  /** The workers'. */
  resourceLimits?: ResourceLimits | undefined;
  /** The workers'. */
  argv?: string[] | undefined;
  /** The workers'. */
  execArgv?: string[] | undefined;
  /** The workers'. */
  env?: WorkerOptions['env'];
  /** The workers'. */
  workerData?: any;
  /** The workers'. @default true */
  trackUnmanagedFds?: boolean | undefined;
  /** Where tasks wait. @default by priority, then in their order */
  taskQueue?: PoolTaskQueue | undefined;
  /** By how much the workers lower their priority; on Linux only. @default 0 */
  niceIncrement?: number | undefined;
  /** Milliseconds that `close` waits for tasks. @default 30000 */
  closeTimeout?: number | undefined;
  /** Whether to measure how long tasks wait and run. @default true */
  recordTiming?: boolean | undefined;
  /** Whether to measure how long the tasks of each worker run. @default false */
  workerHistogram?: boolean | undefined;
  /** Chooses the worker for a task; null: none, the task waits. */
  loadBalancer?: ((task: PoolTask, workers: PoolWorkerInfo[]) => PoolWorkerInfo | null | undefined) | undefined;
  /** piscina's; without effect. */
  atomics?: 'sync' | 'async' | 'disabled' | undefined;
  /** piscina's; without effect: tasks are always in order. */
  stricterFIFO?: boolean | undefined;
}

/** Options of `run`. */
export interface PoolRunOptions {
  /** What to transfer instead of cloning it. */
  transferList?: readonly Transferable[] | undefined;
  /** Another file than the pool's. */
  filename?: string | null | undefined;
  /** Another name than the pool's. */
  name?: string | null | undefined;
  /** Aborts the task: it never begins, or is told so, or its worker ends. */
  signal?: AbortSignal | EventEmitter | null | undefined;
  /** Higher ones begin first. @default 0 */
  priority?: number | undefined;
  /** Milliseconds from now until the task is aborted. @default Infinity */
  timeout?: number | undefined;
}

/** Options of `map`. */
export interface PoolMapOptions extends Omit<PoolRunOptions, 'transferList'> {
  /** Tasks at the same time. @default as many as the workers run */
  concurrency?: number | undefined;
  /** Whether the results come in the order of the values. @default true */
  ordered?: boolean | undefined;
}

/** The second argument of a task's function. */
export interface PoolTaskContext {
  /** Aborted with the task, which then has `gracePeriod` to end. */
  readonly signal: AbortSignal;
  /** The task has been aborted: for loops, during which no event comes. */
  readonly aborted: boolean;
}

/** What `stats` returns. */
export interface PoolStats {
  /** Workers. */
  threads: number;
  /** Those without a task. */
  idleThreads: number;
  /** Workers started so far. */
  started: number;
  /** Those that have ended by themselves. */
  crashed: number;
  /** Tasks that wait. */
  queued: number;
  /** Tasks that have a worker. */
  running: number;
  /** Tasks that have not been settled. */
  outstanding: number;
  /** Tasks that have been. */
  completed: number;
  /** Those that were rejected. */
  failed: number;
  /** Milliseconds since the pool was made. */
  duration: number;
  /** See `Pool.utilization`. */
  utilization: number;
  /** Each worker. */
  workers: {
    /** As the Worker's. */
    threadId: number;
    /** It has loaded its file. */
    isReady: boolean;
    /** Tasks that it has now, those in advance included. */
    assigned: number;
    /** Tasks that it has run. */
    completed: number;
  }[];
}

/** The events of a `Pool`, each with the arguments of a listener that `on` adds. */
export interface PoolEvents {
  /** A worker has posted something by its parentPort. */
  message: [value: any];
  /** A worker has ended by an exception, or close() has timed out, and no task can be told. */
  error: [error: any];
  /** One worker is free again. */
  drain: [];
  /** All workers are busy. */
  needsDrain: [];
  /** close() has ended. */
  close: [];
  /** A worker has been started. */
  workerCreate: [worker: PoolWorkerInfo];
  /** A worker has ended, or is being terminated. */
  workerDestroy: [worker: PoolWorkerInfo];
}

type OtherEvent<Name> = Name extends keyof PoolEvents ? never : Name;

/**
 * A pool of worker threads with piscina's interface. A task is a call of a function that
 * a file exports, with one argument and a {@link PoolTaskContext}.
 *
 * @typeParam Task the type of the argument
 * @typeParam Result the type of what the function returns: for the compiler only
 */
export declare class Pool<Task = any, Result = any> extends EventEmitterAsyncResource {
  /**
   * Start `minThreads` workers.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, {RangeError}
   *   ERR_OUT_OF_RANGE for an invalid option; {DOMException} DataCloneError for workerData
   */
  constructor(options?: PoolOptions);

  /**
   * Run a task.
   * @param task what the function gets. It is cloned when a worker gets it.
   * @returns what the function returns. Rejects with what it throws; with an AbortError;
   *   {RingportError} ERR_RINGPORT_TIMEOUT, ERR_RINGPORT_QUEUE_FULL,
   *   ERR_RINGPORT_WORKER_EXITED, ERR_RINGPORT_TERMINATED; with the exception that has
   *   ended its worker; {DOMException} DataCloneError; {TypeError} for an invalid argument
   */
  run(task?: Task, options?: PoolRunOptions): Promise<Result>;
  /**
   * Run a task, and block this thread until it has ended. It begins before the tasks that
   * wait, in a worker without tasks if there is one. Meanwhile this thread handles nothing
   * else. A worker that ends rejects with ERR_RINGPORT_WORKER_EXITED, without an exit code.
   * @param task what the function gets
   * @param options `signal` matters only if it is aborted already
   * @returns what the function returns, or what its promise resolves to
   * @throws what `run` rejects with; {RingportError} ERR_RINGPORT_DEADLOCK: its workers
   *   wait for this thread
   */
  runSync(task?: Task, options?: PoolRunOptions): Awaited<Result>;
  /**
   * Run a task for each value. The next value is taken when there is room for its task.
   * The first error ends the loop, and aborts the tasks that are left; so does `break`.
   * @param values any iterable
   */
  map(values: Iterable<Task> | AsyncIterable<Task>, options?: PoolMapOptions): AsyncGenerator<Awaited<Result>, void>;
  /**
   * Run a task once in each worker that there is.
   * @returns the results, in the order of `threads`
   */
  broadcast(task?: Task, options?: Pick<PoolRunOptions, 'filename' | 'name'>): Promise<Result[]>;
  /**
   * Wait for all tasks, then end the workers. New tasks are rejected meanwhile.
   * @param options force: reject the tasks that wait
   */
  close(options?: { force?: boolean | undefined }): Promise<void>;
  /** End the workers, and reject all tasks. @returns resolves when the threads have ended */
  destroy(): Promise<void>;
  /** Counters. */
  stats(): PoolStats;
  /** close(), without waiting for it. */
  [Symbol.dispose](): void;
  /** close() */
  [Symbol.asyncDispose](): Promise<void>;

  /** All options, with their defaults. */
  readonly options: Readonly<PoolOptions>;
  /** The option. */
  readonly minThreads: number;
  /** The option. */
  readonly maxThreads: number;
  /** The workers. */
  readonly threads: Worker[];
  /** How many of them have no task. */
  readonly idleThreads: number;
  /** How many tasks wait. */
  readonly queueSize: number;
  /** How many tasks have been settled. */
  readonly completed: number;
  /** Milliseconds since the pool was made. */
  readonly duration: number;
  /** All workers are busy. */
  readonly needsDrain: boolean;
  /** The part of the time of maxThreads workers that tasks have used: 0 to 1. */
  readonly utilization: number;
  /** How long tasks have run; null without `recordTiming`. */
  readonly runTime: PoolHistogramSummary | null;
  /** How long tasks have waited; null without `recordTiming`. */
  readonly waitTime: PoolHistogramSummary | null;
  /** Both, and how to begin anew. */
  readonly histogram: {
    /** As `runTime`. */
    readonly runTime: PoolHistogramSummary | null;
    /** As `waitTime`. */
    readonly waitTime: PoolHistogramSummary | null;
    /** Forget the times that tasks have run. */
    resetRunTime(): void;
    /** Forget the times that tasks have waited. */
    resetWaitTime(): void;
  };

  /** This thread is a worker of a pool. */
  static readonly isWorkerThread: boolean;
  /** In a worker of a pool, the option. */
  static readonly workerData: any;
  /** The version of ringport. */
  static readonly version: string;
  /** Property of an object that `move` takes: what to transfer. */
  static readonly transferableSymbol: unique symbol;
  /** Property of an object that `move` takes: what to send. */
  static readonly valueSymbol: unique symbol;
  /** Property of a task: what a `taskQueue` is to know. */
  static readonly queueOptionsSymbol: unique symbol;
  /**
   * Mark a task or a result as one to transfer instead of clone.
   * @returns what to give to run(), or to return from a task
   */
  static move<T>(value: T | NodeMessagePort | MessagePort): T;
}

export interface Pool {
  /** Add a listener; see {@link PoolEvents}. */
  on<E extends keyof PoolEvents>(event: E, listener: (...args: PoolEvents[E]) => void): this;
  /** Add a listener for an event of your own. */
  on<E extends string | symbol>(event: OtherEvent<E>, listener: (...args: any[]) => void): this;
  /** Add a listener that is called once; see {@link PoolEvents}. */
  once<E extends keyof PoolEvents>(event: E, listener: (...args: PoolEvents[E]) => void): this;
  /** Add a listener for an event of your own that is called once. */
  once<E extends string | symbol>(event: OtherEvent<E>, listener: (...args: any[]) => void): this;
}
