'use strict';

/*
 * The aggregate of all records: for each file, each folder above it, each kind of file,
 * and in all.
 */

/** Longer lines count as this long. */
const LONGEST = 511;
/**
 * So many lines one after the other that are elsewhere too are a copy; empty lines do not
 * count.
 */
const COPY_LINES = 5;
/** So many of the same shapes are a copy with other names. */
const SHAPE_LINES = 20;
/** No file has more lines. */
const MOST_LINES = 2 ** 24;
/**
 * Bits per character from which a line of LONG characters is dense, as keys and minified
 * code are.
 */
const DENSE = 5;
const LONG = 80;
/** Factors of lines in the fingerprint of a block. */
const FACTOR = 31;

class Figures {
  lines = 0;
  characters = 0;
  words = 0;
  deepest = 0;
  branches = 0;
  dense = 0;
  seen = 0;
  copies = 0;
  renamed = 0;
  unfinished = 0;
  links = 0;
  secrets = 0;
  #lengths = new Uint32Array(LONGEST + 1);

  add({ length, indent, words, branches, marks, entropy }, isSeen, isCopy, isRenamed) {
    this.lines++;
    this.characters += length;
    this.words += words;
    this.branches += branches;
    this.unfinished += marks & 1;
    this.links += marks >> 1 & 1;
    this.secrets += marks >> 2 & 1;
    if (length >= LONG && entropy >= DENSE) this.dense++;
    if (isSeen) this.seen++;
    if (indent > this.deepest) this.deepest = indent;
    if (isCopy) this.copies++;
    if (isRenamed) this.renamed++;
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

/** Where lines and blocks of lines were first, by their fingerprints. */
class Origins {
  #places = new Map();

  /**
   * Whether this has been at another place before. The same line that comes again is no
   * copy.
   */
  isCopy(print, { file, number }) {
    const place = file * MOST_LINES + number;
    const first = this.#places.get(print);

    if (first === undefined) this.#places.set(print, place);
    return first !== undefined && first !== place;
  }
}

/** Finds blocks of `size` lines that are elsewhere too, one line after the other. */
class Blocks {
  #origins = new Origins();
  #file = -1;
  #prints;
  #filled = 0;

  constructor(size) {
    this.#prints = new Float64Array(size);
  }

  /** Whether the block that ends with this line is somewhere else, too. */
  isCopy(print, record) {
    const prints = this.#prints;
    const { file, number } = record;

    if (file !== this.#file || number === 1) {
      this.#file = file;
      this.#filled = 0;
    }
    prints.copyWithin(0, 1);
    prints[prints.length - 1] = print;
    if (++this.#filled < prints.length) return false;

    let block = 0;

    for (let i = 0; i < prints.length; i++) {
      block = (block * FACTOR + prints[i]) % Number.MAX_SAFE_INTEGER;
    }
    return this.#origins.isCopy(block, record);
  }
}

class Aggregate {
  #total = new Figures();
  #kinds = new Map();
  /** Of files and folders, by name. */
  #places = new Map();
  /** For each file, the figures that its lines belong to. */
  #files = [];
  #lines = new Origins();
  #blocks = new Blocks(COPY_LINES);
  #shapes = new Blocks(SHAPE_LINES);

  /** The lines of file number `file` follow; its name has slashes between folders. */
  name(file, name) {
    const figures = [
      this.#total, figuresOf(this.#kinds, name.slice(name.lastIndexOf('.') + 1)), figuresOf(this.#places, name)];

    for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      figures.push(figuresOf(this.#places, name.slice(0, end)));
    }
    this.#files[file] = figures;
  }

  /** @param {import('./inspect').Record} record */
  add(record) {
    const isText = record.words > 0;
    const isSeen = isText && this.#lines.isCopy(record.print, record);
    const isCopy = isText && this.#blocks.isCopy(record.print, record);
    const isRenamed = isText && this.#shapes.isCopy(record.shape, record);

    for (const figures of this.#files[record.file]) figures.add(record, isSeen, isCopy, isRenamed);
  }

  /** The figures of a file or folder; empty for one that has had no line yet. */
  of(name) {
    return (this.#places.get(name) ?? new Figures()).answer;
  }

  /** Those of all lines, with the number of files and the most frequent kinds of file. */
  get total() {
    const kinds = [...this.#kinds].map(([kind, { lines }]) => ({ kind, lines }))
      .sort((a, b) => b.lines - a.lines);

    return { ...this.#total.answer, files: this.#files.length, kinds: kinds.slice(0, 5) };
  }
}

module.exports = { Aggregate };
