/*
 * A pair of endpoints through its whole life: written, detached, attached to another
 * thread, closed in every order, lost. Messages arrive once and in order, and the channel
 * is freed exactly once. Counts allocations, since LeakSanitizer does not run everywhere.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=free
 */
#include "support.h"

#include "count-malloc.h"

static loop here;
static rp_endpoint *one, *other;

static void
open_pair(void) {
  loop_init(&here);
  assert(rp_channel_open(&here.thread, &one, &other) == RP_OK);
}

static void
end_of_pair(void) {
  assert(rp_channel_in_transit() == 0 && blocks_live() == 0);
  assert(rp_ready_list_rest(&here.thread));
  loop_destroy(&here);
}

static void
expect(rp_endpoint *endpoint, int expected, uint64_t expected_number) {
  uint64_t number = 0;

  assert(receive_number(endpoint, &number) == expected);
  assert(expected != RP_OK || number == expected_number);
}

/* Collects numbers; ends as it is told. */
typedef struct listener {
  uint64_t received;
  uint32_t turns;
  bool stopped, more_once, closed;
} listener;

static void
listen_once(rp_endpoint *endpoint, void *context) {
  listener *l = context;
  uint64_t number;
  int result = RP_EMPTY;

  l->turns++;
  while (!l->stopped && (result = receive_number(endpoint, &number)) == RP_OK)
    assert(number == l->received++);
  if (result == RP_CLOSED) {
    l->closed = true;
    rp_endpoint_close(endpoint);
    return;
  }
  rp_endpoint_end(endpoint, l->more_once, l->stopped);
  l->more_once = false;
}

static void
closes_in_both_orders(void) {
  for (int order = 0; order < 2; order++)
    for (int sent = 0; sent < 4; sent++) {
      open_pair();
      if (sent & 1) send_number(one, 1);
      if (sent & 2)
        assert(write_number(other, 2) == RP_OK); /* not published: close does */

      rp_endpoint *first = order ? other : one;
      rp_endpoint *second = order ? one : other;
      bool queued = sent & (order ? 2 : 1);

      rp_endpoint_close(first);
      assert(write_number(second, 3) == RP_CLOSED);
      rp_endpoint_publish(second);
      if (queued) expect(second, RP_OK, order ? 2 : 1);
      expect(second, RP_CLOSED, 0);
      rp_endpoint_close(second);
      (void) bell_heard(&here.bell);
      end_of_pair();
    }
}

static void
a_close_wakes_the_peer(void) {
  listener l = {0};

  open_pair();
  rp_endpoint_close(one);
  loop_wait(&here, listen_once, &l);
  assert(l.closed && l.turns == 1);
  end_of_pair();
}

static void
a_stopped_endpoint_keeps_the_token(void) {
  listener l = {.stopped = true};

  open_pair();
  send_number(one, 0);
  loop_wait(&here, listen_once, &l);
  assert(l.turns == 1);
  send_number(one, 1); /* no ring: the owner knows */
  assert(here.bell.count == 1);
  expect(other, RP_OK, 0);
  expect(other, RP_OK, 1);
  expect(other, RP_EMPTY, 0);
  rp_endpoint_drained(other);
  send_number(one, 2); /* a ring again */
  assert(here.bell.count == 2);
  loop_wait(&here, listen_once, &l);
  assert(l.turns == 2);
  l.stopped = false;
  l.received = 2;
  rp_endpoint_schedule(other); /* started: the callback runs for what is queued */
  loop_wait(&here, listen_once, &l);
  assert(l.received == 3 && l.turns == 3);

  l.more_once = true;
  rp_endpoint_schedule(other);
  loop_wait(&here, listen_once, &l);
  assert(l.turns == 5); /* and once more */

  send_number(one, 3);
  rp_endpoint_close(one);
  l.stopped = true;
  loop_wait(&here, listen_once, &l);
  expect(other, RP_OK, 3);
  expect(other, RP_CLOSED, 0);
  l.stopped = false;
  rp_endpoint_drained(other); /* drained, but there is a close to see */
  loop_wait(&here, listen_once, &l);
  assert(l.closed);
  end_of_pair();
}

