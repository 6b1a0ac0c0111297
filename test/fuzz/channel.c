/*
 * Channels on the ready lists of three threads, all driven in one thread by the fuzzer's
 * bytes: opened, written to, sent in messages, attached, lost and closed in any order.
 * Messages of each direction arrive once and in order, before the close. A doorbell rings
 * only for a thread at rest, and no receiving endpoint keeps unread messages. In the end
 * everything is freed.
 */
#include "core/port/channel.h"

#include "input.h"
#include "core/memory.h"

enum { THREADS = 3, ENDPOINTS = 16 };

typedef enum where { NOWHERE, HERE, AWAY } where;

/* What we know of an endpoint. Its pair is the entry beside it. */
typedef struct port {
  rp_endpoint *endpoint;
  where where;
  int thread;
  uint64_t id; /* while AWAY */
  bool adrift; /* may have been lost */
  bool receiving;
  uint32_t written; /* to the other endpoint */
  uint32_t read;
} port;

typedef struct loop {
  rp_ready_list thread; /* first */
  bool resting;
  bool rung;
} loop;

typedef struct note {
  uint32_t port;
  uint32_t number;
} note;

static loop loops[THREADS];
static port ports[ENDPOINTS];
static uint32_t arrivals;

static void
ring_bell(rp_ready_list *thread) {
  loop *l = (loop *) (void *) thread;

  CHECK(l->resting && !l->rung);
  l->rung = true;
}

static port *
pair_of(const port *p) {
  return &ports[(p - ports) ^ 1];
}

static port *
choose(input *in, where where) {
  port *p = &ports[take_u8(in) % ENDPOINTS];

  return p->where == where ? p : NULL;
}

static void
open_pair(input *in) {
  int pair = take_u8(in) % (ENDPOINTS / 2) * 2, thread = take_u8(in) % THREADS;
  rp_endpoint *one, *other;

  if (ports[pair].where != NOWHERE || ports[pair + 1].where != NOWHERE) return;
  CHECK(rp_channel_open(&loops[thread].thread, &one, &other) == RP_OK);
  one->slot = (uint32_t) pair;
  other->slot = (uint32_t) pair + 1;
  ports[pair] = (port){.endpoint = one, .where = HERE, .thread = thread};
  ports[pair + 1] = (port){.endpoint = other, .where = HERE, .thread = thread};
}

static void
gone(port *p) {
  p->where = NOWHERE;
  p->endpoint = NULL;
}

static void
depart(port *p) {
  p->id = rp_endpoint_detach(p->endpoint);
  p->where = AWAY;
  p->receiving = false;
  CHECK(p->id != 0);
}

static void
arrive(port *p, int thread) {
  rp_endpoint *endpoint;
  int result = rp_endpoint_attach(p->id, &loops[thread].thread, &endpoint);

  CHECK(result == RP_OK || (result == RP_ENOENT && p->adrift));
  if (result != RP_OK) {
    gone(p);
    return;
  }
  CHECK(endpoint == p->endpoint);
  arrivals++;
  endpoint->slot = (uint32_t) (p - ports);
  p->where = HERE;
  p->thread = thread;
  p->adrift = false;
}

/* A message of its sender's number, some of them with a block, some with another
 * endpoint. */
static void
write_one(port *p, input *in) {
  uint8_t kind = take_u8(in);
  note n = {(uint32_t) (p - ports), p->written};
  rp_block block = {NULL, 0};
  port *guest = kind % 8 == 7 ? choose(in, HERE) : NULL;

  if (kind % 8 == 6) block = rp_block_new(kind);
  if (guest != NULL && guest->thread == p->thread && guest != p) {
    depart(guest);
    guest->adrift = true; /* with the message */
    block.length = guest->id;
  }

  bool has_block = block.data != NULL || block.length != 0;

  if (rp_endpoint_write(p->endpoint, kind, &n, sizeof(n), &block, has_block) == RP_OK) {
    p->written++;
    if (kind % 2 == 0) rp_endpoint_publish(p->endpoint);
    return;
  }
  CHECK(pair_of(p)->where == NOWHERE || pair_of(p)->adrift);
  rp_endpoint_lost(rp_block_endpoint(block));
  rp_block_free(block);
}

static void
take_guest(const rp_record *record, int thread) {
  uint64_t id = rp_block_endpoint(rp_message_peek_block(record, 0));

  if (id == 0) return;
  for (port *p = ports; p < ports + ENDPOINTS; p++)
    if (p->where == AWAY && p->id == id) arrive(p, thread);
}

/* Results as rp_chain_peek(). */
static int
read_one(port *p) {
  const port *sender = pair_of(p);
  rp_record record;
  note n;
  int result = rp_chain_peek(&p->endpoint->inbox, &record);

  if (result == RP_CLOSED) {
    CHECK(sender->where == NOWHERE || sender->adrift);
    CHECK(p->read == sender->written);
  }
  if (result != RP_OK) return result;
  memcpy(&n, record.payload, sizeof(n));
  CHECK(n.port == (uint32_t) (sender - ports) && n.number == p->read);
  p->read++;
  take_guest(&record, p->thread);
  rp_message_drop(&record);
  rp_chain_release(&p->endpoint->inbox, rp_record_size(record.length), 1);
  return RP_OK;
}

