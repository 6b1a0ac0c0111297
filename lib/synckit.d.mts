export * from './synckit.js';
