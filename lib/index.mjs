// The ES module entry: the same objects as require('ringport') gives, by name.
//
// The names of an ES module are fixed, those of worker_threads differ from one Node line
// to the next: what the running Node does not have is undefined here.

import ringport from './index.js';

/* Tools that look for files to bring along, and do not know of `module-sync`, find it
 * here. */
void new URL('./import.mjs', import.meta.url);

export default ringport;

export const {
  BroadcastChannel,
  MessageChannel,
  MessagePort,
  Pool,
  RingBuffer,
  RingportError,
  SHARE_ENV,
  Worker,
  active,
  deserialize,
  getEnvironmentData,
  getIdleStrategy,
  isInternalThread,
  isMainThread,
  isMarkedAsUntransferable,
  locks,
  markAsUncloneable,
  markAsUntransferable,
  moveMessagePortToContext,
  parentPort,
  postMessageToThread,
  receiveMessageOnPort,
  resourceLimits,
  serialize,
  setEnvironmentData,
  setIdleStrategy,
  threadId,
  threadName,
  threads,
  workerData,
  wrap,
  wrapSync,
} = ringport;