/* Every place the token can be in when the endpoint leaves: nothing queued, queued on the
 * list, queued while its callback runs, queued and stopped; and then what comes while it
 * is in transit. */
static void
messages_queue_in_transit(void) {
  for (int place = 0; place < 3; place++)
    for (int in_transit = 0; in_transit < 3; in_transit++) {
      listener l = {0};
      loop there;
      rp_endpoint *moved;

      open_pair();
      loop_init(&there);

      uint64_t sent = 0;

      if (place > 0) send_number(one, sent++);
      if (place == 2) {
        l.stopped = true;
        loop_wait(&here, listen_once, &l);
        l = (listener){0};
      }

      uint64_t id = rp_endpoint_detach(other);

      assert(id != 0 && rp_channel_in_transit() == 1);
      for (int i = 0; i < in_transit; i++) send_number(one, sent++);
      assert(rp_endpoint_attach(id + 1, &there.thread, &moved) == RP_ENOENT);
      assert(rp_endpoint_attach(id, &there.thread, &moved) == RP_OK && moved == other);
      assert(rp_endpoint_attach(id, &there.thread, &moved) == RP_ENOENT);
      if (sent > 0) loop_wait(&there, listen_once, &l);
      (void) bell_heard(&there.bell);
      loop_run(&there, listen_once, &l);
      assert(l.received == sent);
      send_number(one, sent++);
      loop_wait(&there, listen_once, &l);
      assert(l.received == sent);
      rp_endpoint_close(one);
      loop_wait(&there, listen_once, &l);
      assert(l.closed);
      loop_destroy(&there);
      (void) bell_heard(&here.bell);
      loop_run(&here, listen_once, &l);
      end_of_pair();
    }
}

static void
lost_in_transit(void) {
  for (int how = 0; how < 4; how++) {
    rp_endpoint *moved;
    uint64_t id;

    open_pair();
    rp_endpoint_lost(0);
    send_number(one, 1);
    if (how == 2) {
      /* Announced, and lost before it has left. */
      id = rp_endpoint_announce(other);
      rp_endpoint_peer_lost(one);
      assert(rp_endpoint_detach(other) == id);
    } else {
      id = rp_endpoint_detach(other);
      if (how == 0) rp_endpoint_peer_lost(one);
      if (how == 1) rp_endpoint_lost(id);
    }
    if (how == 3) { /* closed while it is in transit, and lost then */
      rp_endpoint_close(one);
      assert(blocks_live() > 0);
      rp_endpoint_lost(id);
    } else {
      assert(rp_endpoint_attach(id, &here.thread, &moved) == RP_ENOENT);
      expect(one, RP_CLOSED, 0);
      assert(write_number(one, 1) == RP_CLOSED);
      rp_endpoint_peer_lost(one);
      rp_endpoint_close(one);
    }
    (void) bell_heard(&here.bell);
    loop_run(&here, listen_once, NULL);
    end_of_pair();
  }
}

static void
not_lost_if_not_in_transit(void) {
  open_pair();
  rp_endpoint_peer_lost(one);
  send_number(one, 1);
  expect(other, RP_OK, 1);
  assert(rp_endpoint_attach(rp_endpoint_detach(other), &here.thread, &other) == RP_OK);
  rp_endpoint_peer_lost(one);
  send_number(one, 2);
  expect(other, RP_OK, 2);
  assert(rp_endpoint_local_peer(one) == other);
  uint64_t id = rp_endpoint_detach(other);
  assert(rp_endpoint_local_peer(one) == NULL);
  assert(rp_endpoint_attach(id, &here.thread, &other) == RP_OK);
  rp_endpoint_close(other);
  assert(rp_endpoint_local_peer(one) == NULL);
  rp_endpoint_close(one);
  (void) bell_heard(&here.bell);
  end_of_pair();
}

/* ---- storms ---- */

enum { THREADS = 4, OWNED = 32, POOL = 64 };

/* Ids in transit between the threads of a storm. */
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t pool[POOL];
static uint32_t pool_size;

static bool
pool_put(uint64_t id) {
  pthread_mutex_lock(&pool_lock);
  bool room = pool_size < POOL;
  if (room) pool[pool_size++] = id;
  pthread_mutex_unlock(&pool_lock);
  return room;
}

