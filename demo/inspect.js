'use strict';

/* What the main thread does with a line of text: it makes a record of it. */

const SPACE = 32;
const TAB = 9;
const ASCII = 128;
/** What a word counts as in a line's shape. */
const LETTER = 97;

/** 1 for the ASCII codes that words consist of: letters, digits, underscore. */
const WORD = Uint8Array.from({ length: ASCII }, (_, code) =>
  Number(/\w/.test(String.fromCharCode(code))));

/** Words after which a program may continue in more than one place. */
const BRANCHES = new Set([
  'if', 'for', 'while', 'case', 'catch', 'elif', 'except', 'unless', 'until', 'when', 'and', 'or']);
const LONGEST_BRANCH = 6;

/** What a reviewer looks for first, in the order of the bits of `marks`. */
const MARKS = [
  /\b(?:TODO|FIXME|XXX|HACK)\b/, /https?:\/\/[\w.-]+/,
  /(?:password|passwd|secret|token|api[_-]?key)\s*[:=]/i,
];

/**
 * How often each character is in a line; 0 is for those above ASCII. Reset after each.
 */
const counts = new Uint16Array(ASCII);

/**
 * @typedef {object} Record
 * @property {number} file the number of the file that the line is from; Aggregate.name()
 *   gives it a name
 * @property {number} number of the line, from 1
 * @property {number} length in UTF-16 code units
 * @property {number} indent
 * @property {number} words
 * @property {number} branches keywords such as `if` and `for`
 * @property {number} marks a bit for each of MARKS that is found
 * @property {number} entropy in bits per character (Shannon): 4 for a program, 5 for keys
 * @property {number} print a fingerprint of 53 bits, without the indentation: with 32
 *   bits some of 500,000 lines would be alike
 * @property {number} shape the same of the line's shape: each word counts as one letter
 */

/** The entropy of the line, whose characters are in `counts`; this resets them. */
function takeEntropy(line, indent) {
  const total = line.length - indent;
  let sum = 0;

  for (let i = indent; i < line.length; i++) {
    const code = line.charCodeAt(i);
    const at = code < ASCII ? code : 0;
    const count = counts[at];

    if (count > 0) sum += count * Math.log2(total / count);
    counts[at] = 0;
  }
  return total > 0 ? sum / total : 0;
}

function marksOf(line) {
  let marks = 0;

  for (let i = 0; i < MARKS.length; i++) {
    if (MARKS[i].test(line)) marks |= 1 << i;
  }
  return marks;
}

/** @returns {number} 53 bits of two words of 32 */
function joined(low, high) {
  return (low >>> 0) * 2 ** 21 + (high >>> 11);
}

/** @returns {Record} */
function inspect(file, number, line) {
  const { length } = line;
  let indent = 0;

  for (let code; indent < length; indent++) {
    code = line.charCodeAt(indent);
    if (code !== SPACE && code !== TAB) break;
  }

  let words = 0;
  let branches = 0;
  let start = -1;
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  let shapeLow = low;
  let shapeHigh = high;

  for (let i = indent; i <= length; i++) {
    const code = i < length ? line.charCodeAt(i) : SPACE;
    const isWord = code < ASCII ? WORD[code] === 1 : true;

    if (isWord !== start >= 0) {
      if (isWord) {
        words++;
        start = i;
      } else {
        if (i - start <= LONGEST_BRANCH && BRANCHES.has(line.slice(start, i))) branches++;
        start = -1;
      }
    }
    if (i === length) break;
    counts[code < ASCII ? code : 0]++;
    low = Math.imul(low ^ code, 0x01000193); // FNV-1a
    high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 15);
    if (!isWord || start === i) {
      const letter = isWord ? LETTER : code;

      shapeLow = Math.imul(shapeLow ^ letter, 0x01000193);
      shapeHigh = Math.imul(shapeHigh ^ letter, 0x85ebca6b) ^ (shapeHigh >>> 15);
    }
  }
  return {
    file, number, length, indent, words, branches,
    marks: marksOf(line),
    entropy: takeEntropy(line, indent),
    print: joined(low, high),
    shape: joined(shapeLow, shapeHigh),
  };
}

module.exports = { inspect };
