'use strict';

// node scripts/docs.js [--reference] [--browser] [--screenshot file.png]
//
// Makes build/site: the reference from the types in lib/, and the pages of docs/. Fails
// if anything that is exported is not documented, if a link is dead, or if a page has an
// error in the browser. Without Chromium that last check is skipped; --browser makes it a
// failure. --reference only looks whether the reference is complete, in ten seconds.

const fs = require('node:fs');
const path = require('node:path');

const { pages } = require('./lint-links');
const { chromium } = require('./chromium');
const { checkInBrowser, checkLinks } = require('./site-check');
const { asOnSite } = require('./site-pages');
const { root } = require('./sources');

const out = path.join(root, 'build', 'site');

/**
 * What Node documents: typedoc sees it as ours, because a MessagePort is one of Node's.
 */
const NODES = ['ringport.MessagePort.onclose'];

/** @returns {string[]} the pages of the site beside README.md, which is its first */
function sitePages() {
  const others = ['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md'];

  return pages().filter((page) => page.startsWith('docs/') || others.includes(page));
}

/**
 * @returns {Promise<object>} typedoc, with the types read and checked; null: something is
 *   wrong
 */
async function read() {
  const { Application, Converter } = await import('typedoc');
  const documents = sitePages();
  const app = await Application.bootstrapWithPlugins({
    name: 'ringport',
    entryPoints: [
      'index.d.ts', 'codec-only.d.ts', 'piscina.d.ts', 'register.d.ts', 'synckit.d.ts', 'thread-stream.d.ts',
      'thread-stream-register.d.ts',
    ].map((file) => path.join(root, 'lib', file)),
    tsconfig: path.join(root, 'docs', 'tsconfig.json'),
    readme: path.join(root, 'README.md'),
    projectDocuments: documents.map((page) => path.join(root, page)),
    plugin: [(it) => asOnSite(it, Converter.EVENT_CREATE_DOCUMENT, ['README.md', ...documents])],
    excludeExternals: true,
    includeVersion: true,
    searchInComments: true,
    searchInDocuments: true,
    navigation: { includeGroups: true },
    groupOrder: ['Guides', 'Modules', 'Reference', 'Internals', 'Decisions', '*'],
    disableGit: true,
    sourceLinkTemplate: 'https://github.com/ringport/ringport/blob/main/{path}#L{line}',
    basePath: root,
    highlightLanguages: ['js', 'ts', 'sh', 'json', 'c', 'html', 'console', 'diff', 'dockerfile', 'yaml'],
    requiredToBeDocumented: [
      'Constructor', 'Variable', 'Function', 'Class', 'Interface', 'Property', 'Method', 'Accessor', 'TypeAlias',
    ],
    intentionallyNotDocumented: NODES,
    intentionallyNotExported: ['OtherEvent'],
    validation: {
      notDocumented: true, notExported: true, invalidLink: true, invalidPath: true,
      rewrittenLink: false,
    },
  });
  const project = await app.convert();

  if (project === undefined) return null;
  app.validate(project);
  return app.logger.hasErrors() || app.logger.hasWarnings() ? null : { app, project };
}

async function main(args) {
  const made = await read();

  if (made === null) throw new Error('The reference is not complete, or a page has faults: see above');
  if (args.includes('--reference')) return;
  fs.rmSync(out, { recursive: true, force: true });
  await made.app.generateDocs(made.project, out);
  if (made.app.logger.hasErrors() || made.app.logger.hasWarnings()) throw new Error('The site has faults: see above');

  const problems = await checkLinks(out);
  const browser = chromium();
  const picture = args.includes('--screenshot') ? args[args.indexOf('--screenshot') + 1] : undefined;

  if (browser !== undefined) problems.push(...await checkInBrowser(out, browser, picture));
  else if (args.includes('--browser')) problems.push('there is no Chromium: apt-get install chromium');
  else console.log('There is no Chromium here: the pages have not been opened in a browser');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  console.log(`The documentation is in ${path.relative(process.cwd(), out)}`);
}

main(process.argv.slice(2)).catch(({ message }) => {
  console.error(message);
  process.exitCode = 1;
});
