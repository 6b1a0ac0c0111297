'use strict';

/** @returns {Map<string, number>} how often each word is in a document */
module.exports = ({ text }) => {
  const counts = new Map();

  for (const word of text.match(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
};
