import Piscina = require('./piscina.js');

export default Piscina;
export { Piscina };
export import ArrayTaskQueue = Piscina.ArrayTaskQueue;
export import FixedQueue = Piscina.FixedQueue;

/** {@link Piscina.move} */
export declare const move: typeof Piscina.move;
/** {@link Piscina.isWorkerThread} */
export declare const isWorkerThread: boolean;
/** {@link Piscina.workerData} */
export declare const workerData: any;
/** {@link Piscina.version} */
export declare const version: string;
/** {@link Piscina.transferableSymbol} */
export declare const transferableSymbol: typeof Piscina.transferableSymbol;
/** {@link Piscina.valueSymbol} */
export declare const valueSymbol: typeof Piscina.valueSymbol;
/** {@link Piscina.queueOptionsSymbol} */
export declare const queueOptionsSymbol: typeof Piscina.queueOptionsSymbol;