static uint64_t
pool_take(rng *r) {
  uint64_t id = 0;

  pthread_mutex_lock(&pool_lock);
  if (pool_size > 0) {
    uint32_t at = random_below(r, pool_size);

    id = pool[at];
    pool[at] = pool[--pool_size];
  }
  pthread_mutex_unlock(&pool_lock);
  return id;
}

/* Every message says how many its sender had sent before it; an endpoint carries its
 * counts along. The owner's: they move with it as everything else in it does. */
typedef struct counts {
  uint64_t sent, received;
} counts;

typedef struct sailor {
  loop loop;
  rng random;
  uint32_t steps;
  rp_endpoint *owned[OWNED];
  uint32_t size;
  uint64_t received;
} sailor;

/* Counts of each endpoint, found by its address: two slots per channel, owned by the
 * endpoint's owner. */
enum { COUNTS = 1 << 16 };
static struct {
  rp_endpoint *endpoint;
  counts c;
} table[COUNTS];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

static counts *
counts_of(rp_endpoint *endpoint, bool fresh) {
  uint32_t at = (uint32_t) (((uintptr_t) endpoint >> 6) * 2654435761u) % COUNTS;

  pthread_mutex_lock(&table_lock);
  while (table[at].endpoint != endpoint && table[at].endpoint != NULL)
    at = (at + 1) % COUNTS;
  if (fresh) memset(&table[at].c, 0, sizeof(counts));
  table[at].endpoint = endpoint;
  pthread_mutex_unlock(&table_lock);
  return &table[at].c;
}

static void
forget(sailor *s, rp_endpoint *endpoint) {
  for (uint32_t i = 0; i < s->size; i++)
    if (s->owned[i] == endpoint) {
      s->owned[i] = s->owned[--s->size];
      return;
    }
  assert(false);
}

static void
sail_close(sailor *s, rp_endpoint *endpoint) {
  forget(s, endpoint);
  rp_endpoint_close(endpoint);
}

static void
sail_detach(sailor *s, rp_endpoint *endpoint) {
  forget(s, endpoint);

  uint64_t id = rp_endpoint_detach(endpoint);

  if (!pool_put(id)) rp_endpoint_lost(id);
}

static void
sail_send(rp_endpoint *endpoint, rng *r) {
  static uint8_t bytes[40000];
  counts *c = counts_of(endpoint, false);
  uint32_t kind = random_below(r, 100);
  size_t length = kind == 0   ? sizeof(bytes) - 8
                  : kind < 10 ? random_below(r, 3000)
                              : random_below(r, 30);
  rp_block block = {NULL, 8};
  uint8_t *message = __real_malloc(8 + length);
  bool with_block = random_below(r, 4) == 0;

  memcpy(message, &c->sent, 8);
  memcpy(message + 8, bytes, length);
  if (with_block) {
    block.data = __wrap_malloc(8);
    memcpy(block.data, &c->sent, 8);
  }

  int result = rp_endpoint_write(endpoint, 0, message, 8 + length, &block, with_block);

  if (result == RP_OK) c->sent++;
  if (result != RP_OK) {
    assert(result == RP_CLOSED);
    __wrap_free(block.data);
  }
  __real_free(message);
  if (random_below(r, 3) != 0) rp_endpoint_publish(endpoint);
}

/* Read one message. @returns as rp_chain_peek() */
static int
sail_receive(rp_endpoint *endpoint, sailor *s) {
  counts *c = counts_of(endpoint, false);
  rp_record record;
  int result = rp_chain_peek(&endpoint->inbox, &record);
  uint64_t number;

  if (result != RP_OK) return result;
  if (record.type & RP_MESSAGE_LARGE) {
    rp_block large = rp_message_take_block(&record, 0);

    memcpy(&number, large.data, 8);
    __wrap_free(large.data);
  } else {
    memcpy(&number, record.payload, 8);
  }
  assert(number == c->received);
  c->received++;
  s->received++;
  if (c->received % 2 == 0) rp_message_drop(&record);
  for (uint32_t i = 0; i < rp_message_blocks(&record); i++) {
    rp_block block = rp_message_take_block(&record, i);

    if (block.data != NULL) assert(memcmp(block.data, &number, 8) == 0);
    __wrap_free(block.data);
  }
  rp_chain_release(&endpoint->inbox, rp_record_size(record.length), 1);
  return RP_OK;
}

