'use strict';

/* dispose.js - closes a port and waits for its 'close'. */

const { ports } = require('../ports/kinds');

/** @returns {Promise<void>} fulfilled when 'close' has been emitted */
async function closed(port) {
  if (ports.endpointOf(port).gone) return;
  await new Promise((resolve) => {
    port.once('close', () => resolve());
    port.close();
  });
}

module.exports = { closed };
