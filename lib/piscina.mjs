// The ES module entry of `ringport/piscina`.

import Piscina from './piscina.js';

export default Piscina;

const {
  ArrayTaskQueue, FixedQueue, isWorkerThread, move, queueOptionsSymbol, transferableSymbol,
  valueSymbol, version, workerData,
} = Piscina;

export {
  ArrayTaskQueue, FixedQueue, Piscina, isWorkerThread, move, queueOptionsSymbol,
  transferableSymbol, valueSymbol, version, workerData,
};