static void
close_one(port *p) {
  uint64_t in_transit = rp_endpoint_close(p->endpoint);
  port *pair = pair_of(p);

  if (in_transit != 0) CHECK(pair->where == AWAY && pair->id == in_transit);
  gone(p);
}

/* The callback of an endpoint that has news. True: its peer has closed, and so must
 * it. */
static bool
turn(port *p, uint32_t limit) {
  rp_record record;

  for (uint32_t i = 0; p->receiving && i < limit; i++) {
    int result = read_one(p);

    if (result != RP_OK) return result == RP_CLOSED;
  }
  return rp_chain_peek(&p->endpoint->inbox, &record) == RP_CLOSED;
}

/* One turn of a loop, as rp_dispatch_serve() of the binding: at most `limit` messages of
 * each endpoint. */
static void
run(loop *l, uint32_t limit) {
  rp_endpoint *endpoint;

  l->rung = false;
  l->resting = false;
  rp_ready_list_wake(&l->thread);
  while ((endpoint = rp_ready_list_next(&l->thread)) != NULL) {
    port *p = &ports[endpoint->slot];

    CHECK(p->where == HERE && p->endpoint == endpoint && &loops[p->thread] == l);
    rp_endpoint_begin(endpoint);
    if (turn(p, limit))
      close_one(p);
    else
      rp_endpoint_end(endpoint, false, !p->receiving);
  }
  l->resting = rp_ready_list_rest(&l->thread);
}

static void
step(input *in) {
  port *p;

  switch (take_u8(in) % 13) {
    case 0:
      open_pair(in);
      break;
    case 1:
    case 2:
      if ((p = choose(in, HERE)) != NULL) write_one(p, in);
      break;
    case 3:
      if ((p = choose(in, HERE)) != NULL) rp_endpoint_publish(p->endpoint);
      break;
    case 4:
      run(&loops[take_u8(in) % THREADS], take_u8(in));
      break;
    case 5:
      if ((p = choose(in, HERE)) == NULL) break;
      if (!p->receiving) rp_endpoint_schedule(p->endpoint);
      p->receiving = true;
      break;
    case 6:
      if ((p = choose(in, HERE)) != NULL) p->receiving = false;
      break;
    case 7: /* receiveMessageOnPort */
      if ((p = choose(in, HERE)) == NULL) break;
      if (read_one(p) == RP_EMPTY && !p->receiving) rp_endpoint_drained(p->endpoint);
      break;
    case 8:
      if ((p = choose(in, HERE)) != NULL) depart(p);
      break;
    case 9:
      if ((p = choose(in, AWAY)) != NULL && !p->adrift) arrive(p, take_u8(in) % THREADS);
      break;
    case 10:
      if ((p = choose(in, HERE)) != NULL) close_one(p);
      break;
    case 11:
      if ((p = choose(in, AWAY)) == NULL) break;
      p->adrift = true;
      rp_endpoint_lost(p->id);
      break;
    default:
      if ((p = choose(in, HERE)) == NULL) break;
      if (take_u8(in) % 2 == 0) CHECK(rp_endpoint_announce(p->endpoint) != 0);
      if (take_u8(in) % 4 != 0) break;
      pair_of(p)->adrift = true;
      rp_endpoint_peer_lost(p->endpoint);
  }
}

static bool
restless(void) {
  for (int i = 0; i < THREADS; i++)
    if (!loops[i].resting || loops[i].rung) return true;
  return false;
}

static void
nobody_waits_for_ever(void) {
  uint32_t before;

  do {
    before = arrivals;
    for (port *p = ports; p < ports + ENDPOINTS; p++)
      if (p->where == HERE) rp_endpoint_publish(p->endpoint);
    while (restless())
      for (int i = 0; i < THREADS; i++) run(&loops[i], 1000);
  } while (arrivals != before);
  for (port *p = ports; p < ports + ENDPOINTS; p++) {
    /* What an endpoint has written and taken along unpublished comes with its new
     * owner. */
    if (p->where != HERE || !p->receiving || pair_of(p)->where == AWAY) continue;
    CHECK(p->read == pair_of(p)->written);
  }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  input in = {bytes, size};

  rp_memory_keep(0);
  memset(ports, 0, sizeof(ports));
  for (int i = 0; i < THREADS; i++) {
    rp_ready_list_init(&loops[i].thread, ring_bell);
    loops[i].resting = true;
    loops[i].rung = false;
  }
  while (in.left > 0) step(&in);
  nobody_waits_for_ever();
  for (port *p = ports; p < ports + ENDPOINTS; p++) {
    if (p->where == AWAY) rp_endpoint_lost(p->id);
    if (p->where == HERE) close_one(p);
  }
  CHECK(rp_channel_in_transit() == 0);
  return 0;
}
