'use strict';

// Mutants of src/core/port/blocked.c and sleeper.h; see mutants.js.

const file = 'port/blocked.c';

module.exports = [
  {
    name: 'a message does not wake the sleeper',
    file: 'port/channel.c',
    from: '  rp_sleeper_wake(endpoint);\n',
    to: '',
    scenarios: ['block-message'],
  },
  {
    name: 'the sleeper is put into the endpoint after parking',
    file,
    from: [
      '  set_sleeper(endpoint, &sleeper);\n  if (park(endpoint)) {\n',
    ],
    to: ['  if (park(endpoint)) {\n    set_sleeper(endpoint, &sleeper);\n'],
    scenarios: ['block-message'],
  },
  {
    name: 'who is to block does not look again before it parks, and keeps the token',
    file,
    from: '  if (endpoint->awake && rp_chain_park(&endpoint->inbox)) endpoint->awake = false;\n',
    to: '  endpoint->awake = false;\n',
    scenarios: ['block-message'],
  },
  {
    name: 'a sleeper that has been woken sleeps all the same',
    file,
    from: '  while (!sleeper->woken && !sleeper->stuck && !endpoint->nudged &&\n',
    to: '  while (!sleeper->stuck && !endpoint->nudged &&\n',
    scenarios: ['block-message'],
  },
  {
    name: 'a nudge wakes, and is not noted',
    file,
    from: '  peer->nudged = true;\n',
    to: '',
    scenarios: ['block-nudge'],
  },
  {
    name: 'a nudge is noted, and does not wake',
    file,
    from: '  rp_sleeper_wake(peer);\n',
    to: '',
    scenarios: ['block-nudge'],
  },
  {
    name: 'a nudge without the lock',
    file,
    from: [
      '  rp_lock_take(&endpoint->channel->lock);\n  peer->nudged = true;\n',
      '  rp_sleeper_wake(peer);\n  rp_lock_drop(&endpoint->channel->lock);\n',
    ],
    to: ['  peer->nudged = true;\n', '  rp_sleeper_wake(peer);\n'],
    scenarios: ['block-nudge'],
  },
  {
    name: 'the token that lies on the ready list stays there',
    file,
    from: '  take_token(endpoint);\n  if (has_news(endpoint)) return false;\n',
    to: '  if (has_news(endpoint)) return false;\n',
    scenarios: ['block-message', 'block-loop', 'block-circle'],
  },
  {
    name: 'the circle is looked for without the lock of the list',
    file,
    from: [
      '  rp_sleeper *youngest = sleeper;\n\n  rp_lock_take(&list_lock);\n',
      '  sleeper->next = sleepers;\n  sleepers = sleeper;\n  rp_lock_drop(&list_lock);\n',
    ],
    to: [
      '  rp_sleeper *youngest = sleeper;\n\n',
      '  rp_lock_take(&list_lock);\n  sleeper->next = sleepers;\n  sleepers = sleeper;\n  rp_lock_drop(&list_lock);\n',
    ],
    scenarios: ['block-circle'],
  },
  {
    name: 'a sleeper that has been woken counts as one that waits',
    file,
    from: 'sleeper->woken || sleeper->stuck ? NULL : endpoint->peer->owner',
    to: 'endpoint->peer->owner',
    scenarios: ['block-call', 'block-circle'],
  },
  {
    name: 'a circle is found, and nobody gives up',
    file,
    from: '    give_up(youngest);\n',
    to: '',
    scenarios: ['block-circle'],
  },
  {
    name: 'who is to give up is not woken',
    file,
    from: '  sleeper->stuck = true;\n  rp_cond_wake_all(&sleeper->cond);\n',
    to: '  sleeper->stuck = true;\n',
    scenarios: ['block-circle'],
  },
];
