import * as ringport from './index.js';

export * from './index.js';

declare const all: typeof ringport;
export default all;
