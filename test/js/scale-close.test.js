'use strict';

/* Closing many channels at once takes linear time. */

const assert = require('node:assert/strict');
const { setImmediate: turn } = require('node:timers/promises');

const { MessageChannel } = require('../../lib');

describe('scale: closing', () => {
  /* Quadratic, this does not end within the time limit of any test. */
  it('60,000 channels with news, each 20,000 in one turn, are closed at both ends', async () => {
    let closed = 0;

    for (let round = 0; round < 3; round++) {
      const channels = Array.from({ length: 20000 }, () => new MessageChannel());

      for (const { port1, port2 } of channels) {
        port1.postMessage(1);
        port2.on('close', () => closed++);
      }
      for (const { port1 } of channels) port1.close();
      for (let i = channels.length - 1; i >= 0; i--) channels[i].port2.close();
      await turn();
      await turn();
    }
    assert.equal(closed, 60000);
  });
});
