'use strict';

/* RingBuffer as a Node stream and as a web stream, within one thread and between two. */

const assert = require('node:assert');
const { randomBytes } = require('node:crypto');
const { Readable, Transform, Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { setTimeout: sleep } = require('node:timers/promises');
const { RingBuffer, each, run } = require('./support/rings');

/** Records and slots of 64 bytes. */
const make = (mode) => new RingBuffer(1024, { mode, ...mode === 'mpmc' && { slotSize: 56 } });

describe('RingBuffer: streams', () => {
  each('carry what is written, to the end', async (mode) => {
    const ring = make(mode);
    const bytes = randomBytes(50_000);
    const chunks = [];

    for (let at = 0; at < bytes.length; at += chunks.at(-1).length) {
      chunks.push(bytes.subarray(at, at + 1 + at * 3 % 1999));
    }

    const writing = pipeline(Readable.from(chunks), ring.createWriteStream());
    const got = [];

    for await (const chunk of ring.createReadStream()) got.push(chunk);
    await writing;
    assert.ok(Buffer.concat(got).equals(bytes));
    assert.ok(ring.ended);
  });

  each('carry it between threads, through other streams', async (mode) => {
    const [there, back] = [make(mode), make(mode)];
    const bytes = Buffer.from('All work and no play makes Jack a dull boy.\n'.repeat(3000));
    const worker = run(async (ring, other, { RingBuffer: Ring }) => {
      const streams = require('node:stream');
      const { createGzip } = require('node:zlib');

      await require('node:stream/promises').pipeline(
        ring.createReadStream(), createGzip(),
        new streams.PassThrough(), new Ring(other).createWriteStream());
      return 'piped';
    }, there.buffer, back.buffer);
    const got = [];

    await Promise.all([
      pipeline(Readable.from([bytes]), there.createWriteStream()),
      pipeline(back.createReadStream(), require('node:zlib').createGunzip(), new Writable({
        write(chunk, encoding, callback) {
          got.push(chunk);
          setImmediate(callback);
        },
      })),
    ]);
    assert.strictEqual(await worker.done, 'piped');
    assert.strictEqual(Buffer.concat(got).equals(bytes), true);
  });

  each('with objectMode give a chunk for a record, also an empty one', async (mode) => {
    const ring = make(mode);

    ring.writeMany(['one', '', 'three']);
    ring.close();

    const got = [];

    for await (const chunk of ring.createReadStream({ objectMode: true })) got.push(chunk.toString());
    assert.deepStrictEqual(got, ['one', '', 'three']);
  });

  each('hold back who writes faster than is read', async (mode) => {
    const ring = make(mode);
    const stream = ring.createWriteStream({ highWaterMark: 100 });
    let accepted = 0;

    while (stream.write(Buffer.alloc(40))) accepted++;
    for (let i = 0; i < 50; i++) {
      await sleep(0);
      while (stream.writableLength < 100) {
        stream.write(Buffer.alloc(40));
        accepted++;
      }
    }
    assert.ok(accepted < 40, `${accepted}`);

    const reader = ring.createReadStream({ highWaterMark: 100 });

    reader.once('readable', () => {});
    await sleep(5);
    assert.ok(reader.readableLength <= 200, `${reader.readableLength}`);
    stream.end();

    let length = 0;

    for await (const chunk of reader) length += chunk.length;
    assert.strictEqual(length % 40, 0);
    assert.ok(length / 40 >= accepted);
  });

  it('read text when they are told to', async () => {
    const ring = new RingBuffer(1024);

    ring.writeMany([Buffer.from('wörld').subarray(0, 2), Buffer.from('wörld').subarray(2)]);
    ring.close();

    const reader = ring.createReadStream({ encoding: 'utf8' });
    let text = '';

    for await (const chunk of reader) text += chunk;
    assert.strictEqual(text, 'wörld');
  });

  it('write texts, and chunks that are larger than a record', async () => {
    const ring = new RingBuffer(256);
    const stream = ring.createWriteStream();
    const bytes = randomBytes(5000);

    stream.write('text ');
    stream.write(bytes);
    stream.end('end');

    const got = [];

    for await (const chunk of ring.createReadStream()) got.push(chunk);
    assert.ok(Buffer.concat(got).equals(Buffer.concat([Buffer.from('text '), bytes, Buffer.from('end')])));
  });

  each('that are destroyed tell the other role', async (mode) => {
    const ring = make(mode);
    const stream = ring.createWriteStream();

    ring.createReadStream().destroy();
    await assert.rejects(
      pipeline(Readable.from([Buffer.alloc(8)]), stream), { code: 'ERR_RINGPORT_CLOSED' });

    const second = make(mode);
    const reader = second.createReadStream();
    const got = [];

    second.write('before');
    second.createWriteStream().destroy(new Error('mine')).on('error', () => {});
    for await (const chunk of reader) got.push(chunk.toString());
    assert.deepStrictEqual(got, ['before']);
  });

  each('that wait can be destroyed', async (mode) => {
    const ring = make(mode);
    const reader = ring.createReadStream();
    const controller = new AbortController();

    reader.on('data', () => {});
    await sleep(2);
    setTimeout(() => controller.abort(), 2);

    const sink = new Transform({ transform(chunk, encoding, callback) { callback(); } });

    await assert.rejects(pipeline(reader, sink, { signal: controller.signal }), { name: 'AbortError' });
    assert.ok(ring.closed);

    const full = make(mode);
    const writer = full.createWriteStream();

    writer.on('error', () => {});
    while (writer.write(Buffer.alloc(40)));
    for (let i = 0; i < 100; i++) writer.write(Buffer.alloc(40));
    await sleep(2);
    writer.destroy();
    await new Promise((resolve) => writer.once('close', resolve));
    assert.ok(full.closed);
  });

  it('fail if the ring makes no sense, or has another reader', async () => {
    const ring = new RingBuffer(256);
    const other = new RingBuffer(ring.buffer);

    other.read();
    await assert.rejects(async () => {
      for await (const chunk of ring.createReadStream()) assert.fail(chunk);
    }, { code: 'ERR_RINGPORT_TAKEN' });

    const second = new RingBuffer(256);

    second.write('x');
    new Int32Array(second.buffer)[640] = -5;
    await assert.rejects(async () => {
      for await (const chunk of second.createReadStream()) assert.fail(chunk);
    }, { code: 'ERR_RINGPORT_CORRUPT' });
  });

  each('are Web streams as well', async (mode) => {
    const ring = make(mode);
    const text = 'through the Web '.repeat(500);
    const readable = Readable.toWeb(ring.createReadStream());
    const writable = Writable.toWeb(ring.createWriteStream());
    const source = new ReadableStream({
      start(controller) {
        for (let at = 0; at < text.length; at += 700) controller.enqueue(Buffer.from(text.slice(at, at + 700)));
        controller.close();
      },
    });
    const [got] = await Promise.all([new Response(readable).text(), source.pipeTo(writable)]);

    assert.strictEqual(got, text);
  });
});
