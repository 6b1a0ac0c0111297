/*
 * An endpoint in a message is lost with the message: in an inbox that nobody reads any
 * more, in one written to at the last moment, or in a message of an endpoint that is
 * itself lost, at any depth.
 */
#include "support.h"

#include "core/process/spawn.h"

static void
send_endpoint(rp_endpoint *by, uint64_t id) {
  const rp_block block = {NULL, id};

  assert(rp_endpoint_write(by, 0, "here", 4, &block, 1) == RP_OK);
  rp_endpoint_publish(by);
}

static bool
closed(rp_endpoint *endpoint) {
  rp_record record;

  return rp_chain_peek(&endpoint->inbox, &record) == RP_CLOSED;
}

static void
nothing(rp_endpoint *endpoint, void *context) {
  (void) context;
  rp_endpoint_end(endpoint, false, true);
}

static void
with_its_message(void) {
  loop l;
  rp_endpoint *a, *b, *c, *d;

  loop_init(&l);
  assert(rp_channel_open(&l.thread, &a, &b) == RP_OK);
  assert(rp_channel_open(&l.thread, &c, &d) == RP_OK);
  send_endpoint(a, rp_endpoint_detach(d));
  assert(rp_channel_in_transit() == 1 && !closed(c));
  assert(rp_endpoint_close(b) == 0);
  assert(rp_channel_in_transit() == 0 && closed(c));
  rp_endpoint_close(a);
  rp_endpoint_close(c);
  loop_destroy(&l);
}

/* Written to an inbox whose owner closes between the write and the publishing. */
static void
at_the_last_moment(void) {
  loop l;
  rp_endpoint *a, *b, *c, *d;
  rp_block block = {NULL, 0};

  loop_init(&l);
  assert(rp_channel_open(&l.thread, &a, &b) == RP_OK);
  assert(rp_channel_open(&l.thread, &c, &d) == RP_OK);
  block.length = rp_endpoint_detach(d);
  assert(rp_endpoint_write(a, 0, "here", 4, &block, 1) == RP_OK);
  rp_endpoint_close(b);
  rp_endpoint_publish(a);
  rp_endpoint_close(a);
  assert(rp_channel_in_transit() == 0 && closed(c));
  rp_endpoint_close(c);
  loop_destroy(&l);
}

/* An endpoint that has arrived is its receiver's, though the message is still there when
 * it is dropped. */
static void
not_after_it_has_arrived(void) {
  loop l;
  rp_endpoint *a, *b, *c, *d;
  uint64_t number = 0;

  loop_init(&l);
  assert(rp_channel_open(&l.thread, &a, &b) == RP_OK);
  assert(rp_channel_open(&l.thread, &c, &d) == RP_OK);
  uint64_t id = rp_endpoint_detach(d);

  send_endpoint(a, id);
  assert(rp_endpoint_attach(id, &l.thread, &d) == RP_OK);
  rp_endpoint_close(b);
  assert(!closed(c));
  send_number(c, 5);
  assert(receive_number(d, &number) == RP_OK && number == 5);
  rp_endpoint_close(a);
  rp_endpoint_close(c);
  rp_endpoint_close(d);
  loop_run(&l, nothing, NULL);
  loop_destroy(&l);
}

/* The inbox of an endpoint in transit holds an endpoint in transit, and so on: not by
 * recursion. */
static void
however_deep(void) {
  enum { DEPTH = ROUNDS(30000, 10000) };
  loop l;
  rp_endpoint *a, *b, *outermost, *by;

  loop_init(&l);
  assert(rp_channel_open(&l.thread, &outermost, &by) == RP_OK);
  for (int i = 0; i < DEPTH; i++) {
    assert(rp_channel_open(&l.thread, &a, &b) == RP_OK);
    send_endpoint(by, rp_endpoint_detach(b));
    rp_endpoint_close(by);
    by = a;
    (void) bell_heard(&l.bell);
    loop_run(&l, nothing, NULL);
  }
  (void) bell_heard(&l.bell);
  rp_endpoint_close(by);
  assert(rp_channel_in_transit() == DEPTH);
  rp_endpoint_close(outermost);
  assert(rp_channel_in_transit() == 0);
  loop_run(&l, nothing, NULL);
  loop_destroy(&l);
}

/* Closing tells of a peer in transit: nobody else may learn of its loss. */
static void
told_by_close(void) {
  loop l;
  rp_endpoint *a, *b;

  loop_init(&l);
  assert(rp_channel_open(&l.thread, &a, &b) == RP_OK);
  uint64_t id = rp_endpoint_detach(b);

  assert(rp_endpoint_close(a) == id && rp_channel_in_transit() == 1);
  rp_endpoint_lost(id);
  assert(rp_channel_in_transit() == 0);
  loop_destroy(&l);
}

/* Entrusted to a thread that ends, or whose parent ends, before they arrive. */
static void
with_their_thread(void) {
  loop l;
  rp_endpoint *mine[4], *other;
  uint64_t id[4], horizon = 0, claimed;

  loop_init(&l);
  for (int i = 0; i < 4; i++) {
    assert(rp_channel_open(&l.thread, &mine[i], &other) == RP_OK);
    id[i] = rp_endpoint_detach(other);
    assert(rp_spawn_entrust(&l, i < 3 ? 7 : 8, id[i]) == RP_OK);
  }
  assert(rp_spawn_claim(7, &horizon, 0, &claimed) == RP_OK && claimed == 0);
  assert(rp_endpoint_attach(id[1], &l.thread, &other) == RP_OK);
  rp_spawn_forget(7);
  assert(closed(mine[0]) && !closed(mine[1]) && closed(mine[2]) && !closed(mine[3]));
  rp_spawn_forget_all(&l);
  assert(closed(mine[3]) && rp_channel_in_transit() == 0 && rp_spawn_size() == 0);
  rp_endpoint_close(other);
  for (int i = 0; i < 4; i++) rp_endpoint_close(mine[i]);
  loop_destroy(&l);
}

int
main(void) {
  with_its_message();
  at_the_last_moment();
  not_after_it_has_arrived();
  however_deep();
  told_by_close();
  with_their_thread();
  return 0;
}
