'use strict';

/* Requests whose answer never comes, or cannot be sent: none of them waits for ever. */

const assert = require('node:assert/strict');

const { wt, endAll, next } = require('./support/requests');

const { MessageChannel, moveMessagePortToContext } = wt;

const never = () => new Promise(() => {});
const immediate = () => new Promise(setImmediate);

/** What a promise is rejected with. */
const caught = (promise) => promise.then(
  (value) => assert.fail(`resolved with ${value}`), (error) => error);

/** What nobody can read or clone. */
function unreadables() {
  const { proxy, revoke } = Proxy.revocable({}, {});

  revoke();
  return [
    proxy,
    { __proto__: null, f() {} },
    { toString() { throw new Error('toString'); }, f() {} },
    { get [Symbol.toStringTag]() { throw new Error('tag'); } },
    Object.assign(new Error('name'), { name: { __proto__: null } }),
  ];
}

describe('requests without an answer', () => {
  afterEach(endAll);

  it('a handler may throw what cannot be read', async () => {
    const { port1, port2 } = new MessageChannel();

    for (const thrown of unreadables()) {
      port2.handle(() => { throw thrown; });
      assert.match((await caught(port1.request(1))).message, /neither be read nor cloned/);
      port2.handle(async () => { throw thrown; });
      assert.match((await caught(port1.request(1))).message, /neither be read nor cloned/);
    }
    port2.handle(() => { throw Object.assign(new AggregateError([]), { errors: null }); });
    assert.deepEqual((await caught(port1.request(1))).errors, []);
    port1.close();
  });

  it('an AggregateError may contain itself many times', async () => {
    const { port1, port2 } = new MessageChannel();

    port2.handle(() => {
      const error = new AggregateError([], 'all');

      error.errors = Array(10).fill(error);
      throw error;
    });
    assert.equal((await caught(port1.request(1))).errors[0].message, 'all');
    port1.close();
  });

  it('a request may be aborted for a reason that cannot be read', async () => {
    const { port1, port2 } = new MessageChannel();

    port2.handle(never);
    for (const reason of unreadables()) {
      const abort = new AbortController();
      const failed = port1.request(1, { signal: abort.signal }).catch((error) => error === reason);

      abort.abort(reason);
      assert.equal(await failed, true);
    }
    port1.close();
  });

  it("a getter 'then' of a result may throw", async () => {
    const { port1, port2 } = new MessageChannel();

    port2.handle(() => ({ get then() { throw new RangeError('then'); } }));
    assert.equal((await caught(port1.request(1))).message, 'then');
    port1.close();
  });

  it('a getter of the value may abort the request', async () => {
    const { port1, port2 } = new MessageChannel();
    const abort = new AbortController();
    const reason = new Error('mine');
    const aborted = new Promise((resolve) => {
      port2.handle((_, { signal }) => {
        signal.addEventListener('abort', () => resolve(signal.reason.message));
        return never();
      });
    });

    assert.equal(await caught(port1.request({
      get a() {
        abort.abort(reason);
        return 1;
      },
    }, { signal: abort.signal })), reason);
    assert.equal(await aborted, 'mine');
    port1.close();
  });

  for (const [how, send] of [
    ['is transferred', (port, carrier) => carrier.postMessage(port, [port])],
    ['is detached', (port) => port.detach()],
    ['is moved to another context', (port) =>
      moveMessagePortToContext(port, require('node:vm').createContext())],
  ]) {
    it(`the handler's port ${how}`, async () => {
      const { port1: carrier } = new MessageChannel();
      const running = new MessageChannel();
      const signals = [];

      running.port2.handle((_, { signal }) => {
        signals.push(signal);
        return never();
      });

      const unheard = new MessageChannel();
      const failed = [
        running.port1.request(1), running.port1.request(2), unheard.port1.request(1),
      ].map(caught);

      unheard.port2.on('message', () => {});
      unheard.port1.postMessage('behind the request');
      await next(unheard.port2, 'message');
      while (signals.length < 2) await immediate();
      for (const { port2 } of [running, unheard]) send(port2, carrier);
      for (const error of await Promise.all(failed)) {
        assert.equal(error.code, 'ERR_RINGPORT_CLOSED');
        assert.match(error.message, /transferred/);
      }
      assert(signals.every(({ aborted }) => aborted));
      for (const { port1 } of [running, unheard]) port1.close();
      carrier.close();
    });
  }

  it('a port with messages that its requests have passed is not moved to another context', async () => {
    const { port1, port2 } = new MessageChannel();

    port2.handle((value) => value);
    port1.postMessage('unread');
    await port1.request(1);
    assert.throws(() => moveMessagePortToContext(port2, require('node:vm').createContext()),
      { name: 'DataCloneError' });
    assert.deepEqual(wt.receiveMessageOnPort(port2), { message: 'unread' });
    port1.close();
  });

  it('the new owner of the port gets the requests that nobody has read, and later ones', async () => {
    const { port1: carrier, port2: end } = new MessageChannel();
    const { port1, port2 } = new MessageChannel();

    port2.handle(never);

    const lost = caught(port1.request('lost'));

    await immediate();
    await immediate();

    const kept = port1.request('kept');

    carrier.postMessage(port2, [port2]);
    (await next(end, 'message')).handle((value) => `new: ${value}`);
    assert.equal((await lost).code, 'ERR_RINGPORT_CLOSED');
    assert.equal(await kept, 'new: kept');
    assert.equal(await port1.request('later'), 'new: later');
    port1.close();
    carrier.close();
  });

  it('a handler does not keep the loop alive once the other end has closed, whatever is unread', async () => {
    const { port1, port2 } = new MessageChannel();

    port2.handle((value) => value);
    port1.postMessage('unread');
    assert.equal(await port1.request(1), 1);
    assert.equal(port2.hasRef(), true);
    port1.close();
    await next(port1, 'close');
    for (let i = 0; i < 10; i++) await immediate();
    assert.equal(port2.hasRef(), false);
    port2.handle((value) => value);
    assert.equal(port2.hasRef(), false);
    assert.deepEqual(wt.receiveMessageOnPort(port2), { message: 'unread' });
    port2.close();
  });
});