static void
sail_turn(rp_endpoint *endpoint, void *context) {
  sailor *s = context;
  uint32_t limit = 1 + random_below(&s->random, 5);
  int result = RP_OK;

  while (limit-- > 0 && (result = sail_receive(endpoint, s)) == RP_OK)
    ;
  switch (result == RP_CLOSED ? 0 : random_below(&s->random, 40)) {
    case 0:
      sail_close(s, endpoint);
      return;
    case 1:
      sail_detach(s, endpoint);
      return;
    case 2:
      rp_endpoint_schedule(endpoint);
      break; /* from inside the callback */
  }
  rp_endpoint_end(endpoint, random_below(&s->random, 10) == 0, false);
}

static void
sail_attach(sailor *s) {
  rp_endpoint *endpoint;
  uint64_t id = s->size < OWNED ? pool_take(&s->random) : 0;

  if (id == 0) return;
  if (random_below(&s->random, 20) == 0) {
    rp_endpoint_lost(id);
    return;
  }
  assert(rp_endpoint_attach(id, &s->loop.thread, &endpoint) == RP_OK);
  s->owned[s->size++] = endpoint;
}

static void
sail_step(sailor *s) {
  rp_endpoint *endpoint =
      s->size > 0 ? s->owned[random_below(&s->random, s->size)] : NULL;

  switch (random_below(&s->random, 16)) {
    case 0: {
      rp_endpoint *a, *b;

      if (s->size + 2 > OWNED) break;
      assert(rp_channel_open(&s->loop.thread, &a, &b) == RP_OK);
      counts_of(a, true);
      counts_of(b, true);
      s->owned[s->size++] = a;
      s->owned[s->size++] = b;
      break;
    }
    case 1:
      if (endpoint != NULL && random_below(&s->random, 3) == 0) sail_close(s, endpoint);
      break;
    case 2:
    case 3:
      if (endpoint != NULL) sail_detach(s, endpoint);
      break;
    case 4:
    case 5:
    case 6:
      sail_attach(s);
      break;
    case 7:
      if (endpoint != NULL) rp_endpoint_schedule(endpoint);
      break;
    case 8:
      if (bell_heard(&s->loop.bell)) loop_run(&s->loop, sail_turn, s);
      break;
    default:
      if (endpoint != NULL) sail_send(endpoint, &s->random);
      break;
  }
}

static void *
sail(void *argument) {
  sailor *s = argument;

  for (uint32_t i = 0; i < s->steps; i++) sail_step(s);
  while (s->size > 0) sail_close(s, s->owned[0]);
  return NULL;
}

static void
storm(uint32_t threads, uint32_t steps, uint64_t s) {
  static sailor sailors[THREADS];
  pthread_t thread[THREADS];
  uint64_t received = 0;
  rng random = {s};
  uint64_t id;

  memset(table, 0, sizeof(table));
  memset(sailors, 0, sizeof(sailors));
  for (uint32_t i = 0; i < threads; i++) {
    loop_init(&sailors[i].loop);
    sailors[i].random.state = s + i;
    sailors[i].steps = steps;
  }
  for (uint32_t i = 0; i < threads; i++) thread[i] = start(sail, &sailors[i]);
  for (uint32_t i = 0; i < threads; i++) {
    finish(thread[i]);
    received += sailors[i].received;
    loop_destroy(&sailors[i].loop);
  }
  while ((id = pool_take(&random)) != 0) rp_endpoint_lost(id);
  assert(rp_channel_in_transit() == 0 && blocks_live() == 0);
  printf("%u threads: %llu messages received\n", threads, (unsigned long long) received);
}

int
main(void) {
  uint64_t s = seed();

  closes_in_both_orders();
  a_close_wakes_the_peer();
  a_stopped_endpoint_keeps_the_token();
  messages_queue_in_transit();
  lost_in_transit();
  not_lost_if_not_in_transit();
  for (uint32_t threads = 1; threads <= THREADS; threads++)
    storm(threads, ROUNDS(100000, 20000), s + threads * 1000);
  return 0;
}
