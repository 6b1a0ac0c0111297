/*
 * registry.c - the halves in transit, by id.
 */
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "channel.h"
#include "lock.h"

/* A power of two; ids are uniform, so their low bits choose the chain. */
#define CHAINS 256u

static rp_lock lock = RP_LOCK_INIT;
static rp_half *chains[CHAINS];
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

void
rp_registry_add(rp_half *half) {
  rp_lock_take(&lock);
  half->next = chains[half->id % CHAINS];
  chains[half->id % CHAINS] = half;
  size++;
  rp_lock_drop(&lock);
}

rp_half *
rp_registry_take(uint64_t id) {
  rp_half *half = NULL;

  rp_lock_take(&lock);
  for (rp_half **at = &chains[id % CHAINS]; *at != NULL; at = &(*at)->next) {
    if ((*at)->id != id) continue;
    half = *at;
    *at = half->next;
    half->next = NULL;
    size--;
    break;
  }
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
