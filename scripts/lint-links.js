'use strict';

// node scripts/lint-links.js
//
// Checks the links of all Markdown files: that the file is there, and the heading, if the
// link names one. A link to this repository on GitHub counts as one to the file. Other
// addresses are not looked up. Prints what is wrong; nothing if all is well.

const fs = require('node:fs');
const path = require('node:path');

const { root } = require('./sources');

const { repository } = require('../package.json');

const HOME = repository.url.replace(/^git\+|\.git$/g, '');
/** The addresses of our own files, on GitHub and as raw text or images. */
const OWN = [
  new RegExp(`^${HOME}/(?:blob|tree)/main/`),
  new RegExp(`^${HOME.replace('github.com', 'raw.githubusercontent.com')}/main/`),
];
const NOT_OURS = new Set(['node_modules', 'build', 'coverage', 'dist', 'prebuilds']);

/** @returns {string[]} the Markdown files of the project */
function pages(folder = '') {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);

    if (NOT_OURS.has(entry.name) || (entry.name.startsWith('.') && entry.name !== '.github')) return [];
    if (entry.isDirectory()) return pages(name);
    return name.endsWith('.md') ? [name] : [];
  });
}

/** @returns {string} a page without its code */
const withoutCode = (text) => text.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, (code) => '`'.repeat(code.length));

/** @returns {Set<string>} the anchors that GitHub gives to the headings of a page */
function anchorsOf(text) {
  const used = new Map();
  const headings = text.replace(/^```[^]*?^```/gm, '').matchAll(/^#{1,6} +(.*)$/gm);
  const slugs = [...headings].map(([, heading]) => {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim().toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-');
    const count = used.get(slug) ?? 0;

    used.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  const named = [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id]) => id);

  return new Set([...slugs, ...named]);
}

/** @returns {string[]} the targets of the links and images in a page */
function targetsOf(text) {
  const all = (pattern) => [...withoutCode(text).matchAll(pattern)].map(([, target]) => target);

  return [
    ...all(/\]\(<?([^()\s>]+)>?(?: "[^"]*")?\)/g), ...all(/^\[[^\]]+\]: +(\S+)/gm),
    ...all(/\b(?:href|src|srcset)="([^"]+)"/g),
  ];
}

/**
 * @returns {string | undefined} the file that a link leads to; undefined: it leads
 *   elsewhere
 */
function fileOf(target, page) {
  const own = OWN.find((pattern) => pattern.test(target));

  if (own !== undefined) return target.replace(own, '');
  if (/^[a-z]+:/.test(target)) return undefined;
  return target === '' ? page : path.posix.join(path.posix.dirname(page), target);
}

/** @returns {string} what is wrong with a link; empty: nothing */
function problemOf(link, page, text) {
  const [target, anchor] = link.split('#');
  const file = fileOf(target, page);

  if (file === undefined) return '';
  if (!fs.existsSync(path.join(root, file))) return `there is no ${file}`;
  if (anchor === undefined || !file.endsWith('.md')) return '';

  const other = file === page ? text : fs.readFileSync(path.join(root, file), 'utf8');

  return anchorsOf(other).has(anchor) ? '' : `there is no #${anchor} in ${file}`;
}

/** @returns {string[]} a line for each dead link of a page */
function problemsOf(page, text) {
  return targetsOf(text).map((link) => [link, problemOf(link, page, text)])
    .filter(([, problem]) => problem !== '').map(([link, problem]) => `${page}: ${link}: ${problem}`);
}

module.exports = { HOME, pages, problemsOf };

if (require.main === module) {
  let count = 0;
  const problems = pages().flatMap((page) => {
    const text = fs.readFileSync(path.join(root, page), 'utf8');

    count += targetsOf(text).length;
    return problemsOf(page, text);
  });

  // Less than that, and it is this script that does not find them.
  if (count < 100) problems.push(`there are only ${count} links in the documentation`);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
