'use strict';

// node scripts/lint-package.js
//
// Checks the packed package and the workflows, for lint.js: by publint,
// are-the-types-wrong and action-validator. Prints the problems.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { root } = require('./sources');

const inModules = (file) => path.join(root, 'node_modules', file);

/** @returns {string} the command's output if it fails */
function check(command, args) {
  const shell = command === 'npm' && process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell });

  return status === 0 ? '' : `${command} ${args.join(' ')}\n${error?.message ?? ''}${stdout}${stderr}\n`;
}

/** Bundlers get CommonJS on purpose; see "ES module" in docs/decisions/loading.md. */
const isMeant = ({ code }) => code === 'EXPORTS_MODULE_SHOULD_BE_ESM';

async function published(tarball) {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const bytes = new Uint8Array(fs.readFileSync(tarball));
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: bytes.buffer } });

  return messages.filter((message) => !isMeant(message)).map((message) =>
    `publint: ${message.type}: ${formatMessage(message, pkg, { color: false })}\n`).join('');
}

/** Pack the package as it would be published, without binaries that are missing. */
async function packed() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringport-lint-'));

  try {
    const problem = check('npm', ['pack', '--ignore-scripts', '--pack-destination', folder]);

    if (problem !== '') return problem;

    const tarball = path.join(folder, fs.readdirSync(folder)[0]);

    const attw = inModules('@arethetypeswrong/cli/dist/index.js');

    // The profile excludes Node 10's resolution, which does not know "exports".
    return await published(tarball) + check(process.execPath, [attw, tarball, '--profile', 'node16', '--no-emoji']);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function workflows() {
  const { validateWorkflow } = require('@action-validator/core');
  const folder = path.join(root, '.github', 'workflows');

  return fs.readdirSync(folder).map((name) => {
    const { errors } = validateWorkflow(fs.readFileSync(path.join(folder, name), 'utf8'));

    return errors.map((error) => `${name}: ${JSON.stringify(error)}\n`).join('');
  }).join('');
}

async function main() {
  const problems = workflows() + await packed();

  process.stdout.write(problems);
  process.exitCode = problems === '' ? 0 : 1;
}

main();
