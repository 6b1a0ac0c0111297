'use strict';

// The core with one thing wrong: an order weakened, a step left out or swapped. The model must
// catch each of them, or it would not catch the same mistake when somebody makes it.
// `from` must occur exactly once in the file. `scenarios` are tried in this order.

const relaxed = (operation, ...operands) =>
  `atomic_${operation}_explicit(${operands.join(', ')}, memory_order_relaxed)`;

module.exports = [
  {
    name: 'publish stores instead of exchanging',
    file: 'ring.c',
    from: 'uint32_t old = rp_exchange(p->tail, p->position);',
    to: 'uint32_t old = rp_load_acquire(p->tail); rp_store_release(p->tail, p->position);',
    scenarios: ['ring-park'],
  },
  {
    name: 'publish without release',
    file: 'ring.c',
    from: 'rp_exchange(p->tail, p->position);',
    to: `${relaxed('exchange', 'p->tail', 'p->position')};`,
    scenarios: ['ring-park'],
  },
  {
    name: 'seal without release',
    file: 'ring.c',
    from: 'rp_exchange(p->tail, p->position | RP_SEAL);',
    to: `${relaxed('exchange', 'p->tail', 'p->position | RP_SEAL')};`,
    scenarios: ['ring-seal', 'chain-link'],
  },
  {
    name: 'the consumer reads tail without acquire',
    file: 'ring.c',
    from: 'uint32_t tail = rp_load_acquire(c->tail);',
    to: 'uint32_t tail = rp_load_relaxed(c->tail);',
    scenarios: ['ring-park'],
  },
  {
    name: 'the producer reads head without acquire',
    file: 'ring.c',
    from: 'uint32_t released = rp_load_acquire(p->head) & ~RP_FLAGS;',
    to: 'uint32_t released = rp_load_relaxed(p->head) & ~RP_FLAGS;',
    scenarios: ['ring-full'],
  },
  {
    name: 'the consumer gives room back without release',
    file: 'ring.c',
    from: 'rp_exchange(c->head, c->position);',
    to: `${relaxed('exchange', 'c->head', 'c->position')};`,
    scenarios: ['ring-full'],
  },
  {
    name: 'release stores instead of exchanging: the waiting producer is forgotten',
    file: 'ring.c',
    from: 'uint32_t old = rp_exchange(c->head, c->position);',
    to: 'uint32_t old = rp_load_relaxed(c->head); rp_store_release(c->head, c->position);',
    scenarios: ['ring-full'],
  },
  {
    name: 'park does not look again',
    file: 'ring.c',
    from: 'if ((old & ~RP_FLAGS) == c->position && (old & RP_SEAL) == 0) return true;',
    to: 'if (old != 3) return true;',
    scenarios: ['ring-park'],
  },
  {
    name: 'park does not see the seal',
    file: 'ring.c',
    from: ' && (old & RP_SEAL) == 0) return true;',
    to: ') return true;',
    scenarios: ['ring-seal'],
  },
  {
    name: 'park leaves the bit there when it lost the race',
    file: 'ring.c',
    from: 'return !rp_ring_unpark(c);',
    to: 'return false;',
    scenarios: ['ring-park'],
  },
  {
    name: 'park takes the bit back, and does not see that a publish has taken it',
    file: 'ring.c',
    from: 'return !rp_ring_unpark(c);',
    to: 'rp_ring_unpark(c); return false;',
    scenarios: ['ring-park'],
  },
  {
    name: 'park without release',
    file: 'ring.c',
    from: 'rp_fetch_or(c->tail, RP_PARKED);',
    to: `${relaxed('fetch_or', 'c->tail', 'RP_PARKED')};`,
    scenarios: ['ready-two', 'ready-schedule', 'detach-attach'],
  },
  {
    name: 'the old ring is sealed before the link is there',
    file: 'chain.c',
    from: [
      '  *next = segment;\n',
      '  if (rp_ring_seal(&chain->producer)) chain->owed = true;\n',
    ],
    to: ['', '  if (rp_ring_seal(&chain->producer)) chain->owed = true;\n  *next = segment;\n'],
    scenarios: ['chain-grow'],
  },
  {
    name: 'the token that a link takes is forgotten',
    file: 'chain.c',
    from: 'if (rp_ring_seal(&chain->producer)) chain->owed = true;',
    to: '(void) rp_ring_seal(&chain->producer);',
    scenarios: ['chain-link'],
  },
  {
    name: 'close forgets the token that a link has taken',
    file: 'chain.c',
    from: 'return rp_ring_seal(&chain->producer) || owed;',
    to: '(void) owed; return rp_ring_seal(&chain->producer);',
    scenarios: ['chain-link', 'chain-close'],
  },
  {
    name: 'the consumer keeps a segment as the spare before it has read its link',
    file: 'chain.c',
    from: [
      'rp_segment *next = chain->oldest ? chain->oldest->next : chain->first_next;\n',
      '    if (chain->oldest != NULL) segment_give(chain, chain->oldest);\n',
    ],
    to: [
      'if (chain->oldest != NULL && chain->oldest->next) segment_give(chain, chain->oldest);\n' +
        '    rp_segment *next = chain->oldest ? chain->oldest->next : chain->first_next;\n',
      '',
    ],
    scenarios: ['chain-grow'],
  },
  {
    name: 'the spare is handed over without release',
    file: 'chain.c',
    from: 'atomic_exchange_explicit(&chain->spare, segment, memory_order_acq_rel);',
    to: 'atomic_exchange_explicit(&chain->spare, segment, memory_order_relaxed);',
    scenarios: ['chain-grow'],
  },
  {
    name: 'the spare is taken without acquire',
    file: 'chain.c',
    from: 'atomic_exchange_explicit(&chain->spare, NULL, memory_order_acquire);',
    to: 'atomic_exchange_explicit(&chain->spare, NULL, memory_order_relaxed);',
    scenarios: ['chain-grow'],
  },
  {
    name: 'records are counted after they are published',
    file: 'chain.c',
    from: [
      '  rp_store_relaxed(&chain->sent, chain->claimed);\n  owed = rp_ring_publish(&chain->producer);\n',
    ],
    to: ['  owed = rp_ring_publish(&chain->producer);\n  rp_store_relaxed(&chain->sent, chain->claimed);\n'],
    scenarios: ['chain-queued'],
  },
  {
    name: 'wake does not take the lock',
    file: 'channel.c',
    from: [
      '  rp_lock_take(&channel->lock);\n  if (half->owner != NULL)\n',
      '    half->held = true;\n  rp_lock_drop(&channel->lock);\n}\n\n/* The half has no owner',
    ],
    to: [
      '  (void) channel;\n  if (half->owner != NULL)\n',
      '    half->held = true;\n}\n\n/* The half has no owner',
    ],
    scenarios: ['detach-attach'],
  },
  {
    name: 'wake does not hold the token for a half in transit',
    file: 'channel.c',
    from: '  else\n    half->held = true;\n',
    to: '',
    scenarios: ['detach-attach'],
  },
  {
    name: 'a half that leaves forgets the token it had',
    file: 'channel.c',
    from: '  half->awake = false;\n  rp_lock_take(&half->channel->lock);\n  half->held = true;\n',
    to: '  half->awake = false;\n  rp_lock_take(&half->channel->lock);\n',
    scenarios: ['detach-listed'],
  },
  {
    name: 'a half that leaves stays on the list of its thread',
    file: 'channel.c',
    from: '!rp_thread_remove(thread, half) && ',
    to: '((void) thread, true) && ',
    scenarios: ['detach-listed', 'ready-remove'],
  },
  {
    name: 'a half is taken off the list before it has no owner',
    file: 'channel.c',
    from: [
      '  rp_thread *thread = half->owner;\n',
      'if (!rp_thread_remove(thread, half) && !half->awake) return;',
    ],
    to: [
      '  rp_thread *thread = half->owner;\n  bool removed = rp_thread_remove(thread, half);\n',
      'if (!removed && !half->awake) return;',
    ],
    scenarios: ['ready-remove', 'detach-attach'],
  },
  {
    name: 'attach does not look whether the token is held',
    file: 'channel.c',
    from: '  half->awake = half->held;\n',
    to: '',
    scenarios: ['detach-attach'],
  },
  {
    name: 'attach leaves the token held, too',
    file: 'channel.c',
    from: '  half->awake = half->held;\n  half->held = false;\n',
    to: '  half->awake = half->held;\n',
    scenarios: ['detach-again'],
  },
  {
    name: 'detach puts the half into the registry before it has left',
    file: 'channel.c',
    from: ['  leave(half);\n  /* In transit', '  if (!lost) rp_registry_add(half);\n'],
    to: ['  rp_registry_add(half);\n  leave(half);\n  /* In transit', ''],
    scenarios: ['detach-early'],
  },
  {
    name: 'a half is in transit before it is in the registry',
    file: 'channel.c',
    from: ['  if (!lost) rp_registry_add(half);\n', '  if (lost) disentangle(half);\n  return id;'],
    to: ['', '  if (lost) disentangle(half); else rp_registry_add(half);\n  return id;'],
    scenarios: ['announce-lost'],
  },
  {
    name: 'detach does not look whether the half was lost before it left',
    file: 'channel.c',
    from: 'bool lost = half->lost;',
    to: 'bool lost = false;',
    scenarios: ['announce-lost'],
  },
  {
    name: 'closed before the other inbox is sealed',
    file: 'channel.c',
    from: [
      '  if (rp_chain_close(&peer->inbox)) wake(peer);\n',
      '  if (!last) return;\n',
    ],
    to: ['', '  if (rp_chain_close(&peer->inbox)) wake(peer);\n  if (!last) return;\n'],
    scenarios: ['close-close'],
  },
  {
    name: 'a close does not wake the peer',
    file: 'channel.c',
    from: 'if (rp_chain_close(&peer->inbox)) wake(peer);',
    to: '(void) rp_chain_close(&peer->inbox);',
    scenarios: ['lost-heard', 'close-heard'],
  },
  {
    name: 'the last one to close is found out without the lock',
    file: 'channel.c',
    from: [
      '  rp_lock_take(&channel->lock);\n  half->state = RP_HALF_CLOSED;\n',
      '  bool last = peer->state == RP_HALF_CLOSED;\n  rp_lock_drop(&channel->lock);\n',
    ],
    to: ['  half->state = RP_HALF_CLOSED;\n', '  bool last = peer->state == RP_HALF_CLOSED;\n'],
    scenarios: ['close-close'],
  },
  {
    name: 'the callback ends without parking first',
    file: 'channel.c',
    from: 'if (next == RP_EMPTY && !more && rp_chain_park(&half->inbox)) return;',
    to: 'if (next == RP_EMPTY && !more) { (void) rp_chain_park(&half->inbox); return; }',
    scenarios: ['close-heard', 'ready-two'],
  },
  {
    name: 'a drained half parks, and does not see that a message came first',
    file: 'channel.c',
    from: 'if (!rp_chain_park(&half->inbox)) rp_thread_push(half->owner, half);',
    to: '(void) rp_chain_park(&half->inbox);',
    scenarios: ['ready-stopped'],
  },
  {
    name: 'schedule pushes without having the token',
    file: 'channel.c',
    from: 'if (!half->awake && !rp_chain_unpark(&half->inbox)) return;',
    to: '(void) rp_chain_unpark(&half->inbox);',
    scenarios: ['ready-schedule', 'detach-attach'],
  },
  {
    name: 'rest stores RESTING without looking',
    file: 'thread.c',
    from: 'return rp_cas(&thread->ready, &awake, RESTING) || awake == RESTING;',
    to: '(void) awake; rp_store_release(&thread->ready, RESTING); return true;',
    scenarios: ['ready-two'],
  },
  {
    name: 'rest looks, then stores',
    file: 'thread.c',
    from: 'return rp_cas(&thread->ready, &awake, RESTING) || awake == RESTING;',
    to: 'awake = rp_load_acquire(&thread->ready); ' +
      'if (awake != NULL) return awake == RESTING; ' +
      'rp_store_release(&thread->ready, RESTING); return true;',
    scenarios: ['ready-two'],
  },
  {
    name: 'taking the list ends the rest: the next push does not ring',
    file: 'thread.c',
    from: 'if (pushed == NULL || pushed == RESTING) return;',
    to: 'if (pushed == RESTING) rp_exchange(&thread->ready, NULL); ' +
      'if (pushed == NULL || pushed == RESTING) return;',
    scenarios: ['ready-remove', 'ready-stopped', 'close-heard'],
  },
  {
    name: 'the list is taken without acquire',
    file: 'thread.c',
    from: 'pushed = rp_exchange(&thread->ready, NULL);',
    to: `pushed = ${relaxed('exchange', '&thread->ready', 'NULL')};`,
    scenarios: ['ready-two', 'ready-remove'],
  },
  {
    name: 'the list is taken by a load and a store',
    file: 'thread.c',
    from: 'pushed = rp_exchange(&thread->ready, NULL);',
    to: 'pushed = rp_load_acquire(&thread->ready); rp_store_release(&thread->ready, NULL);',
    scenarios: ['ready-two'],
  },
  {
    name: 'a push without release',
    file: 'thread.c',
    from: 'while (!rp_cas(&thread->ready, &old, half));',
    to: 'while (!atomic_compare_exchange_strong_explicit(&thread->ready, &old, half, ' +
      'memory_order_relaxed, memory_order_relaxed));',
    scenarios: ['ready-two'],
  },
  {
    name: 'a push always rings',
    file: 'thread.c',
    from: 'if (old == RESTING) thread->doorbell(thread);',
    to: 'thread->doorbell(thread);',
    scenarios: ['ready-two'],
  },
  {
    name: 'a claim does not wait for spawns that have begun',
    file: 'spawn.c',
    from: '== NULL && pending > 0)\n',
    to: '== NULL && false)\n',
    scenarios: ['spawn-claim'],
  },
  {
    name: 'a spawn that settles wakes nobody',
    file: 'spawn.c',
    from: 'rp_cond_wake_all(&settled);',
    to: '(void) settled;',
    scenarios: ['spawn-claim'],
  },
  {
    name: 'a spawn has settled before the half is there',
    file: 'spawn.c',
    from: ['  rp_lock_take(&lock);\n  if (made != NULL) {\n', '  settle();\n  rp_lock_drop(&lock);\n  return made'],
    to: [
      '  rp_lock_take(&lock);\n  settle();\n  rp_lock_drop(&lock);\n' +
        '  rp_lock_take(&lock);\n  if (made != NULL) {\n',
      '  rp_lock_drop(&lock);\n  return made',
    ],
    scenarios: ['spawn-claim'],
  },
  {
    name: 'two may take a half out of the registry',
    file: 'registry.c',
    from: '    *at = half->next;\n    half->next = NULL;\n',
    to: '',
    scenarios: ['attach-lost'],
  },
];
