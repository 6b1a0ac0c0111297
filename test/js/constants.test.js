'use strict';

/*
 * The numbers that the wrapper has a copy of are those of the C sources, which say them
 * once.
 */

const assert = require('node:assert/strict');

const native = require('../../lib/loading/native');
const drain = require('../../lib/ports/drain');
const { limits } = require('../../lib/ports/is-plain');
const rings = require('../../lib/ring-buffer/native');

describe('constants', () => {
  const addon = {};

  native.binding.define(addon, native.FOR_TESTS);

  const { error, control, ring, layout, counter, plain } = addon.constants();

  /** Each of `names` in `copy` is what the sources say. */
  const agree = (copy, sources, names = Object.keys(copy)) => {
    for (const name of names) assert.equal(copy[name], sources[name], name);
  };

  it('of the words that posts and receives pass are the same in C and JavaScript', () => {
    agree({ ...native, ALL: drain.ALL }, control, Object.keys(control).filter((name) => name !== 'WORDS'));
    assert.equal(native.control.length, control.WORDS);
  });

  it('of the words of rings are the same', () => {
    agree(rings, ring, Object.keys(ring).filter((name) => name !== 'WORDS'));
    assert.equal(rings.words.length, ring.WORDS);
  });

  it('of the memory of a ring are the same', () => {
    agree(rings.layout, layout);
    agree(rings.counter, counter);
  });

  it('of plain values are the same', () => {
    agree(limits, plain, Object.keys(plain));
  });

  it('of results are the same', () => {
    const inC = {
      TOO_BIG: 'ETOOBIG', NO_MEMORY: 'ENOMEM', SEALED: 'CLOSED', CORRUPT: 'ECORRUPT', CLOSED: 'ECLOSED',
      BUSY: 'EBUSY', FORMAT: 'EFORMAT',
    };

    assert.equal(native.SEALED, error.CLOSED);
    for (const [name, value] of Object.entries(rings.status)) {
      assert.equal(value, error[inC[name] ?? name], name);
    }
  });
});
