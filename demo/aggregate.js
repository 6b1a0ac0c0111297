'use strict';

/* The aggregate of all records: for each file, each folder above it, each kind of file, and in all. */

/** Longer lines count as this long. */
const LONGEST = 511;
/** So many lines one after the other that are elsewhere too are a copy; empty lines do not count. */
const COPY_LINES = 5;
/** Factors of lines in the fingerprint of a block. */
const FACTOR = 31;

class Figures {
  lines = 0;
  characters = 0;
  words = 0;
  deepest = 0;
  copies = 0;
  #lengths = new Uint32Array(LONGEST + 1);

  add({ length, indent, words }, isCopy) {
    this.lines++;
    this.characters += length;
    this.words += words;
    if (indent > this.deepest) this.deepest = indent;
    if (isCopy) this.copies++;
    this.#lengths[length < LONGEST ? length : LONGEST]++;
  }

  /** The length that `share` (0 to 1) of the lines do not exceed. */
  percentile(share) {
    let length = 0;

    for (let left = this.lines * share - this.#lengths[0]; left > 0 && length < LONGEST;) {
      left -= this.#lengths[++length];
    }
    return length;
  }

  /** What a question is answered with: an object that can be posted. */
  get answer() {
    return { ...this, p50: this.percentile(0.5), p99: this.percentile(0.99) };
  }
}

/** The figures under `name`, which begin empty. */
function figuresOf(map, name) {
  let figures = map.get(name);

  if (figures === undefined) map.set(name, figures = new Figures());
  return figures;
}

/** The last lines of the source that is being read. */
class Window {
  #source = '';
  #prints = new Float64Array(COPY_LINES);
  #filled = 0;

  /** The fingerprint of the block that ends with this line; 0 if there is none yet. */
  add({ source, number, print }) {
    const prints = this.#prints;

    if (source !== this.#source || number === 1) {
      this.#source = source;
      this.#filled = 0;
    }
    prints.copyWithin(0, 1);
    prints[COPY_LINES - 1] = print;
    if (++this.#filled < COPY_LINES) return 0;

    let block = 0;

    for (let i = 0; i < COPY_LINES; i++) {
      block = (block * FACTOR + prints[i]) % Number.MAX_SAFE_INTEGER;
    }
    return block;
  }
}

class Aggregate {
  #total = new Figures();
  #kinds = new Map();
  #folders = new Map();
  #sources = new Map();
  #window = new Window();
  /** Where each block of lines was first, by its fingerprint. */
  #origins = new Map();

  /** @param {import('./inspect').Record} record */
  add(record) {
    const { source } = record;
    const isCopy = record.words > 0 && this.#isCopy(record);

    this.#total.add(record, isCopy);
    figuresOf(this.#kinds, source.slice(source.lastIndexOf('.') + 1)).add(record, isCopy);
    figuresOf(this.#sources, source).add(record, isCopy);
    for (let end = source.indexOf('/'); end >= 0; end = source.indexOf('/', end + 1)) {
      figuresOf(this.#folders, source.slice(0, end)).add(record, isCopy);
    }
  }

  /** Whether the block that ends with this line is somewhere else, too. */
  #isCopy(record) {
    const block = this.#window.add(record);

    if (block === 0) return false;

    const origin = this.#origins.get(block);

    if (origin === undefined) {
      this.#origins.set(block, { source: record.source, number: record.number });
      return false;
    }
    return origin.source !== record.source || origin.number !== record.number;
  }

  /** The figures of a file or folder; empty for one that has had no line yet. */
  of(name) {
    return (this.#sources.get(name) ?? this.#folders.get(name) ?? new Figures()).answer;
  }

  /** Those of all lines, with the number of sources and the most frequent kinds of file. */
  get total() {
    const kinds = [...this.#kinds].map(([kind, { lines }]) => ({ kind, lines }))
      .sort((a, b) => b.lines - a.lines);

    return { ...this.#total.answer, sources: this.#sources.size, kinds: kinds.slice(0, 5) };
  }
}

module.exports = { Aggregate };
