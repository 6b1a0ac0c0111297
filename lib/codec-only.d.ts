/**
 * `ringport/codec`: the codec by itself. It is JavaScript only: neither the addon nor any
 * other part of ringport is loaded, so it runs wherever Node does.
 *
 * @module ringport/codec
 */
export { serialize, deserialize } from './index.js';
export type { DataCloneError } from './index.js';
