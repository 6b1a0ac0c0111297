'use strict';

/*
 * endpoint.js - one half of a channel as a thread sees it: post, receive, close.
 *
 * An endpoint has an owner (a MessagePort, a Worker) that gets [kMessage](value, ports), or while its
 * [kBatching] holds [kMessages](values, ports), and [kMessageError](error) and [kClosed]().
 * The message path allocates nothing: encode into the scratch, one native call; one native call
 * per batch, decode out of the inbox.
 */

const { corrupt } = require('./codec/errors');
const companion = require('./companion');
const context = require('./context');
const memory = require('./memory');
const outbox = require('./outbox');
const {
  binding, control, START, END, FLAGS, STATUS, BYTES, COUNT, MAX, STAGED, SLOT, SEALED,
} = require('./native');
const {
  ports, kBatching, kMessage, kMessages, kMessageError, kClosed,
} = require('./port');

const { countPosts, postToNode } = context;
const { post, receive: receiveBatch, release } = binding;

/** Loaded by the first message: a thread that has just started has none yet. */
let codec = null;
let encode = (...args) => loadCodec().encode(...args);
let decode = (...args) => loadCodec().decode(...args);

/** A batch of received records: at first, and at most unless a record takes more. What is larger does not
 * stay in the cache. */
const INBOX_FIRST = 4 * 1024;
const INBOX_BYTES = 64 * 1024;
/** The next record is larger than the inbox (RP_ETOOBIG). */
const TOO_BIG = -3;

let inbox;
/** Lengths and types of the records in the inbox. */
let inbox32;

/** Have an inbox of `bytes`. No batch may be in the last one. */
function setInbox(bytes) {
  inbox = new Uint8Array(bytes);
  inbox32 = new Uint32Array(inbox.buffer);
  binding.setInbox(inbox);
}

setInbox(INBOX_FIRST);

/** Copy the next batch of a port into the inbox: as the binding's receive(), with room for it. */
function receive(slot) {
  receiveBatch(slot);
  if (control[STATUS] !== TOO_BIG) return;

  let bytes = inbox.length * 4;

  while (bytes < control[BYTES]) bytes *= 2;
  setInbox(bytes);
  control[BYTES] = 0;
  receiveBatch(slot);
}

/** Runs next ticks and microtasks, as Node does between two messages, for 35 ns. Without it every
 * message takes a callback of its own. */
const { tick } = context;

/** Node's limit for one wake-up: what was queued when it began, or this many. */
const BATCH = 1000;
/** More messages than can be queued. */
const ALL = 0x7fffffff;

/** Flags of a record. A trailer, 8-aligned behind the codec's bytes, is two words: how many bytes
 * those are, and the number of the companion's message; FLAG_PORTS: ports came with that. */
const FLAG_TRAILER = 1;
const FLAG_COMPANION = 2;
const FLAG_PORTS = 4;
/** The companion's message has the whole value; the codec's is how many bytes Node has moved with it. */
const FLAG_WHOLE = 8;
/** Set by the core: the bytes are in block 0 (RP_MESSAGE_LARGE); the table of blocks is one
 * (RP_MESSAGE_TABLE). */
const TYPE_LARGE = 0x100;
const TYPE_TABLE = 0x200;
const TRAILER_BYTES = 8;
const BLOCK_BYTES = 16;

/** To lend less costs more than to copy it. */
const VIEW_BYTES = 128 * 1024;

const NONE = -1;

/** By slot: an Endpoint that must stay, a WeakRef to one that nobody may need any more, or its Hold. */
const endpoints = [];

/** What remains to be done for an endpoint when nobody can reach it any more. */
class Hold {
  slot;
  /** Our end of the companion (a MessagePort of Node's), or null. */
  companion = null;

  constructor(slot) {
    this.slot = slot;
  }

  /** The half is closed. @param {bigint | undefined} peer id of the other half if it is in transit */
  closed(peer) {
    endpoints[this.slot] = undefined;
    /* Only through the companion can we learn that the other half is lost. */
    if (peer === undefined) this.companion?.close();
    else this.companion?.on('close', () => binding.lost(peer));
    this.companion = null;
  }
}

/** Ports that nobody can reach are closed, so that the other side learns of it. */
const unreachable = new FinalizationRegistry((hold) => {
  endpoints[hold.slot] = hold;
  binding.close(hold.slot);
});

