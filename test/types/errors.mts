// Compiled, never run: mistakes that the compiler must report, with the ES module entry.

// @ts-expect-error no such export
export { noSuchExport } from 'ringport';
