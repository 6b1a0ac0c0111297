'use strict';

/*
 * Test frameworks run fixtures/spec.js, the tests of an application that uses ringport.
 */

const assert = require('node:assert/strict');
const path = require('node:path');

const { Project, SPEC_TESTS, root } = require('./support/project');

const inModules = (file) => path.join(root, 'node_modules', file);

const jest = (environment) => [
  inModules('jest/bin/jest.js'), '--rootDir=.', '--testMatch=**/spec*.js', `--testEnvironment=${environment}`,
  '--detectOpenHandles', '--watchman=false', '--cache=false', '--testTimeout=60000',
];
const vitest = (pool) => [
  inModules('vitest/vitest.mjs'), 'run', '--root=.', `--pool=${pool}`, '--globals', '--no-color',
  '--testTimeout=60000', 'vitest.spec.mjs',
];

/** By name: the arguments of Node, and what is printed if so many tests have passed. */
const frameworks = {
  'jest, node': [jest('node'), (n) => `Tests: +${n} passed, ${n} total`],
  'jest, jsdom': [jest(inModules('jest-environment-jsdom')), (n) => `Tests: +${n} passed, ${n} total`],
  ...Object.fromEntries(['threads', 'forks', 'vmThreads', 'vmForks'].map((pool) =>
    [`vitest, ${pool}`, [vitest(pool), (n) => `Tests +${n + 1} passed \\(${n + 1}\\)`]])),
  'mocha': [[inModules('mocha/bin/mocha.js'), '--no-color', '--no-config', 'spec.js'], (n) => `${n} passing`],
  'node:test': [['--test', '--test-reporter=tap', 'spec.js'], (n) => `# pass ${n}\n# fail 0`],
};

describe('an application with ringport is tested by', function () {
  this.timeout(120_000);

  let project;

  before(() => {
    project = new Project('frameworks').install().copy('code.js', 'code-worker.js', 'spec.js', 'vitest.spec.mjs');
  });
  after(() => project.remove());

  for (const [name, [args, passed]] of Object.entries(frameworks)) {
    it(name, () => {
      const output = project.node(args, { env: { NO_COLOR: '1', FORCE_COLOR: '0' } });

      assert.match(output, new RegExp(passed(SPEC_TESTS)));
      assert.doesNotMatch(output, /open handle|did not exit|ringport is inactive/i);
    });
  }

  it('jest, which loads it again after jest.resetModules()', () => {
    project.write({
      'again/spec.js': `const { receive } = require('../code');
        it('loads', () => {
          const first = require('ringport');
          jest.resetModules();
          const again = require('ringport');
          const { port1, port2 } = new first.MessageChannel();
          port1.postMessage({ from: 'first' });
          expect(again.receiveMessageOnPort(port2).message.from).toBe('first');
          port2.close();
          expect(receive(7, again)).toBe(7);
          expect(again.active).toBe(true);
        });`,
    });
    assert.match(project.node([...jest('node'), 'again']), /Tests: +1 passed, 1 total/);
  });
});
