'use strict';

const assert = require('node:assert/strict');
const { setImmediate: turn } = require('node:timers/promises');

const { MessageChannel } = require('../../lib');

/** Instructions, not seconds, would be better; a quadratic close is 50 times over this bound. */
const BUDGET_MS = 15000;

describe('scale: closing', () => {
  it('20,000 channels with news, all in one turn, do not walk one another', async function () {
    this.timeout(BUDGET_MS * 2);

    const begin = Date.now();

    for (let round = 0; round < 3; round++) {
      const channels = Array.from({ length: 20000 }, () => new MessageChannel());

      for (const { port1 } of channels) port1.postMessage(1);
      for (const { port1 } of channels) port1.close();
      for (let i = channels.length - 1; i >= 0; i--) channels[i].port2.close();
      await turn();
      await turn();
    }
    assert.ok(Date.now() - begin < BUDGET_MS);
  });
});