/** The endpoint whose batch is in the inbox, and how much of that has been dealt with. */
let reader = null;
let readBytes = 0;
let readCount = 0;

/** Blocks staged by encodings in progress, and the first one of the innermost. */
let staged = 0;
let stagedBase = 0;
/** Whether the port of the innermost encoding was open when it began. */
let sending = false;

/** Buffers that the innermost encoding has copied for its message, null without any. */
let copies = null;

/** Slot of the port that posts, for a question of the codec's that is a hint: after a getter that has
 * posted it is that one's. */
let posting = NONE;

/** What has been lent to the listener that is going to be called; null without any. */
let loans = null;
/** The message being read is for receiveMessageOnPort(), which does not end: nothing can be lent. */
let single = false;

/** Of the record being decoded: its offset in the inbox, its first block that is the codec's, and
 * what the companion brought. */
let recordAt = 0;
let recordBlock = 0;
let arrived = null;

/** Tell the ring how far the batch in the inbox has been read; what is left stays in the ring. */
function settleReader() {
  if (reader === null) return;

  const slot = reader.slot;

  reader = null;
  if (readCount === 0 || slot === NONE) return;
  control[BYTES] = readBytes;
  control[COUNT] = readCount;
  release(slot);
}

/**
 * What Node does between two messages.
 * @returns {boolean} false: an error has had its 'uncaughtException', which ends the wake-up
 */
function runTicks() {
  let calm = tick !== undefined;

  while (tick !== undefined) {
    try {
      tick();
      break;
    } catch (error) {
      /* It must not unwind through the binding: the stack of async ids would not match. */
      calm = false;
      binding.fatal(error);
    }
  }
  return calm;
}

function changeRefs(by) {
  context.refs += by;
  if (context.refs === 0) binding.setRef(false);
  else if (context.refs === by) binding.setRef(true);
}

function putWord(u8, at, word) {
  u8[at] = word;
  u8[at + 1] = word >>> 8;
  u8[at + 2] = word >>> 16;
  u8[at + 3] = word >>> 24;
}

function getWord(u8, at) {
  return u8[at] | u8[at + 1] << 8 | u8[at + 2] << 16 | u8[at + 3] << 24;
}

/** Block `index` of the current record as an ArrayBuffer of its own. */
function takeBytes(index) {
  const length = binding.blockLength(recordAt, index);

  if (length < 0) throw new RangeError('the message has no such block');

  const bytes = memory.allocate(length);

  binding.takeBytes(recordAt, index, bytes);
  return bytes;
}

/** Block `index` of the current record as an ArrayBuffer: lent if that is possible, else a copy. */
function takeBlock(index) {
  const lends = !single && reader !== null && reader.views;

  if (lends && binding.blockLength(recordAt, index) >= VIEW_BYTES) {
    const loan = binding.lend(recordAt, index);

    if (loan !== undefined) {
      loans ??= [];
      loans.push(loan);
      return loan[0];
    }
  }
  return takeBytes(index).buffer;
}

/** The listener has returned. */
function endLoans() {
  const ended = loans;

  loans = null;
  ended.forEach(binding.endLoan);
}

/** Drop the blocks of an encoding that was not sent. */
function unstage() {
  if (staged === stagedBase) return;
  binding.unstage(stagedBase);
  staged = stagedBase;
}

function loadCodec() {
  if (codec !== null) return codec;
  codec = require('./codec/index');
  ({ encode, decode } = codec);
  codec.attach({
    setScratch(u8) {
      outbox.setScratch(u8);
      binding.setScratch(u8);
    },
    internShape: (text) => binding.internShape(text),
    shapeKeys: (number) => binding.shapeText(number),
    stageBytes(buffer, offset, length) {
      binding.stageBytes(new Uint8Array(buffer, offset, length));
      return staged++ - stagedBase;
    },
    stageString(string, oneByte) {
      binding.stageString(string, oneByte);
      return staged++ - stagedBase;
    },
    unstage,
    copied(buffer) {
      copies = copies === null ? [buffer] : copies.concat(buffer);
    },
    takeBlock: (index) => takeBlock(index + recordBlock),
    allocate: memory.allocate,
    views: () => binding.peerViews(posting),
    takeString: (index, oneByte) => binding.takeString(recordAt, index + recordBlock, oneByte),
    port: (object, transfer) => companion.portIndex(object, transfer),
    takePort: (index) => arrived?.own[index],
  });
  return codec;
}

