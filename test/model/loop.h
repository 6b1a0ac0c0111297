/*
 * loop.h - a thread with ports, like the environments of src/node, for scenarios.
 */
#ifndef MODEL_LOOP_H_
#define MODEL_LOOP_H_

#include "core/port/channel.h"
#include "model.h"

typedef struct loop {
  rp_ready_list thread; /* first: a doorbell finds its loop by it */
  int bell;
} loop;

static void
loop_ring(rp_ready_list *thread) {
  model_ring(((loop *) thread)->bell);
}

static inline loop *
loop_new(int bell) {
  loop *l = malloc(sizeof(*l));

  rp_ready_list_init(&l->thread, loop_ring);
  l->bell = bell;
  return l;
}

/* Until `*left` is 0: call back for every endpoint with news, then rest, and sleep if
 * there is none. The callback ends or closes its endpoint. */
static inline void
loop_run(loop *l, void (*callback)(rp_endpoint *endpoint), const int *left) {
  rp_endpoint *endpoint;

  while (*left > 0) {
    model_sleep(l->bell);
    do {
      rp_ready_list_wake(&l->thread);
      while ((endpoint = rp_ready_list_next(&l->thread)) != NULL) {
        rp_endpoint_begin(endpoint);
        callback(endpoint);
      }
    } while (!rp_ready_list_rest(&l->thread));
  }
}

static inline void
send(rp_endpoint *endpoint, uint64_t number) {
  CHECK(rp_endpoint_write(endpoint, 0, &number, sizeof(number), NULL, 0) == RP_OK);
  rp_endpoint_publish(endpoint);
}

/* To a peer that may have closed. */
static inline void
try_to_send(rp_endpoint *endpoint, uint64_t number) {
  int result = rp_endpoint_write(endpoint, 0, &number, sizeof(number), NULL, 0);

  CHECK(result == RP_OK || result == RP_CLOSED);
  rp_endpoint_publish(endpoint);
}

/* As rp_chain_peek(); the message is stepped over. */
static inline int
receive(rp_endpoint *endpoint, uint64_t *number) {
  rp_record record;
  int result = rp_chain_peek(&endpoint->inbox, &record);

  if (result != RP_OK) return result;
  CHECK(record.length == sizeof(*number));
  memcpy(number, record.payload, sizeof(*number));
  rp_chain_release(&endpoint->inbox, rp_record_size(record.length), 1);
  return RP_OK;
}

/* An endpoint of the channel's that has moved to another loop. */
static inline rp_endpoint *
moved(rp_endpoint *endpoint, loop *to) {
  rp_endpoint *there;

  CHECK(rp_endpoint_attach(rp_endpoint_detach(endpoint), &to->thread, &there) == RP_OK);
  return there;
}

#endif
