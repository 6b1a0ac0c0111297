'use strict';

/*
 * lanes.js - the competitors of rings.js: how each moves records, or single integers,
 * from one thread to another. make(params) creates what both threads share. writer() and
 * reader() return a function that moves up to n units and returns their number. Both
 * threads poll, because ringbuf.js can do nothing else.
 */

const CAPACITY = 1 << 20;

/** Integers per block, in the cases with blocks of integers. */
const BLOCK = 64;

function ringport() {
  return require('../../../lib').RingBuffer;
}

function ringbuf() {
  return require('ringbuf.js').RingBuffer;
}

const lanes = {
  'ringbuf.js': {
    make({ kind }) {
      const Ring = ringbuf();
      const type = kind === 'bytes' ? Uint8Array : Int32Array;

      return Ring.getStorageForCapacity(CAPACITY / type.BYTES_PER_ELEMENT, type);
    },

    writer(buffer, { kind, length }) {
      const ring = new (ringbuf())(buffer, kind === 'bytes' ? Uint8Array : Int32Array);
      const units = kind === 'bytes' ? 1 : length;
      const block = kind === 'bytes' ? new Uint8Array(length).fill(1) : new Int32Array(length).fill(1);

      return (n) => {
        let done = 0;

        while (done < n && ring.available_write() >= length) {
          ring.push(block);
          done += units;
        }
        return done;
      };
    },

    reader(buffer, { kind, length }) {
      const ring = new (ringbuf())(buffer, kind === 'bytes' ? Uint8Array : Int32Array);
      const units = kind === 'bytes' ? 1 : length;
      const block = kind === 'bytes' ? new Uint8Array(length) : new Int32Array(length);

      return (n, see) => {
        let done = 0;

        while (done < n && ring.available_read() >= length) {
          ring.pop(block);
          see(block[0]);
          done += units;
        }
        return done;
      };
    },
  },

  /* Copies in and out, as ringbuf.js does. */
  'ringport': {
    make: () => new (ringport())(CAPACITY).buffer,

    writer(buffer, { kind, length }) {
      const ring = new (ringport())(buffer);
      const units = kind === 'bytes' ? 1 : length;
      const block = kind === 'bytes'
        ? new Uint8Array(length).fill(1)
        : new Uint8Array(new Int32Array(length).fill(1).buffer);

      return (n) => {
        let done = 0;

        while (done < n && ring.tryWrite(block)) done += units;
        return done;
      };
    },

    reader(buffer, { kind, length }) {
      const ring = new (ringport())(buffer);
      const units = kind === 'bytes' ? 1 : length;
      const integers = new Int32Array(length);
      const target = kind === 'bytes' ? new Uint8Array(length) : new Uint8Array(integers.buffer);
      const first = kind === 'bytes' ? target : integers;

      return (n, see) => {
        let done = 0;

        while (done < n && ring.readInto(target) >= 0) {
          see(first[0]);
          done += units;
        }
        return done;
      };
    },
  },

  /* Writes several at a time, or in place, and reads in place. */
  'ringport in batches': {
    make: () => new (ringport())(CAPACITY).buffer,

    writer(buffer, { kind, length }) {
      const ring = new (ringport())(buffer);

      if (kind === 'bytes') {
        const list = new Array(16).fill(new Uint8Array(length).fill(1));

        return (n) => {
          let done = 0;
          let written;

          do done += written = ring.writeMany(list);
          while (written === list.length && done < n);
          return done;
        };
      }

      return (n) => {
        let done = 0;

        for (let room; done < n && (room = ring.claim(BLOCK * 4)) !== null; done += BLOCK) {
          const block = new Int32Array(buffer, room.byteOffset, BLOCK);

          for (let i = 0; i < BLOCK; i++) block[i] = 1;
          ring.commit();
        }
        return done;
      };
    },

    reader(buffer, { kind }) {
      const ring = new (ringport())(buffer);
      const all = new Int32Array(buffer);

      return (n, see) => {
        let done = 0;

        if (kind === 'bytes') return ring.drain((bytes) => see(bytes[0]), n);
        ring.drain((bytes, size) => {
          const from = bytes.byteOffset >> 2;

          for (let i = from; i < from + (size >> 2); i++) see(all[i]);
          done += size >> 2;
        });
        return done;
      };
    },
  },
};

/** thread-stream's own benchmark: 500 bytes of text to a thread that writes a file. */
const TEXT = 'hello'.repeat(100);
const TEXTS = 10_000;

module.exports = { lanes, BLOCK, TEXT, TEXTS };