class Endpoint {
  /** Slot of the half in the binding, NONE once it is gone. */
  slot;
  owner = null;
  receiving = false;
  refed = false;
  /** Somebody waits for 'close'. */
  awaited = false;
  hold;
  /** Number of the last message posted to the companion. The first is any: what the port could not send
   * in another thread may still lie there, and has numbers, too. */
  sequence = Math.random() * 2 ** 32 | 0;
  /** Closed or sent away: nothing can be sent. [kClosed] follows in the closing phase of the loop;
   * until then what is queued can be read. */
  ending = false;
  draining = false;
  #resource = null;
  /** Large data is lent to listeners. */
  views = false;
  /** Gives its owner one message that came on another lane before the first one by ring, and says whether
   * there was any; null where there is no such lane, or no longer. See parent-port.js. */
  earlier = null;

  constructor(slot) {
    this.slot = slot;
    this.hold = new Hold(slot);
    endpoints[slot] = this;
  }

  /** The endpoint in this slot, undefined if there is none or nobody can reach it. */
  static at(slot) {
    const found = endpoints[slot];

    if (found instanceof WeakRef) return found.deref();
    return found instanceof Hold ? undefined : found;
  }

  /** Itself: a worker's port may have something else in its place; see parent-port.js. */
  connected() {
    return this;
  }

  /** The value of an envelope's bytes. @param {companion.Received} received what came with it */
  static open(bytes, received) {
    arrived = received;
    try {
      return decode(bytes, 0, bytes.length, received.foreign);
    } finally {
      arrived = null;
    }
  }

