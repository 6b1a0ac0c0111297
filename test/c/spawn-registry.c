/*
 * A new thread finds the endpoint that its parent made for it, whether it asks early or
 * late. An endpoint that nobody claims is closed. No other thread gets it.
 */
#include "support.h"

#include "core/process/spawn.h"

static uint64_t
endpoint_in_transit(loop *l, rp_endpoint **one) {
  rp_endpoint *other;

  assert(rp_channel_open(&l->thread, one, &other) == RP_OK);
  return rp_endpoint_detach(other);
}

/* What a child does, with as many waits as it takes. */
static uint64_t
claim(uint64_t thread_id) {
  uint64_t horizon = 0, endpoint_id;

  while (rp_spawn_claim(thread_id, &horizon, 1 + thread_id % 50, &endpoint_id) != RP_OK)
    ;
  return endpoint_id;
}

static void
one_by_one(void) {
  loop l;
  rp_endpoint *one, *two;
  int me, you;

  loop_init(&l);
  assert(claim(7) == 0); /* nobody spawns: no wait */
  rp_spawn_forget(7);
  rp_spawn_forget_all(&me);

  assert(rp_spawn_abort(&me) == RP_ENOENT && rp_spawn_commit(&me, 7, 1) == RP_ENOENT);
  assert(rp_spawn_begin(&me) == RP_OK);
  assert(rp_spawn_size() == 1);
  assert(rp_spawn_abort(&me) == RP_OK);
  assert(claim(7) == 0);

  uint64_t a = endpoint_in_transit(&l, &one);
  uint64_t b = endpoint_in_transit(&l, &two);

  assert(a != b && a != 0 && b != 0);
  assert(rp_spawn_begin(&me) == RP_OK);
  assert(rp_spawn_begin(&you) == RP_OK);
  assert(rp_spawn_commit(&me, 1, a) == RP_OK);
  /* Its own is there: another that is not does not matter. */
  assert(claim(1) == a);
  assert(rp_spawn_commit(&you, 2, b) == RP_OK);
  assert(claim(1) == 0); /* once */
  assert(rp_spawn_size() == 1 && rp_channel_in_transit() == 2);

  rp_spawn_forget_all(&me); /* not mine */
  assert(rp_spawn_size() == 1);
  rp_spawn_forget_all(&you);
  assert(rp_spawn_size() == 0 && rp_channel_in_transit() == 1);
  rp_endpoint_lost(a);
  rp_endpoint_lost(a); /* already gone */
  assert(rp_channel_in_transit() == 0);
  rp_endpoint_close(one);
  rp_endpoint_close(two);
  loop_destroy(&l);
}

/* A parent in the middle of one spawn may begin another: the last begun is the first
 * committed. */
static void
nested(void) {
  loop l;
  rp_endpoint *one, *two;
  int me;

  loop_init(&l);
  uint64_t outer = endpoint_in_transit(&l, &one);
  uint64_t inner = endpoint_in_transit(&l, &two);

  assert(rp_spawn_begin(&me) == RP_OK);
  assert(rp_spawn_begin(&me) == RP_OK);
  assert(rp_spawn_begin(&me) == RP_OK);
  assert(rp_spawn_commit(&me, 2, inner) == RP_OK);
  assert(claim(2) == inner);
  assert(rp_spawn_abort(&me) == RP_OK);
  assert(rp_spawn_commit(&me, 1, outer) == RP_OK);
  assert(claim(1) == outer);
  assert(rp_spawn_size() == 0);
  rp_endpoint_lost(outer);
  rp_endpoint_lost(inner);
  rp_endpoint_close(one);
  rp_endpoint_close(two);
  loop_destroy(&l);
}

/* A wait ends after its time, and is not for what began after the claim came. */
static void
waits(void) {
  uint64_t horizon = 0, endpoint_id = 1, before;
  int me, you;

  assert(rp_spawn_begin(&me) == RP_OK);
  before = rp_now();
  assert(rp_spawn_claim(7, &horizon, 30, &endpoint_id) == RP_EMPTY);
  assert(rp_now() - before >= 30000000u);
  assert(rp_spawn_claim(7, &horizon, 0, &endpoint_id) == RP_EMPTY);
  assert(rp_spawn_begin(&you) == RP_OK);
  assert(rp_spawn_claim(7, &horizon, 0, &endpoint_id) == RP_EMPTY);
  assert(rp_spawn_abort(&me) == RP_OK);
  assert(rp_spawn_claim(7, &horizon, 10000, &endpoint_id) == RP_OK && endpoint_id == 0);

  /* Another thread that asks now has to wait for it, unless the parent ends. */
  horizon = 0;
  assert(rp_spawn_claim(8, &horizon, 0, &endpoint_id) == RP_EMPTY);
  rp_spawn_forget_all(&you);
  assert(rp_spawn_claim(8, &horizon, 0, &endpoint_id) == RP_OK && endpoint_id == 0);
  assert(rp_spawn_size() == 0);
}

