/*
 * transfer_registry.c - the halves in transit, by id.
 *
 * A table of chains, which doubles when they become long and goes back to the one that is always there
 * when the last half has left.
 */
#include "core/port/transfer_registry.h"

#include <stdlib.h>

#include "core/port/channel.h"
#include "core/lock.h"
#include "core/random.h"

/* A power of two; ids are uniform, so their low bits choose the chain. */
#define CHAINS 256u
/* Halves to a chain, on average, before there are twice as many chains. */
#define LONG 4u

static rp_lock lock = RP_LOCK_INIT;
static rp_half *first_chains[CHAINS];
static rp_half **chains = first_chains;
static size_t chain_count = CHAINS;
static size_t size;
static uint64_t counter; /* of the ids given out */

uint64_t
rp_registry_new_id(void) {
  uint64_t id;

  rp_lock_take(&lock);
  do id = rp_random_number(++counter);
  while (id == 0);
  rp_lock_drop(&lock);
  return id;
}

/* The link to the first half of the chain where an id belongs. Under the lock, as all of these. */
static rp_half **
chain_of(uint64_t id) {
  return &chains[id & (chain_count - 1)];
}

static void
put(rp_half *half) {
  rp_half **first = chain_of(half->id);

  half->next = *first;
  *first = half;
}

/* Twice as many chains. Without memory they stay as they are, and become longer. */
static void
grow(void) {
  rp_half **old = chains;
  size_t old_count = chain_count;
  rp_half **made = calloc(2 * old_count, sizeof(rp_half *));

  if (made == NULL) return;
  chains = made;
  chain_count = 2 * old_count;
  for (size_t i = 0; i < old_count; i++)
    while (old[i] != NULL) {
      rp_half *half = old[i];

      old[i] = half->next;
      put(half);
    }
  if (old != first_chains) free(old);
}

/* Nobody is in transit: the first chains, which are empty, do. */
static void
shrink(void) {
  if (chains == first_chains) return;
  free(chains);
  chains = first_chains;
  chain_count = CHAINS;
}

void
rp_registry_add(rp_half *half) {
  rp_lock_take(&lock);
  if (size >= LONG * chain_count) grow();
  put(half);
  size++;
  rp_lock_drop(&lock);
}

rp_half *
rp_registry_take(uint64_t id) {
  rp_half *half = NULL;

  rp_lock_take(&lock);
  for (rp_half **at = chain_of(id); *at != NULL; at = &(*at)->next) {
    if ((*at)->id != id) continue;
    half = *at;
    *at = half->next;
    half->next = NULL;
    size--;
    break;
  }
  if (half != NULL && size == 0) shrink();
  rp_lock_drop(&lock);
  return half;
}

size_t
rp_registry_size(void) {
  rp_lock_take(&lock);
  size_t now = size;
  rp_lock_drop(&lock);
  return now;
}
