'use strict';

const { MessageChannel, Worker, isMainThread, parentPort, workerData } = require('ringport');

const roles = {
  /** Answers questions that come by the port. */
  square(port) {
    port.on('message', (n) => port.postMessage(n * n));
  },

  /** Asks, and tells the main thread the sum of the answers. */
  sum(port) {
    let sum = 0;
    let n = 1;

    port.on('message', (square) => {
      sum += square;
      if (++n <= 1000) {
        port.postMessage(n);
      } else {
        parentPort.postMessage(sum);
        port.close(); // the other end closes too, and so both workers end
      }
    });
    port.postMessage(n);
  },
};

if (isMainThread) {
  const { port1, port2 } = new MessageChannel();

  for (const [role, port] of [['square', port1], ['sum', port2]]) {
    const worker = new Worker(__filename, { workerData: role });

    worker.postMessage(port, [port]);
    worker.on('message', (sum) => console.log(`1 + 4 + 9 + ... + 1000000 = ${sum}`));
  }
} else {
  parentPort.once('message', roles[workerData]);
}
