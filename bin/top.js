'use strict';

/*
 * top.js - `ringport top`: shows what the threads of a process are doing that was started
 * with RINGPORT_TOP. server.js in that process sends the samples.
 */

const http = require('node:http');
const { parseArgs } = require('node:util');

const { list } = require('./top/files');
const { plain, table } = require('./top/table');

const usage = `Usage: ringport top [pid] [options]

Shows what the threads of a Node process are doing. The process must have been started
with RINGPORT_TOP=auto (or a port) in its environment:

  RINGPORT_TOP=auto node app.js
  npx ringport top

  --list    the processes that can be looked at
  --url     print the address of the page with the charts, and end
  --once    print one sample, and end
  --json    print samples as JSON, one a line
  --help    this text

Without a pid, it takes the only process there is. On a terminal the table is redrawn;
elsewhere each sample is printed below the last. Ctrl-C ends it.
`;

const options = {
  list: { type: 'boolean', default: false },
  url: { type: 'boolean', default: false },
  once: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

const described = ({ pid, title, node }) => `${String(pid).padStart(8)}  ${plain(title)}, Node ${node}`;

/**
 * @param {string | undefined} pid
 * @returns {object} what the process has left in its file
 * @throws {Error} there is none, or there are several
 */
function choose(pid) {
  const all = list();

  if (pid !== undefined) {
    const found = all.find((one) => String(one.pid) === pid);

    if (found !== undefined) return found;
    throw new Error(/^\d+$/.test(pid)
      ? `process ${pid} cannot be looked at: start it with RINGPORT_TOP=auto in its environment`
      : `'${pid}' is not the number of a process`);
  }
  if (all.length === 0) {
    throw new Error('no process can be looked at: start one with RINGPORT_TOP=auto in its environment');
  }
  if (all.length > 1) {
    throw new Error(`say which process:\n${all.map(described).join('\n')}`);
  }
  return all[0];
}

const addressOf = ({ port, token }) => `http://127.0.0.1:${port}/?token=${token}`;

/** Call `show` for each sample, until it returns false or the process has ended. */
function follow({ port, token }, show) {
  return new Promise((resolve, reject) => {
    const request = http.get({
      agent: false, // Node's own may use the proxy of the environment
      host: '127.0.0.1', port, path: '/events', headers: { authorization: `Bearer ${token}` },
    }, (response) => {
      let text = '';

      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`the process answers ${response.statusCode} ${response.statusMessage}`));
        return;
      }
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
        for (let end; (end = text.indexOf('\n\n')) !== -1; text = text.slice(end + 2)) {
          const data = text.slice(0, end).replace(/^data: /, '');

          if (!show(JSON.parse(data))) {
            request.destroy();
            resolve('seen');
            return;
          }
        }
      });
      /* Also when the connection is cut: the process was killed. */
      response.on('close', () => resolve('ended'));
      response.on('error', () => {});
    });

    request.on('error', ({ code, message }) => {
      reject(new Error(code === 'ECONNREFUSED' ? 'the process has ended' : message));
    });
  });
}

/**
 * Rates need two samples, what the threads answer comes with the next, and only a second
 * without an answer shows that one is blocked.
 */
const FIRST = 4;

function shower({ values, address, stream }) {
  const isLive = stream.isTTY === true && !values.json && !values.once;
  const colours = stream.isTTY === true && !process.env.NO_COLOR && stream.getColorDepth() > 1;
  let seen = 0;

  return (sample) => {
    if (++seen < FIRST && !isLive) return true;
    if (values.json) stream.write(`${JSON.stringify(sample)}\n`);
    else {
      /* 0: the terminal does not know its size. */
      const columns = isLive ? stream.columns || Infinity : Infinity;
      const rows = isLive ? (stream.rows || Infinity) - 1 : Infinity;
      const lines = [...table(sample, { colours, columns }), '', `Charts: ${address}`];

      /* Home, each line and what was right of it, and what was below. */
      stream.write(isLive
        ? `\x1b[H${lines.slice(0, rows).map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`
        : `${lines.join('\n')}\n\n`);
    }
    return !values.once;
  };
}

/** @param {string[]} args */
async function main(args) {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });

  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  if (positionals.length > 1) throw new Error('top looks at one process');
  if (values.list) {
    for (const one of list()) process.stdout.write(`${described(one)}\n`);
    return;
  }

  const chosen = choose(positionals[0]);
  const address = addressOf(chosen);

  if (values.url) {
    process.stdout.write(`${address}\n`);
    return;
  }

  const stream = process.stdout;

  /* `ringport top | head` */
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  if (stream.isTTY && !values.json && !values.once) {
    const restore = () => stream.write('\x1b[?25h');

    stream.write('\x1b[?25l\x1b[2J');
    process.on('exit', restore);
    process.on('SIGINT', () => process.exit());
    process.on('SIGTERM', () => process.exit());
  }
  if (await follow(chosen, shower({ values, address, stream })) === 'ended') {
    process.stderr.write('The process has ended.\n');
  }
}

module.exports = { main };
