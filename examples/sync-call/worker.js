'use strict';

const { readFile } = require('node:fs/promises');

const { parentPort } = require('ringport');

parentPort.expose({
  async countLines(file) {
    const text = await readFile(file, 'utf8');

    return text.split('\n').length - 1;
  },
});
