/**
 * `node -r ringport/thread-stream/register app.js`, or `--import`, or the first line of a
 * program: `require('thread-stream')` loads `ringport/thread-stream`. So pino's transports
 * run on a ring. It has no exports.
 *
 * @module ringport/thread-stream/register
 */
export {};
