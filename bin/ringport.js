#!/usr/bin/env node
'use strict';

// npx ringport: the commands that come with the package.

const commands = {
  top: ['what the threads of a running process are doing', () => require('./top').main],
  bench: ['ringport beside worker_threads, measured on this machine', () => require('./bench').main],
  build: ['build the addon in the installed package', () => require('../scripts/ringport-build').main],
};

const usage = `Usage: ringport <command> [options]

${Object.entries(commands).map(([name, [text]]) => `  ${name.padEnd(8)}${text}`).join('\n')}

  ringport <command> --help lists the options of a command.
  ringport --version prints the version.
`;

function fail(message) {
  process.stderr.write(`ringport: ${message}\n`);
  process.exitCode = 1;
}

async function run([name, ...args]) {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(usage);
    if (name === undefined) process.exitCode = 1;
  } else if (name === '--version' || name === '-v') {
    process.stdout.write(`${require('../package.json').version}\n`);
  } else if (Object.hasOwn(commands, name)) {
    await commands[name][1]()(args);
  } else {
    fail(`there is no command '${name}', only ${Object.keys(commands).join(', ')}: see ringport --help`);
  }
}

run(process.argv.slice(2)).catch((error) => {
  fail(process.env.NODE_DEBUG?.includes('ringport') ? error.stack : error.message);
});
