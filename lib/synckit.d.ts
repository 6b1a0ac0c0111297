/**
 * `ringport/synckit`: the interface of synckit 0.12, over ringport.
 *
 * @module ringport/synckit
 */
import type { Transferable } from 'node:worker_threads';

/** Any function. */
export type AnyFn<R = any, T extends any[] = any[]> = (...args: T) => R;

/** A function with the same arguments that returns what the promise resolves with. */
export type Syncify<T extends AnyFn> = (...args: Parameters<T>) => Awaited<ReturnType<T>>;

/** The types of an object's values. */
export type ValueOf<T> = T[keyof T];

/** A module that is loaded before the worker's, and the global that it becomes. */
export interface GlobalShim {
  /** What to load. A module that is not installed is left out. */
  moduleName: string;
  /** The global; if it is missing, the module is loaded only. */
  globalName?: string;
  /** The export to take: undefined is the default one, null all of them. */
  named?: string | null;
  /** False: replace the global if there is one. */
  conditional?: boolean;
}

/** Something that the worker has written. */
export interface StdioChunk {
  /** Where to. */
  type: 'stderr' | 'stdout';
  /** What. */
  chunk: Uint8Array | string;
  /** Of a string. */
  encoding: BufferEncoding;
}

/** What a function of {@link createSyncFn} starts its worker with. */
export interface SynckitOptions {
  /** Flags of the worker; SYNCKIT_EXEC_ARGV. */
  execArgv?: string[];
  /** True: {@link DEFAULT_GLOBAL_SHIMS_PRESET}; SYNCKIT_GLOBAL_SHIMS. */
  globalShims?: GlobalShim[] | boolean;
  /** How long a call may take, in milliseconds; SYNCKIT_TIMEOUT. */
  timeout?: number;
  /** What to transfer to the worker. */
  transferList?: Transferable[];
  /** What loads a file in TypeScript; SYNCKIT_TS_RUNNER. */
  tsRunner?: TsRunner;
}

/** What loads a worker's file that is written in TypeScript. */
export declare const TsRunner: {
  /** Node itself, which strips the types. */
  readonly Node: 'node';
  /** Bun itself. */
  readonly Bun: 'bun';
  /** ts-node. */
  readonly TsNode: 'ts-node';
  /** esbuild-register. */
  readonly EsbuildRegister: 'esbuild-register';
  /** esbuild-runner. */
  readonly EsbuildRunner: 'esbuild-runner';
  /** @oxc-node/core. */
  readonly OXC: 'oxc';
  /** @swc-node/register. */
  readonly SWC: 'swc';
  /** tsx. */
  readonly TSX: 'tsx';
};
/** One of {@link TsRunner}. */
export type TsRunner = ValueOf<typeof TsRunner>;

/**
 * Start a worker, and return a function that calls the worker's: it blocks until there is
 * the result. There is one worker per path.
 *
 * @param workerPath an absolute path or a `file:` URL
 * @param timeoutOrOptions a number is the timeout
 */
export declare function createSyncFn<T extends AnyFn>(
  workerPath: URL | string, timeoutOrOptions?: SynckitOptions | number): Syncify<T>;

/** In a worker of {@link createSyncFn}: have it call this function. Elsewhere a no-op. */
export declare function runAsWorker<T extends AnyFn<Promise<R> | R>, R = ReturnType<T>>(fn: T): void;

/** As {@link createSyncFn}, but each call starts a worker. */
export declare function startWorkerThread<T extends AnyFn, R = Awaited<ReturnType<T>>>(
  workerPath: string, options?: SynckitOptions): (...args: Parameters<T>) => R;

/** Find a worker's file, and how Node has to load it. */
export declare function setupTsRunner(
  workerPath: string, options?: { execArgv?: string[]; tsRunner?: TsRunner }): {
  /** The extension of the worker's file. */
  ext: string;
  /** Whether it is written in TypeScript. */
  isTs: boolean;
  /** Whether it is a JavaScript file that is an ES module. */
  jsUseEsm: boolean;
  /** What loads it; undefined: Node, as it is. */
  tsRunner: TsRunner | undefined;
  /** Whether it is a TypeScript file that is an ES module. */
  tsUseEsm: boolean;
  /** The path of the file that was found. */
  workerPath: string;
  /** The path of Yarn's PnP API, if that is in use. */
  pnpApiPath: string | undefined;
  /** The path of Yarn's PnP loader, if that is in use. */
  pnpLoaderPath: string | undefined;
  /** The flags for the worker's Node. */
  execArgv: string[];
};

