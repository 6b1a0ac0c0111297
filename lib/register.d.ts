/**
 * `node -r ringport/register app.js`, or `--import`: the application uses ringport
 * without a change.
 *
 * To load this module registers it: the exports of `node:worker_threads` and the globals
 * `MessageChannel` and `MessagePort` are ringport's then, in this thread and in every
 * thread that a `Worker` starts from it.
 *
 * @module ringport/register
 */

/**
 * Use ringport, in this thread and in those that it starts from now on. No effect if it
 * is in use.
 */
export declare function register(): void;

/**
 * Use what Node has, in this thread and in those that it starts from now on. Ports and
 * workers that are there stay what they are, and so do a worker's `parentPort` and
 * `workerData`.
 */
export declare function unregister(): void;
