'use strict';

/* Counting words: runs of letters, lower case. Counts live in a Map of word to { times }. */

const WORD = /\p{L}+/gu;
const ASCII = /^[\0-\x7f]*$/;

const A = 97;
const Z = 122;

function add(counts, word, times) {
  const entry = counts.get(word);
  if (entry === undefined) {
    counts.set(word, { times });
  } else {
    entry.times += times;
  }
}

/** Count the words of `line` into `counts`. */
function countWords(line, counts) {
  const text = line.toLowerCase();
  if (!ASCII.test(text)) {
    for (const word of text.match(WORD) ?? []) {
      add(counts, word, 1);
    }
    return;
  }
  let start = -1;
  for (let i = 0; i <= text.length; i++) {
    const code = text.charCodeAt(i); /* NaN behind the end: not a letter */
    if (code >= A && code <= Z) {
      if (start < 0) {
        start = i;
      }
    } else if (start >= 0) {
      add(counts, text.slice(start, i), 1);
      start = -1;
    }
  }
}

/** Add all of `more` to `counts`. */
function merge(counts, more) {
  for (const [word, { times }] of more) {
    add(counts, word, times);
  }
}

/** The `n` words that occur most, as [word, times]; equal ones in alphabetical order. */
function topWords(counts, n) {
  return [...counts]
    .map(([word, { times }]) => [word, times])
    .sort(([word, times], [otherWord, otherTimes]) =>
      otherTimes - times || (word < otherWord ? -1 : 1))
    .slice(0, n);
}

/** True if both count the same words the same number of times. */
function same(counts, others) {
  return counts.size === others.size &&
    [...counts].every(([word, { times }]) => others.get(word)?.times === times);
}

module.exports = { countWords, merge, topWords, same };