/* ---- parents and children at once ---- */

enum { PARENTS = 3 };

typedef struct child {
  uint64_t thread_id;
  uint64_t number;
  uint64_t got; /* id of the endpoint that it claimed */
  bool stray;   /* a thread that nobody made an endpoint for */
  bool lazy;    /* never comes for it */
} child;

typedef struct parent {
  loop loop;
  uint32_t index;
  uint32_t rounds;
  uint64_t seed;
} parent;

static void
nothing(rp_endpoint *endpoint, void *context) {
  (void) context;
  rp_endpoint_end(endpoint, false, true);
}

/* Answer every number with its successor until the parent closes. */
static void
answer(rp_endpoint *endpoint, void *context) {
  uint64_t number;
  int result;

  while ((result = receive_number(endpoint, &number)) == RP_OK)
    send_number(endpoint, number + 1);
  if (result == RP_CLOSED) {
    rp_endpoint_close(endpoint);
    *(bool *) context = true;
    return;
  }
  rp_endpoint_end(endpoint, false, false);
}

static void *
live(void *argument) {
  child *c = argument;

  if (c->lazy) return NULL;
  c->got = claim(c->thread_id);
  if (c->got == 0) return NULL;

  loop l;
  rp_endpoint *endpoint;
  bool closed = false;

  loop_init(&l);
  if (rp_endpoint_attach(c->got, &l.thread, &endpoint) == RP_OK)
    while (!closed) loop_wait(&l, answer, &closed);
  loop_destroy(&l);
  return NULL;
}

static void
family(parent *p, rng *random, uint64_t number) {
  child c = {
      .thread_id = (uint64_t) p->index << 32 | number,
      .number = number,
      .stray = random_below(random, 5) == 0,
      .lazy = random_below(random, 5) == 0,
  };
  rp_endpoint *mine = NULL;
  uint64_t id = 0;
  bool early = random_below(random, 2) == 0;

  if (!c.stray) id = endpoint_in_transit(&p->loop, &mine);
  assert(rp_spawn_begin(p) == RP_OK);
  pthread_t thread = {0};

  if (early) thread = start(live, &c);
  if (c.stray)
    assert(rp_spawn_abort(p) == RP_OK);
  else
    assert(rp_spawn_commit(p, c.thread_id, id) == RP_OK);
  if (!early) thread = start(live, &c);

  bool sent = !c.stray && random_below(random, 2) == 0;

  if (sent) send_number(mine, number);
  if (sent && !c.lazy) { /* the answer */
    uint64_t got = 0;

    while (receive_number(mine, &got) == RP_EMPTY) {
      if (mine->awake) rp_endpoint_drained(mine);
      loop_wait(&p->loop, nothing, NULL);
    }
    assert(got == number + 1);
  }
  if (mine != NULL && !c.lazy) rp_endpoint_close(mine);
  finish(thread);
  assert(c.got == (c.stray || c.lazy ? 0 : id));
  rp_spawn_forget(c.thread_id);
  if (mine != NULL && c.lazy) {
    /* Lost in transit: our endpoint hears of it. */
    rp_record record;

    assert(rp_chain_peek(&mine->inbox, &record) == RP_CLOSED);
    assert(write_number(mine, 1) == RP_CLOSED);
    rp_endpoint_close(mine);
  }
  (void) bell_heard(&p->loop.bell);
  loop_run(&p->loop, nothing, NULL);
}

static void *
raise(void *argument) {
  parent *p = argument;
  rng random = {p->seed};

  for (uint64_t i = 0; i < p->rounds; i++) family(p, &random, i + 1);
  return NULL;
}

int
main(void) {
  uint64_t s = seed();
  parent parents[PARENTS];
  pthread_t threads[PARENTS];

  one_by_one();
  nested();
  waits();
  for (uint32_t i = 0; i < PARENTS; i++) {
    loop_init(&parents[i].loop);
    parents[i].index = i + 1;
    parents[i].rounds = ROUNDS(2000, 400);
    parents[i].seed = s + i;
    threads[i] = start(raise, &parents[i]);
  }
  for (uint32_t i = 0; i < PARENTS; i++) {
    finish(threads[i]);
    loop_destroy(&parents[i].loop);
  }
  assert(rp_spawn_size() == 0 && rp_channel_in_transit() == 0);
  return 0;
}
