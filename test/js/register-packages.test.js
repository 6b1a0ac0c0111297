'use strict';

/*
 * Published packages that use workers, under `ringport/register`: the programs in
 * fixtures/ print the same with and without the preload, and their threads use ringport.
 */

const assert = require('node:assert');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { run } = require('./support/differential');
const { reference } = require('./support/implementations');

const register = path.resolve(__dirname, '../../lib/register.js');
const isOurs = (line) => line.startsWith('["ours"');

const PROGRAMS = {
  'comlink, with its adapter for Node': 'comlink-app.js',
  'piscina: a pool of threads': 'piscina-app.js',
  'synckit: a thread that waits for another': 'synckit-app.js',
  'thread-stream: a stream through shared memory': 'thread-stream-app.js',
  'tinypool: a pool of threads': 'tinypool-app.mjs',
  'workerpool: a pool of threads': 'workerpool-app.js',
};

describe('register, with published packages', function () {
  this.timeout(0);

  for (const [title, program] of Object.entries(PROGRAMS)) {
    for (const flags of [['-r', register], ['--import', pathToFileURL(register).href]]) {
      it(`${title}, by ${flags[0]}`, async () => {
        const file = path.join(__dirname, 'fixtures', program);
        const [expected, actual] = await Promise.all([[], flags].map(
          (load) => run(reference, [...load, file], { limit: 60000 })
        ));
        const rest = ({ lines, ...end }) => ({ ...end, lines: lines.filter((line) => !isOurs(line)) });

        assert.deepStrictEqual(rest(actual), rest(expected));
        assert.strictEqual(expected.code, 0);
        assert.deepStrictEqual(actual.lines.filter(isOurs), ['["ours",true]']);
      });
    }
  }
});
