'use strict';

/* The output of `npm test`: a summary, what failed, and where to find the rest. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '..', '..');
const steps = path.join(root, 'scripts', 'steps.js');

/** Run commands, each by `node -e`, by steps.js. */
function play(commands) {
  const program = `const { run, total } = require(${JSON.stringify(steps)});
    (async () => {
      const done = [];
      for (const [name, text] of ${JSON.stringify(commands)}) {
        done.push(await run(name, process.execPath, ['-e', text], { quiet: true }));
      }
      total(done);
    })();`;
  const { status, stdout } = spawnSync(process.execPath, ['-e', program], {
    cwd: root, encoding: 'utf8', env: { ...process.env, RINGPORT_FAILURES: undefined },
  });

  return { status, stdout };
}

const passes = 'for (let i = 0; i < 500; i++) console.log("ok   one of many"); console.log("500 passed, 0 failed")';
const fails = `console.log("ok   one of many\\nFAIL bad: exit code 3\\nassert: the message\\nok   another");
  console.log("2 passed, 1 failed"); process.exitCode = 1;`;
const mocha = `console.log("  suite\\n    ok one\\n\\n  1 passing (2ms)\\n  1 failing\\n\\n  1) suite\\n       two:\\n     the reason");
  process.exitCode = 1;`;

describe('the steps of npm test', () => {
  const logs = path.join(root, 'build', 'log');

  after(() => {
    for (const name of ['quiet-passes', 'quiet-fails', 'quiet-mocha', 'quiet-crashes']) {
      fs.rmSync(path.join(logs, `${name}.log`), { force: true });
    }
  });

  it('show a summary of what passes, and keep the rest in a file', () => {
    const { status, stdout } = play([['quiet passes', passes]]);

    assert.equal(status, 0);
    assert.match(stdout, /\n500 passed, 0 failed\n$/);
    assert.ok(stdout.split('\n').length < 6, stdout);
    assert.equal(fs.readFileSync(path.join(logs, 'quiet-passes.log'), 'utf8').split('\n').length, 502);
  });

  it('show what failed with its message, once more at the end, and nothing else', () => {
    const { status, stdout } = play([['quiet passes', passes], ['quiet fails', fails], ['quiet mocha', mocha]]);
    const [before, end] = stdout.split('## What failed');

    assert.equal(status, 1);
    for (const part of [before, end]) {
      assert.match(part, /FAIL bad: exit code 3\nassert: the message/);
      assert.match(part, /1 failing\n\n {2}1\) suite\n {7}two:\n {5}the reason/);
      assert.doesNotMatch(part, /one of many|another|ok one/);
    }
    assert.match(end, /quiet fails .*1 FAILED/);
    assert.match(end, /\n503 passed, 2 failed\n$/);
  });

  it('show all of what dies without a word about it', () => {
    const { status, stdout } = play([['quiet crashes', 'console.log("the last words"); process.exit(7)']]);

    assert.equal(status, 1);
    assert.match(stdout, /the last words\nquiet crashes: exit code 7/);
  });
});
