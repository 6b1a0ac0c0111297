/*
 * Tens of thousands of endpoints in transit: each is found once, also if allocations
 * fail, and the table is freed with the last of them.
 *
 * link: -Wl,--wrap=malloc,--wrap=aligned_alloc,--wrap=calloc,--wrap=free
 */
#include "support.h"

#include "count-malloc.h"
#include "core/port/transfer_registry.h"

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *
__wrap_calloc(size_t count, size_t size) {
  return fails_now() ? NULL : counting(__real_calloc(count, size));
}

enum { ENDPOINTS = ROUNDS(40000, 10000) };

static rp_endpoint *endpoints;
static uint32_t *order;

static void
shuffle(rng *r) {
  for (uint32_t i = 0; i < ENDPOINTS; i++) {
    uint32_t other = random_below(r, i + 1);

    order[i] = order[other];
    order[other] = i;
  }
}

static void
add_all(void) {
  for (uint32_t i = 0; i < ENDPOINTS; i++) {
    endpoints[i].id = rp_transfer_new_id();
    rp_transfer_add(&endpoints[i]);
    assert(rp_transfer_count() == i + 1);
  }
}

static void
take(uint32_t i) {
  assert(rp_transfer_take(endpoints[i].id) == &endpoints[i]);
  assert(rp_transfer_take(endpoints[i].id) == NULL);
}

static void
each_is_found_once(rng *r) {
  add_all();
  shuffle(r);
  for (uint32_t i = 0; i < ENDPOINTS; i++) take(order[i]);
  assert(rp_transfer_count() == 0);
}

/* It never empties, so it never shrinks, and what comes and goes is found. */
static void
while_others_come_and_go(rng *r) {
  add_all();
  for (uint32_t i = 0; i < ENDPOINTS; i++) {
    uint32_t one = random_below(r, ENDPOINTS);

    take(one);
    endpoints[one].id = rp_transfer_new_id();
    rp_transfer_add(&endpoints[one]);
  }
  for (uint32_t i = 0; i < ENDPOINTS; i++) take(i);
}

/* A table that cannot grow is slow and right; it grows with the next endpoint for which
 * there is memory. */
static void
without_memory(void) {
  for (long n = 1; n <= 4; n++) {
    fail_malloc(n);
    add_all();
    for (uint32_t i = ENDPOINTS; i-- > 0;) take(i);
  }
  fail_malloc(0);
}

int
main(void) {
  rng r = {seed()};

  endpoints = __real_calloc(ENDPOINTS, sizeof(*endpoints));
  order = __real_calloc(ENDPOINTS, sizeof(*order));
  assert(endpoints != NULL && order != NULL);
  count_from_here();
  each_is_found_once(&r);
  /* A table of 2^n chains, for four times as many endpoints. */
  assert(mallocs() >= 4 && mallocs() < 32 && blocks_live() == 0);
  while_others_come_and_go(&r);
  assert(blocks_live() == 0);
  without_memory();
  assert(blocks_live() == 0);
  __real_free(endpoints);
  __real_free(order);
  return 0;
}
