'use strict';

/*
 * A process that has run out of file descriptors: what needs one fails with an error,
 * everything else continues, and nothing leaks. worker-faults.test.js covers the limit of
 * threads, and test/faults allocation failures, which V8 itself does not survive.
 */

const assert = require('node:assert');
const { play } = require('./support/play');

const holdings = require.resolve('./support/holdings');
/* What Node reads at the start of a thread, and complains about when it cannot. */
const env = { ...process.env, NODE_EXTRA_CA_CERTS: '' };
const linux = process.platform === 'linux';

(linux ? describe : describe.skip)('limits of the system', function () {
  this.timeout(60000);

  it('files: a worker cannot start, ports go on, and workers start again', async () => {
    const lines = await play(async (wt, { note, data, worker }) => {
      const fs = require('node:fs');
      const { execFileSync } = require('node:child_process');
      const { holdings, left } = require(data);
      const files = () => fs.readdirSync('/proc/self/fd').length;
      /* The hard limit stays: what is lowered can be raised again. */
      const limit = (count) => execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${count}:`]);
      const echo = () => worker((wt) => wt.parentPort.once('message', (m) => wt.parentPort.postMessage(m)));
      const once = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve));
      const first = echo();

      const over = once(first, 'exit');

      first.postMessage('before');
      note(await once(first, 'message'));
      await over;

      const free = Number(/Max open files +(\d+)/.exec(fs.readFileSync('/proc/self/limits', 'utf8'))[1]);
      const before = holdings();
      const { port1, port2 } = new wt.MessageChannel();
      const held = [];

      /* lib/ is loaded file by file; of dist/ all is there from the beginning, see
       * start.test.js. */
      port1.postMessage({ loads: 'what it needs' });
      wt.receiveMessageOnPort(port2);
      const second = echo();

      second.postMessage('before');
      await once(second, 'exit');

      limit(files() + 20);
      try {
        for (;;) held.push(fs.openSync('/dev/null'));
      } catch (error) {
        note(error.code);
      }
      try {
        const refused = echo();

        refused.on('error', (error) => note(error.code));
        await once(refused, 'exit');
      } catch (error) {
        note(error.code);
      }
      port1.postMessage({ still: 'here' });
      note(await once(port2, 'message'));
      port1.close();
      for (const fd of held) fs.closeSync(fd);
      limit(free);
      note(await left(before) ?? 'nothing left');

      const last = echo();

      last.postMessage('after');
      note(await once(last, 'message'));
    }, { data: holdings, env });

    assert.deepStrictEqual(lines, [
      ['before'], ['EMFILE'], ['ERR_WORKER_INIT_FAILED'], [{ still: 'here' }], ['nothing left'], ['after']]);
  });
});
