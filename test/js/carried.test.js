'use strict';

/*
 * Values that only Node can serialize arrive, work, and keep their identity within a
 * message: through a port in one thread, and to a worker and back.
 */

const crypto = require('node:crypto');
const { same } = require('./support/differential');
const { echoes } = require('./support/echo');

/* A module with one function f that returns 42. */
const wasm = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4,
  0, 65, 42, 11
]);

/* Self-signed, for CN=ringport; made for this test and used for nothing else. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBPDCB76ADAgECAhRLBry6k7zzV09UQiM8XvA3HyduwjAFBgMrZXAwEzERMA8G
A1UEAwwIcmluZ3BvcnQwIBcNMjYxMTIyMDExMjIwWhgPMjEyNjEwMjkwMTEyMjBa
MBMxETAPBgNVBAMMCHJpbmdwb3J0MCowBQYDK2VwAyEArQ6VorkSvCb68mDmGl9n
C+GaoZwo5GKd4w8sgQFhwyKjUzBRMB0GA1UdDgQWBBSPyuDofG1tz83I9ukr4GmW
D3x3zzAfBgNVHSMEGDAWgBSPyuDofG1tz83I9ukr4GmWD3x3zzAPBgNVHRMBAf8E
BTADAQH/MAUGAytlcANBAGX7RZKVpF3U+PlbnsdVW8Gy0DBolelVXNPwpU0OHIS9
2JqSb9YIjl7+tGTXX4Cc1yQJQmaVqF+5DUwTFKcmTwA=
-----END CERTIFICATE-----`;

describe('carried by Node', () => {
  const echo = echoes();

  /* Post what `make` gives within the thread and to a worker and back; record what `look`
   * sees. */
  const carried = (title, make, look, { when = true } = {}) => {
    same(title, async (wt, t) => {
      const [a, b] = t.channel();
      const worker = echo[t.name];

      t.attempt('post', () => a.postMessage(make()));
      for (const value of t.drain(b)) t.note('here', await look(value));

      t.attempt('post to a worker', () => worker.postMessage(make()));
      worker.postMessage('end');
      for (let got; (got = await t.next(worker, 'message')) !== 'end';) t.note('back', await look(got));
    }, { when });
  };

  carried('a secret KeyObject', () => crypto.createSecretKey(Buffer.from('secret')),
    (key) => [key instanceof crypto.KeyObject, key.type, key.export().toString()]);
  carried('public and private KeyObjects', () => {
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
    return { publicKey, privateKey, again: [publicKey] };
  }, ({ publicKey, privateKey, again }) => [
    crypto.verify(null, Buffer.from('x'), publicKey, crypto.sign(null, Buffer.from('x'), privateKey)),
    again[0] === publicKey, privateKey.type
  ]);
  carried('a CryptoKey', () => cryptoKey, (key) => [key?.type, key?.algorithm, key?.usages, key?.constructor?.name]);
  carried('a Blob', () => new Blob(['text ', new Uint8Array([65, 66])], { type: 'text/x' }),
    async (blob) => [blob instanceof Blob, blob.size, blob.type, await blob.text()]);
  carried('a File', () => new (require('node:buffer').File)(['text'], 'name.txt', { lastModified: 5 }),
    async (file) => [file?.constructor?.name, file?.size, file?.name]);
  carried('a WebAssembly.Module', () => new WebAssembly.Module(wasm),
    (module) => [module instanceof WebAssembly.Module, new WebAssembly.Instance(module).exports.f()]);
  carried('a shared WebAssembly.Memory', () => new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }),
    (memory) => [memory instanceof WebAssembly.Memory, memory.buffer?.constructor.name, memory.buffer?.byteLength]);
  carried('the buffer of a shared WebAssembly.Memory', () =>
    ({ buffer: new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }).buffer }),
  ({ buffer }) => [buffer instanceof SharedArrayBuffer, buffer.byteLength]);
  carried('a SocketAddress', () => new (require('node:net').SocketAddress)({ address: '1.2.3.4', port: 5 }),
    (address) => [address.address, address.port, address.family, address.constructor.name]);
  carried('a BlockList', () => {
    const list = new (require('node:net').BlockList)();
    list.addAddress('1.2.3.4');
    return list;
  }, (list) => [list.check('1.2.3.4'), list.check('1.2.3.5')]);
  carried('an X509Certificate', () => new crypto.X509Certificate(certificate),
    (certificate) => [certificate.subject, certificate.fingerprint256]);
  carried('a histogram', () => {
    const histogram = require('node:perf_hooks').createHistogram();
    histogram.record(5);
    return histogram;
  }, (histogram) => [histogram.max, histogram.constructor.name]);
  carried('a DOMException with a name', () => new DOMException('m', 'DataError'),
    (error) => [error instanceof DOMException, error.name, error.message, error.code]);
  carried('a performance entry', () => performance.mark('mark', { startTime: 5 }),
    (entry) => [Object.prototype.toString.call(entry), entry.name]);
  carried('a Dirent, a Stats and other classes of JS', () => [
    require('node:fs').statSync('.').isDirectory && Object.keys(require('node:fs').statSync('.')),
    new (require('node:events'))(), new (require('node:string_decoder').StringDecoder)('utf8')
  ], (list) => list.map((value) => Object.prototype.toString.call(value)));
  carried('all of them in one message, with identities', () => {
    const key = crypto.createSecretKey(Buffer.from('k'));
    const shared = new SharedArrayBuffer(4);
    const blob = new Blob(['b']);
    return {
      key, shared, blob, module: new WebAssembly.Module(wasm), again: { key, shared, blob },
      map: new Map([[key, shared]]), set: new Set([blob]), view: new Uint8Array(shared, 1, 2), plain: [1, 'a', { b: 2 }]
    };
  }, ({ key, shared, blob, module, again, map, set, view, plain }) => [
    again.key === key, again.shared === shared, again.blob === blob, map.get(key) === shared,
    set.has(blob), view.buffer === shared, view.length, module instanceof WebAssembly.Module, plain
  ]);
  carried('a cycle through a message with such things', () => {
    const cycle = { shared: new SharedArrayBuffer(1) };
    cycle.self = { cycle };
    return cycle;
  }, (cycle) => [cycle.self.cycle === cycle, cycle.shared.byteLength]);

  let cryptoKey;
  before(async () => {
    cryptoKey = await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-CBC', true, ['encrypt']);
  });
});