/** The enumerable properties of an object. */
export declare function extractProperties(object?: unknown): object | undefined;
/** Collect what this thread writes, instead of writing it. */
export declare function overrideStdio(stdio: StdioChunk[]): void;
/** The statements that load a module, and make it a global. */
export declare function encodeImportModule(
  moduleNameOrGlobalShim: GlobalShim | string, type?: 'import' | 'require'): string;
/** Those of several modules, as files that the worker would get. */
export declare function generateGlobals(
  workerPath: string, globalShims: GlobalShim[], type?: 'import' | 'require',
  execArgv?: string[]): string;
/** Those of several modules. */
export declare function _generateGlobals(
  globalShims: GlobalShim[], type: 'import' | 'require'): string;
/** An ES module as a `data:` URL. */
export declare function dataUrl(code: string): URL;
/** The MD5 digest of a text, in hexadecimal digits. */
export declare function md5Hash(text: string): string;
/** Whether a path is that of a file. */
export declare function isFile(path: string): boolean;
/** Whether `--require` or `-r` is among the arguments. */
export declare function hasRequireFlag(execArgv: string[]): boolean;
/** Whether `--import` is. */
export declare function hasImportFlag(execArgv: string[]): boolean;
/** Whether `--loader` or `--experimental-loader` is. */
export declare function hasLoaderFlag(execArgv: string[]): boolean;
/** Whether Node runs with a flag, by its arguments or NODE_OPTIONS. */
export declare function hasFlag(flag: string): boolean;

/** The numbers in a version. */
export declare function parseVersion(version: string): number[];
/** Negative: the first version is the older one. */
export declare function compareVersion(version1: string, version2: string): number;
/** Negative: this Node is older than the version. */
export declare function compareNodeVersion(version: string): number;

/** The version of this Node. */
export declare const NODE_VERSION: string;
/** The arguments in NODE_OPTIONS. */
export declare const NODE_OPTIONS: string[];
/** SYNCKIT_TIMEOUT. */
export declare const DEFAULT_TIMEOUT: number | undefined;
/** SYNCKIT_EXEC_ARGV. */
export declare const DEFAULT_EXEC_ARGV: string[];
/** SYNCKIT_TS_RUNNER. */
export declare const DEFAULT_TS_RUNNER: TsRunner | undefined;
/** SYNCKIT_GLOBAL_SHIMS. */
export declare const DEFAULT_GLOBAL_SHIMS: boolean;
/** The shims for `globalShims: true`. */
export declare const DEFAULT_GLOBAL_SHIMS_PRESET: GlobalShim[];
/** Whether this Node loads `.mts` files by some runners only. */
export declare const TS_ESM_PARTIAL_SUPPORTED: boolean;
/** Whether this Node loads `.mts` files by runners. */
export declare const MTS_SUPPORTED: boolean;
/** Whether this Node has `module.register`. */
export declare const MODULE_REGISTER_SUPPORTED: boolean;
/** Whether this Node has `--import`. */
export declare const IMPORT_FLAG_SUPPORTED: boolean;
/** Whether Node has been told to strip no types. */
export declare const NO_STRIP_TYPES: boolean;
/** The first Node that strips types. */
export declare const STRIP_TYPES_NODE_VERSION = '22.6';
/** The first Node that transforms types. */
export declare const TRANSFORM_TYPES_NODE_VERSION = '22.7';
/** The first Node with `process.features.typescript`. */
export declare const FEATURE_TYPESCRIPT_NODE_VERSION = '22.10';
/** The first Node that strips types without a flag. */
export declare const DEFAULT_TYPES_NODE_VERSION = '23.6';
/** A flag of Node. */
export declare const STRIP_TYPES_FLAG = '--experimental-strip-types';
/** A flag of Node. */
export declare const TRANSFORM_TYPES_FLAG = '--experimental-transform-types';
/** A flag of Node. */
export declare const NO_STRIP_TYPES_FLAG = '--no-experimental-strip-types';
/** A flag of Node. */
export declare const IMPORT_FLAG = '--import';
/** A flag of Node. */
export declare const REQUIRE_FLAG = '--require';
/** A flag of Node. */
export declare const REQUIRE_ABBR_FLAG = '-r';
/** Both of them. */
export declare const REQUIRE_FLAGS: Set<string>;
/** A flag of Node. */
export declare const LOADER_FLAG = '--loader';
/** A flag of Node. */
export declare const EXPERIMENTAL_LOADER_FLAG = '--experimental-loader';
/** Both of them. */
export declare const LOADER_FLAGS: Set<string>;
