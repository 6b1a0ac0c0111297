'use strict';

const { parentPort } = require('../..');

async function main() {
  let count = 0;

  for await (const line of parentPort) {
    if (line === 'end') break;
    count++;
    if (count % 100 === 0) await new Promise((resolve) => { setTimeout(resolve, 1); });
  }
  parentPort.postMessage(count);
  parentPort.close();
}

main();