  /**
   * @param {object} owner an object for async_hooks to see
   * @param {boolean} collectable whether to close when the owner cannot be reached any more
   */
  bind(owner, collectable) {
    this.owner = owner;
    if (!collectable) {
      this.#resource = context.standIn(owner, this); // before Node 25 Node-API does not keep it
      binding.bind(this.slot, this.#resource);
      return;
    }
    binding.bind(this.slot, context.resourceOf(owner, this));
    unreachable.register(this, this.hold, this);
    this.loosen();
  }

  /** Let a port be collected while nothing can come of it: it takes no messages, keeps nothing alive,
   * and nobody waits for its end. */
  loosen() {
    const needed = this.receiving || this.refed || this.awaited || this.ending;

    if (!this.gone) endpoints[this.slot] = needed ? this : new WeakRef(this);
  }

  /** @param {boolean} wanted whether listeners get large data where it lies */
  wantViews(wanted) {
    this.views = wanted;
    if (!this.gone) binding.wantViews(this.slot, wanted);
  }

  /** @param {boolean} awaited whether somebody listens to 'close' */
  await(awaited) {
    this.awaited = awaited;
    this.loosen();
  }

  get open() {
    return this.slot !== NONE && !this.ending;
  }

  /** 'close' has been emitted, or is about to be. */
  get gone() {
    return this.slot === NONE;
  }

  /**
   * Send a value. To a port that has closed: nowhere, but errors are the same.
   * @param {unknown} value
   * @param {import('./companion').Transfer | null} transfer
   * @returns {boolean | undefined} what postMessage returns
   */
  post(value, transfer) {
    if (transfer === null && staged === 0 && copies === null) return this.send(value, null);

    /* In a getter of another value, perhaps, that has staged something already. */
    const outerBase = stagedBase;
    const outerCopies = copies;

    stagedBase = staged;
    copies = null;
    try {
      return this.send(value, transfer);
    } finally {
      stagedBase = outerBase;
      copies = outerCopies;
    }
  }

  /** The same where nothing is staged from `stagedBase` on and nothing copied. */
  send(value, transfer) {
    const outerSending = sending;
    let start = NONE;

    outbox.flush(); // this may be in a getter, within postMany(): what came before goes before
    /* Asked now: a getter that closes the port does not stop the message that it is part of. */
    sending = this.open;
    posting = this.slot;
    try {
      transfer?.check(this);
      start = encode(value, transfer);
      if (transfer === null && codec.foreign === null) return this.write(start, codec.end);
      return companion.send(this, start, codec.foreign, transfer, copies, sending);
    } finally {
      /* At the end of the stack a call may fail, an assignment cannot. */
      sending = outerSending;
      copies = null;
      if (start !== NONE) codec.release(start);
      unstage();
    }
  }

  /**
   * The same for a value that Node carries whole, which has no getters; see by-node.js.
   * @param {unknown} value @param {ArrayBuffer[]} list to be transferred @param {number} bytes of these
   */
  postByNode(value, list, bytes) {
    const outerBase = stagedBase;
    const outerSending = sending;

    outbox.flush();
    stagedBase = staged;
    sending = this.open;
    try {
      const end = sending ? companion.ensure(this) : companion.closedPort();
      const sequence = this.sequence + 1 | 0;

      postToNode(end, [value, sequence], list);
      this.sequence = sequence;

      const start = encode(bytes, null);

      try {
        return this.writeTrailer(start, codec.end,
          FLAG_TRAILER | FLAG_COMPANION | FLAG_WHOLE, sequence);
      } finally {
        codec.release(start);
      }
    } finally {
      stagedBase = outerBase;
      sending = outerSending;
    }
  }

  /**
   * Send the values of an iterable as post() would one after the other, those that are small with few calls.
   * After an error what came before it has been sent.
   * @param {Iterable<unknown>} values
   */
  postMany(values) {
    const outerBase = stagedBase;
    const outerSending = sending;
    const outerCopies = copies;
    let start = NONE;

    outbox.flush();
    stagedBase = staged;
    copies = null;
    posting = this.slot;
    try {
      for (const value of values) {
        sending = this.open;
        start = encode(value, null);
        if (codec.foreign !== null || staged !== stagedBase || !sending ||
            !outbox.put(this, start, codec.end)) {
          this.sendApart(start);
        }
        codec.release(start);
        start = NONE;
      }
    } finally {
      if (start !== NONE) codec.release(start);
      try {
        outbox.flush();
      } finally {
        unstage();
        stagedBase = outerBase;
        sending = outerSending;
        copies = outerCopies;
      }
    }
  }

  /** A message of many that takes more than a place in the outbox. */
  sendApart(start) {
    outbox.flush();
    if (codec.foreign === null) this.write(start, codec.end);
    else companion.send(this, start, codec.foreign, null, copies, sending);
    unstage();
    copies = null;
  }

  /** Send scratch[start, end). */
  write(start, end) {
    if (staged !== stagedBase) return this.writeTrailer(start, end, FLAG_TRAILER, 0);
    return this.writeRecord(start, end, 0);
  }

  /** Send scratch[start, end); the companion's message `sequence` belongs to it. */
  writeWithCompanion(start, end, sequence, hasPorts) {
    const flags = FLAG_TRAILER | FLAG_COMPANION | (hasPorts ? FLAG_PORTS : 0);

    return this.writeTrailer(start, end, flags, sequence);
  }

  writeTrailer(start, end, flags, sequence) {
    const trailer = ((end + 7) & ~7) >>> 0; // beyond 2 GiB, too

    putWord(codec.scratch, trailer, end - start);
    putWord(codec.scratch, trailer + 4, sequence);
    return this.writeRecord(start, trailer + TRAILER_BYTES, flags);
  }

  writeRecord(start, end, flags) {
    if (!sending) return undefined;
    control[START] = start;
    control[END] = end;
    control[FLAGS] = flags;
    control[STAGED] = stagedBase;
    control[SLOT] = this.slot;
    post();
    if (control[STATUS] !== 0) return !this.open; // false: the peer has closed
    staged = stagedBase;
    return true;
  }

  start() {
    if (!this.open || this.receiving) return;
    this.receiving = true;
    this.loosen();
    binding.setReceiving(this.slot, true);
  }

  stop() {
    if (!this.receiving) return;
    this.receiving = false;
    this.loosen();
    binding.setReceiving(this.slot, false);
  }

  ref() {
    if (this.refed || this.gone) return;
    this.refed = true;
    this.loosen();
    changeRefs(1);
  }

  unref() {
    if (!this.refed) return;
    this.refed = false;
    this.loosen();
    changeRefs(-1);
  }

  close() {
    if (!this.open) return;
    outbox.flush();
    this.end();
    binding.close(this.slot);
  }

  /**
   * Send the half into transit, to be lost with this thread until depart() or restore().
   * @returns {bigint | undefined} its id, undefined if it is closed or away
   */
  withdraw() {
    outbox.flush();
    if (reader === this) settleReader();
    return binding.withdraw(this.slot);
  }

  /** The same, to be lost with the message that is being sent. */
  board() {
    outbox.flush();
    if (reader === this) settleReader();

    const id = binding.stageHalf(this.slot);

    if (id !== undefined) staged++;
    return id;
  }

  /** Take the half back, which has forgotten what it knew of this thread. */
  restore(id) {
    binding.restore(this.slot, id);
    if (this.views) this.wantViews(true);
  }

  /** Send the half into transit, under the id it was announced with. Its companion is the caller's. */
  depart() {
    outbox.flush();
    if (reader === this) settleReader();
    this.hold.companion = null;
    binding.detach(this.slot);
    this.end();
    this.unref();
    this.receiving = false;
  }

  end() {
    this.ending = true;
    unreachable.unregister(this);
    this.loosen();
  }

  /** The closing phase. */
  closed(peer) {
    if (reader === this) settleReader();
    this.unref();
    this.receiving = false;
    this.slot = NONE;
    this.hold.closed(peer);
    this.owner[kClosed]();
  }

  /** Have a look at the first message: it stays in the ring. @returns {boolean} whether there is one */
  #look() {
    outbox.flush();
    settleReader();
    if (this.slot === NONE) return false;
    control[BYTES] = 0;
    control[MAX] = 0;
    receive(this.slot);
    return control[STATUS] === 0;
  }

