'use strict';

/*
 * The text of the demo: a file, a folder, or by default the project and what it depends
 * on.
 */

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

/* The project's own sources first; its dependencies fill the rest. */
const DEFAULT_PATHS = ['lib', 'src', 'README.md', 'node_modules'].map((name) =>
  path.join(ROOT, name));

const TEXT_FILE =
  /\.(c|cc|cpp|css|csv|h|html|js|json|log|md|mjs|py|rs|rst|ts|tsv|txt|xml|yaml|yml)$/i;

/** All files below `folder` that look like text, in the order of their names. */
function* textFiles(folder) {
  const entries = fs.readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      yield* textFiles(file);
    } else if (entry.isFile() && TEXT_FILE.test(entry.name)) {
      yield file;
    }
  }
}

function* filesOf(paths) {
  for (const name of paths) {
    if (fs.statSync(name).isDirectory()) {
      yield* textFiles(name);
    } else {
      yield name;
    }
  }
}

/** At most the first `limit` bytes of a file. */
function readStart(file, limit) {
  const descriptor = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(limit, fs.fstatSync(descriptor).size));
    return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * The lines of a file or of a folder's text files, at most `limit` bytes of them; without
 * a path those of the project. Throws what fs throws if the path cannot be read, and an
 * Error if it is not text.
 *
 * @param {string|undefined} given path to a file or a folder
 * @param {number} limit bytes
 * @returns {{ files: { name: string, lines: string[] }[], lines: number, bytes: number,
 *   whole: boolean }} names relative to the folder
 */
function readText(given, limit) {
  const text = { files: [], lines: 0, bytes: 0, whole: true };
  const paths = given === undefined ? DEFAULT_PATHS.filter((name) => fs.existsSync(name)) : [given];
  for (const file of filesOf(paths)) {
    if (text.bytes >= limit) {
      text.whole = false;
      break;
    }
    const bytes = readStart(file, limit - text.bytes);
    if (bytes.includes(0)) {
      if (file === given) {
        throw new Error('not a text file');
      }
      continue;
    }
    const lines = bytes.toString().split('\n');
    text.whole = bytes.length === fs.statSync(file).size;
    text.bytes += bytes.length;
    text.lines += lines.length;
    text.files.push({ name: (path.relative(given ?? ROOT, file) || path.basename(file)).replaceAll(path.sep, '/'), lines });
  }
  return text;
}

module.exports = { readText };
