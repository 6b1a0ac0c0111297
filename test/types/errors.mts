// Compiled, never run: what must be an error of the ES module entry.

// @ts-expect-error no such export
export { noSuchExport } from 'ringport';