  /** Whether a message waits. */
  get queued() {
    return this.#look();
  }

  /** Take one message, started or not. @returns {{message: unknown} | undefined} */
  receive() {
    if (!this.#look()) {
      if (this.slot !== NONE && control[STATUS] === SEALED) this.close();
      return undefined;
    }
    reader = this;
    readBytes = control[BYTES];
    readCount = 1;
    single = true;
    try {
      return { message: this.decode(0) };
    } finally {
      arrived = null;
      single = false;
      settleReader();
    }
  }

  /**
   * One wake-up: deliver what is queued, but at most `limit` messages. The rest, also what an error
   * leaves, comes with the next; ALL leaves no rest.
   */
  drain(limit) {
    if (this.draining) return;

    const { owner } = this;
    let sealed = false;

    settleReader();
    this.draining = true;
    context.entered = false;
    control[BYTES] = 0;
    try {
      while (limit > 0 && this.receiving) {
        control[MAX] = limit;
        receive(this.slot);
        if (control[STATUS] !== 0) {
          sealed = control[STATUS] === SEALED;
          break;
        }
        if (this.earlier !== null) { // and only then look again at what stays in the ring
          if (!this.earlier()) this.earlier = null;
          else if ((!runTicks() || context.entered) && limit !== ALL) limit = 0;
          control[BYTES] = 0;
          continue;
        }

        const calm = owner[kBatching]
          ? this.deliverMany(owner, control[BYTES]) : this.deliverBatch(owner, control[BYTES]);

        if (!calm && limit !== ALL) limit = 0;
        else if (limit !== ALL) limit -= readCount;
        if (reader === this && this.slot !== NONE) {
          control[BYTES] = readBytes;
          control[COUNT] = readCount;
          reader = null;
          /* It was as full as it gets. */
          if (readBytes > inbox.length >> 1 && inbox.length < INBOX_BYTES) {
            setInbox(inbox.length * 4);
          }
        } else {
          control[BYTES] = 0;
        }
      }
      if (control[BYTES] !== 0) release(this.slot);
    } finally {
      if (reader === this) settleReader();
      this.draining = false;
      if (loans !== null) endLoans();
    }
    if (sealed) this.close();
  }

