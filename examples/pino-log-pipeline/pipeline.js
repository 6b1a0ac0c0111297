'use strict';

const fs = require('node:fs');
const { Writable } = require('node:stream');
const { StringDecoder } = require('node:string_decoder');
const { parentPort } = require('node:worker_threads');

const NAMES = { 30: 'info', 40: 'warn', 50: 'error' };
const WARN = 40;

/** A destination of pino: counts the lines, and keeps the important ones. */
module.exports = ({ destination }) => {
  const file = fs.createWriteStream(destination);
  const decoder = new StringDecoder('utf8');
  const levels = { info: 0, warn: 0, error: 0 };
  let rest = '';

  return new Writable({
    write(chunk, encoding, next) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      let kept = '';

      rest = lines.pop();
      for (const line of lines) {
        const { level } = JSON.parse(line);

        levels[NAMES[level]]++;
        if (level >= WARN) kept += `${line}\n`;
      }
      if (kept === '') next();
      else file.write(kept, next);
    },
    final(next) {
      file.end(() => {
        parentPort.postMessage({ code: 'EVENT', name: 'summary', args: [levels] });
        next();
      });
    },
  });
};
