'use strict';

/*
 * Each package manager installs the packed tarball, and it runs. Managers other than npm
 * come from the registry.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { spawnSync } = require('node:child_process');

const { Project, SPEC_TESTS, environment, root } = require('../package/support/project');

describe('the package, installed by', function () {
  this.timeout(300_000);

  let tools;

  /** Run a command in a folder. @returns {{ status: number, output: string }} */
  function run(command, args, cwd, env = {}) {
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      cwd, encoding: 'utf8', timeout: 240_000, env: { ...environment, ...env },
    });

    return { status, output: `${stdout}${stderr}${error ?? ''}` };
  }

  before(() => {
    tools = new Project('managers');
    for (const [args, cwd] of [
      [['pack', '--pack-destination', tools.folder], root],
      [['install', '--ignore-scripts', '--no-audit', '--no-fund', 'pnpm@12', '@yarnpkg/cli-dist@4'], tools.folder],
    ]) {
      const { status, output } = run('npm', args, cwd);

      assert.equal(status, 0, output);
    }
  });
  after(() => tools.remove());

  const yarn = { YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: '0' };

  /**
   * By name: how to install what package.json lists, and how to run Node then. `fails`
   * is what is printed by one that exits with 1; the package works all the same.
   */
  const managers = {
    'npm, scripts blocked': {
      install: ['npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'],
    },
    'pnpm, scripts allowed': {
      files: { 'pnpm-workspace.yaml': 'allowBuilds:\n  ringport@file:ringport.tgz: true\n' },
      install: ['pnpm', 'install', '--offline'],
    },
    'pnpm, nothing decided': {
      install: ['pnpm', 'install', '--offline'],
      fails: /ERR_PNPM_IGNORED_BUILDS[^]*ringport/,
    },
    'pnpm, scripts refused': {
      files: { 'pnpm-workspace.yaml': 'allowBuilds:\n  ringport: false\n' },
      install: ['pnpm', 'install', '--offline'],
    },
    'yarn, node_modules': {
      files: { 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: node-modules\n' },
      install: ['yarn', 'install'],
      env: yarn,
    },
    'yarn, pnp': {
      files: { 'yarn.lock': '' },
      install: ['yarn', 'install'],
      node: ['-r', './.pnp.cjs'],
      env: yarn,
      isElsewhere: true,
    },
  };

  for (const [name, { files = {}, install, node = [], env, isElsewhere, fails }] of Object.entries(managers)) {
    it(name, () => {
      const project = new Project('managed').copy('code.js', 'code-worker.js', 'spec.js').write(files);
      const [tarball] = fs.readdirSync(tools.folder).filter((file) => file.endsWith('.tgz'));
      const [program, ...args] = install;
      const command = {
        npm: ['npm'],
        pnpm: [process.execPath, tools.path('node_modules/pnpm/bin/pnpm.mjs')],
        yarn: [process.execPath, tools.path('node_modules/@yarnpkg/cli-dist/bin/yarn.js')],
      }[program];

      try {
        fs.copyFileSync(tools.path(tarball), project.path('ringport.tgz'));
        project.write({
          'package.json': '{"name": "project", "private": true, "dependencies": {"ringport": "file:./ringport.tgz"}}',
        });

        const { status, output } = run(command[0], [...command.slice(1), ...args], project.folder, env);

        assert.equal(status, fails ? 1 : 0, output);
        if (fails) assert.match(output, fails);
        assert.equal(fs.existsSync(project.installed), !isElsewhere);
        assert.match(project.node([...node, 'spec.js']), new RegExp(`[#ℹ] pass ${SPEC_TESTS}\n`));
      } finally {
        project.remove();
      }
    });
  }
});