  /** @returns {boolean} false: the wake-up has to end */
  deliverBatch(owner, bytes) {
    let at = 0;
    let calm;

    reader = this;
    readBytes = 0;
    readCount = 0;
    do {
      const here = at;

      at += 8 + ((inbox32[at >> 2] + 7) & ~7);
      /* Dealt with, whatever happens to it: it must not come twice. */
      this.deliver(owner, here, at);
      calm = runTicks() && !context.entered;
      /* A listener may have gone over to arrays: the rest is one, or nobody would hear it. */
    } while (calm && at < bytes && reader === this && this.receiving && !owner[kBatching]);
    return calm;
  }

  /**
   * The whole batch as one array, without ticks in between. What cannot be read comes between two arrays.
   * @returns {boolean} false: the wake-up has to end
   */
  deliverMany(owner, bytes) {
    const values = [];
    let list;
    let failure;
    let at = 0;

    reader = this;
    readCount = 0;
    while (at < bytes && failure === undefined) {
      const here = at;

      at += 8 + ((inbox32[at >> 2] + 7) & ~7);
      readCount++;
      try {
        values.push(this.decode(here));
        if (arrived?.ports !== undefined) list = (list ?? []).concat(arrived.ports);
      } catch (error) {
        failure = { error };
      } finally {
        arrived = null;
      }
    }
    readBytes = at;
    if (values.length > 0) owner[kMessages](values, list);
    if (loans !== null) endLoans();
    if (failure !== undefined) {
      runTicks();
      owner[kMessageError](failure.error);
    }
    return runTicks() && !context.entered;
  }

  deliver(owner, at, next) {
    let value;
    let list;

    readCount++;
    try {
      value = this.decode(at);
    } catch (error) {
      readBytes = next;
      owner[kMessageError](error);
      return;
    }
    readBytes = next;
    if (arrived !== null) {
      list = arrived.ports;
      arrived = null;
    }
    owner[kMessage](value, list);
    if (loans !== null) endLoans();
  }

  /** The value of the record at this offset of the inbox. */
  decode(at) {
    const type = inbox32[(at >> 2) + 1];

    if (type === 0) return decode(inbox, at + 8, inbox32[at >> 2], null);
    try {
      return this.decodeMore(at, type);
    } catch (error) {
      arrived = null;
      binding.dropBlocks(at);
      throw error;
    }
  }

  /** The same with something beside the bytes. */
  decodeMore(at, type) {
    let length = inbox32[at >> 2];
    let bytes = inbox;
    let offset = at + 8;
    let foreign = null;

    recordAt = at;
    recordBlock = 0;
    length -= BLOCK_BYTES * (type >>> 16);
    if ((type & TYPE_LARGE) !== 0) {
      bytes = takeBytes(0);
      recordBlock = 1;
      offset = 0;
      length = bytes.length;
    }
    if ((type & FLAG_TRAILER) !== 0) {
      const trailer = offset + length - TRAILER_BYTES;

      length = getWord(bytes, trailer) >>> 0;
      if ((type & FLAG_COMPANION) !== 0) {
        arrived = companion.take(this, getWord(bytes, trailer + 4), (type & FLAG_PORTS) !== 0);
        foreign = arrived.foreign;
      }
    }

    const value = decode(bytes, offset, length, foreign);

    if ((type & TYPE_TABLE) !== 0) binding.dropBlocks(at, true);
    if ((type & FLAG_WHOLE) === 0) return value;
    if (foreign === null) throw corrupt('its companion is missing');
    codec.noteMemory(value);
    return foreign[0];
  }
}

/** The binding calls this for a port with news; `queued` messages wait. */
function dispatch(slot, queued) {
  const endpoint = Endpoint.at(slot);

  if (endpoint === undefined) return;
  if (endpoint.receiving) {
    endpoint.drain(tick === undefined ? 1 : Math.max(queued, BATCH));
    return;
  }
  /* A stopped port wakes up only to see whether its peer has closed. */
  settleReader();
  control[BYTES] = 0;
  control[MAX] = 0;
  receive(slot);
  if (control[STATUS] === SEALED) endpoint.close();
}

/** The binding calls this in the closing phase of the loop. */
function closed(slot, peer) {
  const found = endpoints[slot];

  if (found instanceof Hold) found.closed(peer);
  else Endpoint.at(slot)?.closed(peer);
}

ports.codec = loadCodec;
ports.endpointAt = Endpoint.at;
binding.setup({ dispatch, closed }, dispatch, closed, control);
binding.setPosts(countPosts());
module.exports = { Endpoint, ALL };
