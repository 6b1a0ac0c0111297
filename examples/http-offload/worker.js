'use strict';

const { parentPort } = require('ringport');

/** The number of primes below a limit, by the sieve of Eratosthenes. */
function countPrimes(below) {
  const composite = new Uint8Array(below);
  let count = 0;

  for (let n = 2; n < below; n++) {
    if (composite[n]) continue;
    count++;
    for (let multiple = n * n; multiple < below; multiple += n) composite[multiple] = 1;
  }
  return count;
}

parentPort.on('message', ({ id, below }) => {
  parentPort.postMessage({ id, count: countPrimes(below) });
});
