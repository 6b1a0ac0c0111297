/*
 * registry.c - the halves in transit, by id.
 *
 * A table of chains, which doubles when they become long and goes back to the one that is always there
 * when the last half has left.
 */
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "channel.h"
#include "lock.h"

/* A power of two; ids are uniform, so their low bits choose the chain. */
#define CHAINS 256u
/* Halves to a chain, on average, before there are twice as many chains. */
#define LONG 4u

static rp_lock lock = RP_LOCK_INIT;
static rp_half *first_chains[CHAINS];
static rp_half **chains = first_chains;
static size_t chain_count = CHAINS;
static size_t size;
static uint64_t key[2]; /* {0, 0}: not yet made */
static uint64_t counter;

static void
make_key(void) {
  FILE *random = fopen("/dev/urandom", "rb");
  size_t got = random ? fread(key, sizeof(key), 1, random) : 0;

  if (random) (void) fclose(random);
  if (got == 1) return;
  /* No such device: time and an address of this run, weaker but still not a constant. */
  key[0] = (uint64_t) time(NULL) * 0x9E3779B97F4A7C15u;
  key[1] = (uint64_t) clock() ^ (uint64_t) (uintptr_t) &key ^ 1u;
}

/* One block of SipHash-1-3 over the counter: keyed, so an id tells nothing about the next. */
static uint64_t
mix(uint64_t m) {
#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
  uint64_t v0 = key[0] ^ 0x736F6D6570736575u;
  uint64_t v1 = key[1] ^ 0x646F72616E646F6Du;
  uint64_t v2 = key[0] ^ 0x6C7967656E657261u;
  uint64_t v3 = (key[1] ^ 0x7465646279746573u) ^ m;

  for (int i = 0; i < 4; i++) {
    v0 += v1, v1 = ROTATE(v1, 13), v1 ^= v0, v0 = ROTATE(v0, 32);
    v2 += v3, v3 = ROTATE(v3, 16), v3 ^= v2;
    v0 += v3, v3 = ROTATE(v3, 21), v3 ^= v0;
    v2 += v1, v1 = ROTATE(v1, 17), v1 ^= v2, v2 = ROTATE(v2, 32);
    if (i == 0) v0 ^= m, v2 ^= 0xFF;
  }
  return v0 ^ v1 ^ v2 ^ v3;
#undef ROTATE
}

uint64_t
rp_registry_new_id(void) {
  uint64_t id;

  rp_lock_take(&lock);
  if (key[0] == 0 && key[1] == 0) make_key();
  do id = mix(++counter);
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
