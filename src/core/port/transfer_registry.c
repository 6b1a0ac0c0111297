/*
 * transfer_registry.c - the endpoints in transit, by id.
 *
 * A hash table with chaining. It doubles when its chains become long, and goes back to
 * its static first table when the last endpoint has left.
 */
#include "core/port/transfer_registry.h"

#include <stdlib.h>

#include "core/port/endpoint.h"
#include "core/lock.h"
#include "core/random.h"

/* A power of two; ids are uniform, so their low bits choose the chain. */
#define CHAINS 256u
/* Average length of a chain at which the table doubles. */
#define LONG 4u

static rp_lock lock = RP_LOCK_INIT;
static rp_endpoint *first_chains[CHAINS];
static rp_endpoint **chains = first_chains;
static size_t chain_count = CHAINS;
static size_t size;
static uint64_t counter; /* ids made so far */

uint64_t
rp_transfer_new_id(void) {
  uint64_t id;

  rp_lock_take(&lock);
  do id = rp_random_number(++counter);
  while (id == 0);
  rp_lock_drop(&lock);
  return id;
}

/* Return the chain where an id belongs. The lock is held, as in the functions below. */
static rp_endpoint **
chain_of(uint64_t id) {
  return &chains[id & (chain_count - 1)];
}

static void
put(rp_endpoint *endpoint) {
  rp_endpoint **first = chain_of(endpoint->id);

  endpoint->next = *first;
  *first = endpoint;
}

/* Double the number of chains. Without memory the chains become longer instead. */
static void
grow(void) {
  rp_endpoint **old = chains;
  size_t old_count = chain_count;
  rp_endpoint **made = calloc(2 * old_count, sizeof(rp_endpoint *));

  if (made == NULL) return;
  chains = made;
  chain_count = 2 * old_count;
  for (size_t i = 0; i < old_count; i++)
    while (old[i] != NULL) {
      rp_endpoint *endpoint = old[i];

      old[i] = endpoint->next;
      put(endpoint);
    }
  if (old != first_chains) free(old);
}

/* No endpoint is in transit: go back to the static table. */
static void
shrink(void) {
  if (chains == first_chains) return;
  free(chains);
  chains = first_chains;
  chain_count = CHAINS;
}

void
rp_transfer_add(rp_endpoint *endpoint) {
  rp_lock_take(&lock);
  if (size >= LONG * chain_count) grow();
  put(endpoint);
  size++;
  rp_lock_drop(&lock);
}

rp_endpoint *
rp_transfer_take(uint64_t id) {
  rp_endpoint *endpoint = NULL;

  rp_lock_take(&lock);
  for (rp_endpoint **at = chain_of(id); *at != NULL; at = &(*at)->next) {
    if ((*at)->id != id) continue;
    endpoint = *at;
    *at = endpoint->next;
    endpoint->next = NULL;
    size--;
    break;
  }
  if (endpoint != NULL && size == 0) shrink();
  rp_lock_drop(&lock);
  return endpoint;
}

size_t
rp_transfer_count(void) {
  rp_lock_take(&lock);
  size_t now = size;
  rp_lock_drop(&lock);
  return now;
}
