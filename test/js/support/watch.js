'use strict';

/*
 * watch.js - records the events of a worker; resolves when it has ended. Node sends
 * messages and errors over different channels, in no particular order, so they are
 * recorded apart.
 */
function watch(t, worker) {
  const events = [];
  const messages = [];

  worker.on('online', () => events.push('online'));
  worker.on('message', (m) => messages.push(m));
  worker.on('messageerror', (error) => events.push(['messageerror', t.plain(error)]));
  worker.on('error', (error) => events.push(['error', t.plain(error), typeof error?.stack]));
  return new Promise((resolve) => {
    worker.on('exit', (code) => {
      t.note(events, 'exit', code, messages);
      resolve(code);
    });
  });
}

module.exports = { watch };
