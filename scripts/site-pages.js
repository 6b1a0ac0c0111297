'use strict';

// site-pages.js - the Markdown pages, which are written for GitHub, as pages of the site
// that typedoc makes.
//
// - A page has its first heading as its name, and a group by its folder.
// - A link to our repository on GitHub becomes one to the page, if that is on the site.
// - A link to a file that is no page leads to GitHub, instead of to a copy of the file.
// - The images of README.md, which npm shows by their addresses, are part of the site.

const path = require('node:path');

const { HOME } = require('./lint-links');
const { root } = require('./sources');

const RAW = `${HOME.replace('github.com', 'raw.githubusercontent.com')}/main/`;

/** @returns {string} the group of a page in the navigation */
function groupOf(file) {
  if (file.startsWith('docs/guides/')) return 'Guides';
  if (file.startsWith('docs/decisions/')) return 'Decisions';
  return file === 'docs/errors.md' ? 'Reference' : 'Internals';
}

/**
 * @param {Set<string>} site its pages
 * @param {string} file the page that has the link
 * @returns {string} the target of a link, as it has to be on the site
 */
function targetOn(site, file, target) {
  const [address, anchor = ''] = target.split(/(?=#)/);
  const isOwn = address.startsWith(`${HOME}/blob/main/`);

  if (address === '' || (!isOwn && /^[a-z]+:/.test(address))) return target;

  const from = path.posix.dirname(file);
  const to = isOwn ? address.slice(`${HOME}/blob/main/`.length) : path.posix.join(from, address);

  return site.has(to) ? `${path.posix.relative(from, to)}${anchor}` : `${HOME}/blob/main/${to}${anchor}`;
}

/**
 * A plugin of typedoc.
 * @param {import('typedoc').Application} app
 * @param {string} created the event that a page has been read
 * @param {string[]} pages those of the site
 */
function asOnSite({ converter }, created, pages) {
  const site = new Set(pages);
  const parse = converter.parseRawComment;
  let name;
  let group;

  converter.parseRawComment = function parseRawComment(source, files) {
    const file = path.relative(root, source.fileName).split(path.sep).join('/');

    group = groupOf(file);
    name = /^# (.*)/.exec(source.text)?.[1].replaceAll('`', '');
    // typedoc puts the name of the project above README.md.
    if (file === 'README.md') source.text = source.text.replace(/^# .*\n+/, '');
    source.text = source.text.replaceAll(RAW, './')
      .replace(/(\]\()([^()\s]+)(?=\))/g,
        (_, before, target) => before + targetOn(site, file, target));
    return parse.call(this, source, files);
  };
  converter.on(created, (_, page) => {
    page.name = name;
    page.frontmatter.group = group;
  });
}

module.exports = { asOnSite };
