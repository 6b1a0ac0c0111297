'use strict';

/* top.js - starts programs with RINGPORT_TOP, for the tests of `ringport top`. */

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { spawn, spawnSync } = require('node:child_process');

const root = path.join(__dirname, '../../..');
const command = path.join(root, 'bin/ringport.js');

async function until(child, condition) {
  while (!condition()) {
    if (child.exitCode !== null) throw new Error(`it has ended: ${child.said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A temporary directory of its own, so that no other process is found there. */
class Place {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-top-test-'));
  #running = [];

  env(more) {
    const { folder } = this;
    const { RINGPORT_TOP, NO_COLOR, ...env } = process.env; // eslint-disable-line no-unused-vars

    return { ...env, TMPDIR: folder, TEMP: folder, TMP: folder, ...more };
  }

  /** Start Node with RINGPORT_TOP. */
  start(args, { top = 'auto', ...options } = {}) {
    const child = spawn(process.execPath, args, {
      cwd: root, env: this.env({ RINGPORT_TOP: top }), stdio: ['pipe', 'pipe', 'pipe'], ...options,
    });

    child.said = '';
    child.printed = '';
    child.stderr.setEncoding('utf8').on('data', (text) => { child.said += text; });
    child.stdout.setEncoding('utf8').on('data', (text) => { child.printed += text; });
    child.ended = once(child, 'close');
    this.#running.push(child);
    return child;
  }

  /**
   * Wait until a child's server listens.
   * @returns {Promise<object>} what is in its file
   */
  async listening(child) {
    const file = path.join(this.inner, `${child.pid}.json`);

    await until(child, () => /ringport top: listening/.test(child.said));
    return { file, ...JSON.parse(fs.readFileSync(file, 'utf8')) };
  }

  /** Wait until a child has printed something. */
  ready(child) {
    return until(child, () => child.printed !== '');
  }

  /** The folder of the files. */
  get inner() {
    return path.join(this.folder, `ringport-top-${process.getuid?.() ?? 0}`);
  }

  /** Run `ringport ...args` to its end. */
  run(...args) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args],
      { encoding: 'utf8', env: this.env(), timeout: 60_000 });

    return { status, stdout, stderr };
  }

  async end() {
    for (const child of this.#running.splice(0)) {
      child.kill('SIGKILL');
      await child.ended;
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * @returns {Promise<{ status: number, headers: object, text: string }>} the answer to a
 *   request; of a stream, what comes until `until` is true
 */
function request({ port }, url, { headers = {}, method = 'GET', until = null } = {}) {
  return new Promise((resolve, reject) => {
    const made = http.request({ host: '127.0.0.1', port, path: url, method, headers }, (response) => {
      let text = '';
      const done = () => resolve({ status: response.statusCode, headers: response.headers, text });

      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
        if (until?.(text)) {
          done();
          made.destroy();
        }
      });
      response.on('end', done);
      response.on('error', () => {});
    });

    made.on('error', reject);
    made.end();
  });
}

/**
 * Watch a process until a sample is as wanted.
 * @returns {Promise<object>} the sample
 */
async function sampleOf(about, isWanted) {
  let found;

  await request(about, '/events', {
    headers: { authorization: `Bearer ${about.token}` },
    until(text) {
      const samples = text.split('\n\n').slice(0, -1).map((event) => JSON.parse(event.replace(/^data: /, '')));

      found = samples.find(isWanted);
      return found !== undefined;
    },
  });
  return found;
}

module.exports = { Place, command, request, root, sampleOf };
