'use strict';

// Mutants: the core with one fault, such as a weaker memory order, or a step left out or
// swapped. The model checker must catch each of them. `from` must occur exactly once in
// the file. `scenarios` are run in this order.

const relaxed = (operation, ...operands) =>
  `atomic_${operation}_explicit(${operands.join(', ')}, memory_order_relaxed)`;

module.exports = [
  {
    name: 'publish without release',
    file: 'port/parking.h',
    from: 'rp_store_release(word, value);',
    to: 'rp_store_relaxed(word, value);',
    scenarios: ['ring-park'],
  },
  {
    name: 'publish to a granting consumer without release',
    file: 'port/parking.h',
    from: 'rp_store_release(word, value);',
    to: 'if (rp_load_relaxed(&parking->asymmetric)) rp_store_relaxed(word, value); ' +
      'else rp_store_release(word, value);',
    scenarios: ['ring-asymmetric'],
  },
  {
    name: 'publish takes the token, then stores',
    file: 'port/parking.h',
    from: [
      '  rp_store_release(word, value);\n',
      '  return rp_parking_take(parking);\n',
    ],
    to: ['', '  bool wakeup_pending = rp_parking_take(parking);\n  rp_store_release(word, value);\n  return wakeup_pending;\n'],
    scenarios: ['ring-park'],
  },
  {
    name: 'publish looks whether the token is there instead of exchanging',
    file: 'port/parking.h',
    from: '  return rp_parking_take(parking);\n',
    to: '  return rp_load_acquire(&parking->parked) != 0 && rp_parking_take(parking);\n',
    scenarios: ['ring-park'],
  },
  {
    name: 'the same, in one order with its store: the consumer is not part of that',
    file: 'port/parking.h',
    from: ['  rp_store_release(word, value);\n', '  return rp_parking_take(parking);\n'],
    to: [
      '  rp_store_seq(word, value);\n',
      '  return rp_load_seq(&parking->parked) != 0 && rp_parking_take(parking);\n',
    ],
    scenarios: ['ring-park'],
  },
  {
    name: 'publish looks at `asymmetric` before it stores',
    file: 'port/parking.h',
    from: [
      '  rp_store_release(word, value);\n',
      'if (rp_load_relaxed(&parking->asymmetric) != 0) return false;',
    ],
    to: [
      '  bool asymmetric = rp_load_relaxed(&parking->asymmetric) != 0;\n  rp_store_release(word, value);\n',
      'if (asymmetric) return false;',
    ],
    scenarios: ['ring-late'],
  },
  {
    name: 'publish leaves the token where it is',
    file: 'port/segment_ring.c',
    from: 'return rp_parking_publish(parking, p->tail, p->position);',
    to: '(void) parking; rp_store_release(p->tail, p->position); return false;',
    scenarios: ['ring-park'],
  },
  {
    name: 'the seal leaves the token where it is',
    file: 'port/segment_ring.c',
    from: 'return rp_parking_publish(parking, p->tail, p->position | RP_TAIL_SEALED);',
    to: '(void) parking; rp_store_release(p->tail, p->position | RP_TAIL_SEALED); return false;',
    scenarios: ['ring-seal'],
  },
  {
    name: 'the token is taken by a load and a store',
    file: 'port/parking.h',
    from: 'return rp_exchange(&parking->parked, 0) != 0;',
    to: 'uint32_t parked = rp_load_acquire(&parking->parked); ' +
      'if (parked) rp_store_release(&parking->parked, 0); return parked != 0;',
    scenarios: ['ring-park'],
  },
  {
    name: 'the token is taken without acquire',
    file: 'port/parking.h',
    from: 'return rp_exchange(&parking->parked, 0) != 0;',
    to: 'return atomic_exchange_explicit(&parking->parked, 0, memory_order_release) != 0;',
    scenarios: ['ready-two', 'ready-schedule', 'detach-attach'],
  },
  {
    name: 'the token is taken without release',
    file: 'port/parking.h',
    from: 'return rp_exchange(&parking->parked, 0) != 0;',
    to: 'return atomic_exchange_explicit(&parking->parked, 0, memory_order_acquire) != 0;',
    scenarios: ['ring-park'],
  },
  {
    name: 'the token is put without release',
    file: 'port/parking.h',
    from: '(void) rp_exchange(&parking->parked, 1);',
    to: '(void) atomic_exchange_explicit(&parking->parked, 1, memory_order_acquire);',
    scenarios: ['ready-two', 'ready-schedule', 'detach-attach'],
  },
  {
    name: 'the token is put without acquire',
    file: 'port/parking.h',
    from: '(void) rp_exchange(&parking->parked, 1);',
    to: '(void) atomic_exchange_explicit(&parking->parked, 1, memory_order_release);',
    scenarios: ['ring-park'],
  },
  {
    name: 'the token is put by a store',
    file: 'port/parking.h',
    from: '(void) rp_exchange(&parking->parked, 1);',
    to: 'rp_store_seq(&parking->parked, 1);',
    scenarios: ['ring-park'],
  },
  {
    name: 'park looks, then puts the token',
    file: 'port/parking.h',
    from: [
      '  (void) rp_exchange(&parking->parked, 1);\n',
      'return rp_load_relaxed(word);',
    ],
    to: [
      '  uint32_t value = rp_load_acquire(word);\n  (void) rp_exchange(&parking->parked, 1);\n',
      'return value;',
    ],
    scenarios: ['ring-park'],
  },
  {
    name: '`asymmetric` is not cleared at parking',
    file: 'port/parking.h',
    from: '  if (asymmetric) rp_store_relaxed(&parking->asymmetric, 0);\n',
    to: '',
    scenarios: ['chain-asymmetric', 'ring-asymmetric'],
  },
  {
    name: '`asymmetric` is cleared behind the barrier',
    file: 'port/parking.h',
    from: [
      '  if (asymmetric) rp_store_relaxed(&parking->asymmetric, 0);\n',
      '  if (asymmetric) rp_barrier_all();\n',
    ],
    to: ['', '  if (asymmetric) rp_barrier_all();\n  if (asymmetric) rp_store_relaxed(&parking->asymmetric, 0);\n'],
    scenarios: ['chain-asymmetric', 'ring-asymmetric'],
  },
  {
    name: 'park without a barrier',
    file: 'port/parking.h',
    from: 'if (asymmetric) rp_barrier_all();',
    to: '',
    scenarios: ['ring-asymmetric', 'chain-asymmetric'],
  },
  {
    name: 'the barrier comes before `asymmetric` is cleared and the token is put',
    file: 'port/parking.h',
    from: [
      '  if (asymmetric) rp_barrier_all();\n',
      '  if (asymmetric) rp_store_relaxed(&parking->asymmetric, 0);\n',
    ],
    to: ['', '  if (asymmetric) rp_barrier_all();\n  if (asymmetric) rp_store_relaxed(&parking->asymmetric, 0);\n'],
    scenarios: ['chain-asymmetric', 'ring-asymmetric'],
  },
  {
    name: 'park looks, then passes the barrier',
    file: 'port/parking.h',
    from: ['  if (asymmetric) rp_barrier_all();\n', 'return rp_load_relaxed(word);'],
    to: ['', 'uint32_t value = rp_load_relaxed(word); if (asymmetric) rp_barrier_all(); return value;'],
    scenarios: ['ring-asymmetric'],
  },
  {
    name: 'a parked consumer grants',
    file: 'port/parking.h',
    from: 'rp_load_relaxed(&parking->parked) == 0 && rp_barrier_ready()',
    to: 'rp_barrier_ready()',
    scenarios: ['chain-polled'],
  },
  {
    name: 'the consumer reads tail without acquire',
    file: 'port/segment_ring.c',
    from: 'uint32_t tail = rp_load_acquire(c->tail);',
    to: 'uint32_t tail = rp_load_relaxed(c->tail);',
    scenarios: ['ring-park'],
  },
  {
    name: 'the producer reads head without acquire',
    file: 'port/segment_ring.c',
    from: 'uint32_t released = rp_load_acquire(p->head) & ~RP_FLAGS;',
    to: 'uint32_t released = rp_load_relaxed(p->head) & ~RP_FLAGS;',
    scenarios: ['ring-full'],
  },
  {
    name: 'the consumer gives room back without release',
    file: 'port/segment_ring.c',
    from: 'rp_store_release(c->head, c->position);',
    to: 'rp_store_relaxed(c->head, c->position);',
    scenarios: ['ring-full'],
  },
  {
    name: 'park does not look again',
    file: 'port/segment_ring.c',
    from: 'if ((tail & ~RP_FLAGS) == c->position && (tail & RP_TAIL_SEALED) == 0) return true;',
    to: 'if (tail != 3) return true;',
    scenarios: ['ring-park'],
  },
  {
    name: 'park does not see the seal',
    file: 'port/segment_ring.c',
    from: ' && (tail & RP_TAIL_SEALED) == 0) return true;',
    to: ') return true;',
    scenarios: ['ring-seal'],
  },
  {
    name: 'park leaves the token there when it lost the race',
    file: 'port/segment_ring.c',
    from: 'return !rp_parking_take(parking);',
    to: 'return false;',
    scenarios: ['ring-park'],
  },
  {
    name: 'park takes the token back, and does not see that a publish has it',
    file: 'port/segment_ring.c',
    from: 'return !rp_parking_take(parking);',
    to: '(void) rp_parking_take(parking); return false;',
    scenarios: ['ring-park'],
  },
  {
    name: 'the old ring is sealed before the link is there',
    file: 'port/chain.c',
    from: [
      '  *next = segment;\n',
      '  if (rp_segment_seal(&chain->producer, &chain->parking)) chain->wakeup_pending = true;\n',
    ],
    to: [
      '',
      '  if (rp_segment_seal(&chain->producer, &chain->parking)) chain->wakeup_pending = true;\n' +
        '  *next = segment;\n',
    ],
    scenarios: ['chain-grow'],
  },
  {
    name: 'the token that a link takes is forgotten',
    file: 'port/chain.c',
    from: 'if (rp_segment_seal(&chain->producer, &chain->parking)) chain->wakeup_pending = true;',
    to: '(void) rp_segment_seal(&chain->producer, &chain->parking);',
    scenarios: ['chain-link'],
  },
  {
    name: 'close forgets the token that a link has taken',
    file: 'port/chain.c',
    from: 'return rp_segment_seal(&chain->producer, &chain->parking) || wakeup_pending;',
    to: '(void) wakeup_pending; return rp_segment_seal(&chain->producer, &chain->parking);',
    scenarios: ['chain-link', 'chain-close'],
  },
  {
    name: 'the consumer keeps a segment as the spare before it has read its link',
    file: 'port/chain.c',
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
    file: 'port/chain.c',
    from: 'atomic_exchange_explicit(&chain->spare, segment, memory_order_acq_rel);',
    to: 'atomic_exchange_explicit(&chain->spare, segment, memory_order_relaxed);',
    scenarios: ['chain-grow'],
  },
  {
    name: 'the spare is taken without acquire',
    file: 'port/chain.c',
    from: 'atomic_exchange_explicit(&chain->spare, NULL, memory_order_acquire);',
    to: 'atomic_exchange_explicit(&chain->spare, NULL, memory_order_relaxed);',
    scenarios: ['chain-grow'],
  },
  {
    name: 'records are counted after they are published',
    file: 'port/chain.c',
    from: '  rp_store_relaxed(&chain->sent, chain->claimed);\n' +
      '  wakeup_pending = rp_segment_publish(&chain->producer, &chain->parking);\n',
    to: '  wakeup_pending = rp_segment_publish(&chain->producer, &chain->parking);\n' +
      '  rp_store_relaxed(&chain->sent, chain->claimed);\n',
    scenarios: ['chain-queued'],
  },
  {
    name: 'wake does not take the lock',
    file: 'port/channel.c',
    from: [
      '  rp_lock_take(&channel->lock);\n  if (endpoint->owner != NULL)\n',
      '    endpoint->token_held = true;\n  rp_sleeper_wake(endpoint);\n  rp_lock_drop(&channel->lock);\n}\n',
    ],
    to: [
      '  (void) channel;\n  if (endpoint->owner != NULL)\n',
      '    endpoint->token_held = true;\n  rp_sleeper_wake(endpoint);\n}\n',
    ],
    scenarios: ['detach-attach'],
  },
  {
    name: 'wake does not hold the token for an endpoint in transit',
    file: 'port/channel.c',
    from: '  else\n    endpoint->token_held = true;\n',
    to: '',
    scenarios: ['detach-attach'],
  },
  {
    name: 'an endpoint that leaves forgets the token it had',
    file: 'port/channel.c',
    from: '  endpoint->awake = false;\n  rp_lock_take(&endpoint->channel->lock);\n  endpoint->token_held = true;\n',
    to: '  endpoint->awake = false;\n  rp_lock_take(&endpoint->channel->lock);\n',
    scenarios: ['detach-listed'],
  },
  {
    name: 'an endpoint that leaves stays on the list of its thread',
    file: 'port/channel.c',
    from: '!rp_ready_list_remove(owner, endpoint) && ',
    to: '((void) owner, true) && ',
    scenarios: ['detach-listed', 'ready-remove'],
  },
  {
    name: 'an endpoint is taken off the list before it has no owner',
    file: 'port/channel.c',
    from: [
      '  rp_ready_list *owner = endpoint->owner;\n',
      'if (!rp_ready_list_remove(owner, endpoint) && !endpoint->awake) return;',
    ],
    to: [
      '  rp_ready_list *owner = endpoint->owner;\n  bool removed = rp_ready_list_remove(owner, endpoint);\n',
      'if (!removed && !endpoint->awake) return;',
    ],
    scenarios: ['ready-remove', 'detach-attach'],
  },
  {
    name: 'attach does not look whether the token is held',
    file: 'port/channel.c',
    from: '  endpoint->awake = endpoint->token_held;\n',
    to: '',
    scenarios: ['detach-attach'],
  },
  {
    name: 'attach leaves the token held, too',
    file: 'port/channel.c',
    from: '  endpoint->awake = endpoint->token_held;\n  endpoint->token_held = false;\n',
    to: '  endpoint->awake = endpoint->token_held;\n',
    scenarios: ['detach-again'],
  },
  {
    name: 'detach puts the endpoint into the registry before it has left',
    file: 'port/channel.c',
    from: ['  leave(endpoint);\n  /* DETACHED and in the registry', '  if (!lost) rp_transfer_add(endpoint);\n'],
    to: ['  rp_transfer_add(endpoint);\n  leave(endpoint);\n  /* DETACHED and in the registry', ''],
    scenarios: ['detach-early'],
  },
  {
    name: 'an endpoint is in transit before it is in the registry',
    file: 'port/channel.c',
    from: ['  if (!lost) rp_transfer_add(endpoint);\n', '  if (lost) disentangle(endpoint);\n  return id;'],
    to: ['', '  if (lost) disentangle(endpoint); else rp_transfer_add(endpoint);\n  return id;'],
    scenarios: ['announce-lost'],
  },
  {
    name: 'detach does not look whether the endpoint was lost before it left',
    file: 'port/channel.c',
    from: 'bool lost = endpoint->lost;',
    to: 'bool lost = false;',
    scenarios: ['announce-lost'],
  },
  {
    name: 'closed before the other inbox is sealed',
    file: 'port/channel.c',
    from: [
      '  if (rp_chain_close(&peer->inbox)) wake(peer);\n',
      '  if (!last) return;\n',
    ],
    to: ['', '  if (rp_chain_close(&peer->inbox)) wake(peer);\n  if (!last) return;\n'],
    scenarios: ['close-close'],
  },
  {
    name: 'a close does not wake the peer',
    file: 'port/channel.c',
    from: 'if (rp_chain_close(&peer->inbox)) wake(peer);',
    to: '(void) rp_chain_close(&peer->inbox);',
    scenarios: ['lost-heard', 'close-heard'],
  },
  {
    name: 'the last one to close is found out without the lock',
    file: 'port/channel.c',
    from: [
      '  rp_lock_take(&channel->lock);\n  endpoint->state = RP_ENDPOINT_CLOSED;\n',
      '  bool last = peer->state == RP_ENDPOINT_CLOSED;\n  rp_lock_drop(&channel->lock);\n',
    ],
    to: ['  endpoint->state = RP_ENDPOINT_CLOSED;\n', '  bool last = peer->state == RP_ENDPOINT_CLOSED;\n'],
    scenarios: ['close-close'],
  },
  {
    name: 'the callback ends without parking first',
    file: 'port/channel.c',
    from: 'if (next == RP_EMPTY && !more && rp_chain_park(&endpoint->inbox)) return;',
    to: 'if (next == RP_EMPTY && !more) { (void) rp_chain_park(&endpoint->inbox); return; }',
    scenarios: ['close-heard', 'ready-two'],
  },
  {
    name: 'a drained endpoint parks, and does not see that a message came first',
    file: 'port/channel.c',
    from: 'if (!rp_chain_park(&endpoint->inbox)) rp_ready_list_push(endpoint->owner, endpoint);',
    to: '(void) rp_chain_park(&endpoint->inbox);',
    scenarios: ['ready-stopped'],
  },
  {
    name: 'schedule pushes without having the token',
    file: 'port/channel.c',
    from: 'if (!endpoint->awake && !rp_chain_unpark(&endpoint->inbox)) return;',
    to: '(void) rp_chain_unpark(&endpoint->inbox);',
    scenarios: ['ready-schedule', 'detach-attach'],
  },
  {
    name: 'rest stores RESTING without looking',
    file: 'port/ready_list.c',
    from: 'return rp_cas(&list->ready, &awake, RESTING) || awake == RESTING;',
    to: '(void) awake; rp_store_release(&list->ready, RESTING); return true;',
    scenarios: ['ready-two'],
  },
  {
    name: 'rest looks, then stores',
    file: 'port/ready_list.c',
    from: 'return rp_cas(&list->ready, &awake, RESTING) || awake == RESTING;',
    to: 'awake = rp_load_acquire(&list->ready); ' +
      'if (awake != NULL) return awake == RESTING; ' +
      'rp_store_release(&list->ready, RESTING); return true;',
    scenarios: ['ready-two'],
  },
  {
    name: 'taking the list ends the rest: the next push does not ring',
    file: 'port/ready_list.c',
    from: 'if (pushed == NULL || pushed == RESTING) return;',
    to: 'if (pushed == RESTING) rp_exchange(&list->ready, NULL); ' +
      'if (pushed == NULL || pushed == RESTING) return;',
    scenarios: ['ready-remove', 'ready-stopped', 'close-heard'],
  },
  {
    name: 'the list is taken without acquire',
    file: 'port/ready_list.c',
    from: '  pushed = rp_exchange(&list->ready, NULL);\n  append',
    to: `  pushed = ${relaxed('exchange', '&list->ready', 'NULL')};\n  append`,
    scenarios: ['ready-two', 'ready-remove'],
  },
  {
    name: 'the list is taken by a load and a store',
    file: 'port/ready_list.c',
    from: '  pushed = rp_exchange(&list->ready, NULL);\n  append',
    to: '  pushed = rp_load_acquire(&list->ready); rp_store_release(&list->ready, NULL);\n  append',
    scenarios: ['ready-two'],
  },
  {
    name: 'who is woken looks by a load first: the doorbell does not order it behind the push',
    file: 'port/ready_list.c',
    from: 'rp_endpoint *pushed = rp_exchange(&list->ready, NULL);',
    to: 'rp_endpoint *pushed = rp_load_acquire(&list->ready); ' +
      'if (pushed != NULL && pushed != RESTING) pushed = rp_exchange(&list->ready, NULL);',
    scenarios: ['ready-schedule'],
  },
  {
    name: 'the same, by a load in one order with everything',
    file: 'port/ready_list.c',
    from: 'rp_endpoint *pushed = rp_exchange(&list->ready, NULL);',
    to: 'rp_endpoint *pushed = rp_load_seq(&list->ready); ' +
      'if (pushed != NULL && pushed != RESTING) pushed = rp_exchange(&list->ready, NULL);',
    scenarios: ['ready-schedule'],
  },
  {
    name: 'the same, by a compare-and-swap, which fails with an old value',
    file: 'port/ready_list.c',
    from: 'rp_endpoint *pushed = rp_exchange(&list->ready, NULL);',
    to: 'rp_endpoint *pushed = NULL; (void) rp_cas(&list->ready, &pushed, NULL); ' +
      'if (pushed != NULL && pushed != RESTING) pushed = rp_exchange(&list->ready, NULL);',
    scenarios: ['ready-schedule'],
  },
  {
    name: 'who is woken takes the list without acquire',
    file: 'port/ready_list.c',
    from: 'rp_endpoint *pushed = rp_exchange(&list->ready, NULL);',
    to: `rp_endpoint *pushed = ${relaxed('exchange', '&list->ready', 'NULL')};`,
    scenarios: ['ready-schedule'],
  },
  {
    name: 'who is woken takes the list by a load and a store',
    file: 'port/ready_list.c',
    from: 'rp_endpoint *pushed = rp_exchange(&list->ready, NULL);',
    to: 'rp_endpoint *pushed = rp_load_acquire(&list->ready); rp_store_release(&list->ready, NULL);',
    scenarios: ['ready-schedule'],
  },
  {
    name: 'who is woken forgets the list',
    file: 'port/ready_list.c',
    from: 'if (pushed != NULL && pushed != RESTING) append(list, pushed);',
    to: '(void) pushed;',
    scenarios: ['ready-schedule'],
  },
  {
    name: 'a push without release',
    file: 'port/ready_list.c',
    from: 'while (!rp_cas(&list->ready, &old, endpoint));',
    to: 'while (!atomic_compare_exchange_strong_explicit(&list->ready, &old, endpoint, ' +
      'memory_order_relaxed, memory_order_relaxed));',
    scenarios: ['ready-two'],
  },
  {
    name: 'a push always rings',
    file: 'port/ready_list.c',
    from: 'if (old == RESTING) list->doorbell(list);',
    to: 'list->doorbell(list);',
    scenarios: ['ready-two'],
  },
  {
    name: 'watching begins without looking whether the doorbell has rung',
    file: 'port/ready_list.c',
    from: 'return rp_cas(&list->ready, &rests, NULL);',
    to: '(void) rp_cas(&list->ready, &rests, NULL); return true;',
    scenarios: ['ready-watched'],
  },
  {
    name: 'watching begins by a store',
    file: 'port/ready_list.c',
    from: 'return rp_cas(&list->ready, &rests, NULL);',
    to: 'if (rp_load_acquire(&list->ready) != rests) return false; ' +
      'rp_store_release(&list->ready, NULL); return true;',
    scenarios: ['ready-watched'],
  },
  {
    name: 'a claim does not wait for spawns that have begun',
    file: 'process/spawn.c',
    from: 'pending = found == NULL && any_begun(*horizon);',
    to: 'pending = false;',
    scenarios: ['spawn-claim'],
  },
  {
    name: 'a claim waits for spawns that began after it came',
    file: 'process/spawn.c',
    from: 'at->endpoint_id == 0 && at->number <= horizon',
    to: 'at->endpoint_id == 0 && at->number <= horizon + 1',
    scenarios: ['spawn-horizon'],
  },
  {
    name: 'a spawn that settles wakes nobody',
    file: 'process/spawn.c',
    from: 'if (waited) rp_cond_wake_all(&settled);',
    to: '(void) settled;',
    scenarios: ['spawn-claim'],
  },
  {
    name: 'a parent that ends leaves behind what it has begun',
    file: 'process/spawn.c',
    from: 'while (*at != NULL && (*at)->parent != parent) at',
    to: 'while (*at != NULL && ((*at)->parent != parent || (*at)->endpoint_id == 0)) at',
    scenarios: ['spawn-abandoned'],
  },
  {
    name: 'a spawn is seen to have settled before the endpoint is there',
    file: 'process/spawn.c',
    from: '    found->thread_id = thread_id;\n    found->endpoint_id = endpoint_id;\n',
    to: '    found->endpoint_id = endpoint_id;\n    settle();\n    rp_lock_drop(&lock);\n' +
      '    rp_lock_take(&lock);\n    found->thread_id = thread_id;\n',
    scenarios: ['spawn-claim'],
  },
  {
    name: 'two may take an endpoint out of the registry',
    file: 'port/transfer_registry.c',
    from: '    *at = endpoint->next;\n    endpoint->next = NULL;\n',
    to: '',
    scenarios: ['attach-lost'],
  },
];
