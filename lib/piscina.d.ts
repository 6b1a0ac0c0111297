/**
 * `ringport/piscina`: the interface and the defaults of piscina 5, over ringport.
 *
 * @module ringport/piscina
 */
import { Pool, PoolTask, PoolTaskQueue } from './index.js';

/** A queue in the order of arrival, in two names. */
declare class Queue implements PoolTaskQueue {
  /** How many tasks wait. */
  readonly size: number;
  /** Whether none does. */
  isEmpty(): boolean;
  /** Add a task. */
  push(task: PoolTask): void;
  /** Add a task before all others. */
  unshift(task: PoolTask): void;
  /** Remove the oldest task, and return it. */
  shift(): PoolTask | null;
  /** Remove a task, if it waits. */
  remove(task: PoolTask): void;
}

/** {@link Pool} with piscina's defaults; the function of a task gets no second argument. */
declare class Piscina<T = any, R = any> extends Pool<T, R> {
  /** The class itself. */
  static readonly Piscina: typeof Piscina;
}

declare namespace Piscina {
  /** A queue in the order of arrival. */
  export class FixedQueue extends Queue {}
  /** The same. */
  export class ArrayTaskQueue extends Queue {}
  export type { PoolTask as PiscinaTask, PoolTaskQueue as TaskQueue };
}

export = Piscina;
