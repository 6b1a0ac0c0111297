/*
 * scenarios-chain.c - the inbox grows, shrinks and is sealed while its consumer drains
 * it.
 */
#include "core/port/chain.h"
#include "model.h"

enum { BELL };

static rp_chain *chain;
static uint32_t received;
static bool sealed;

static void
setup(void) {
  chain = malloc(sizeof(*chain));
  rp_chain_init(chain);
  received = 0;
  sealed = false;
}

static void
claim(uint32_t number, uint32_t length) {
  uint8_t *payload;

  CHECK(rp_chain_claim(chain, number, length, &payload) == RP_OK);
  memset(payload, (int) number + 1, length);
}

static void
publish(void) {
  if (rp_chain_publish(chain)) model_ring(BELL);
}

static void
finish(void) {
  if (rp_chain_close(chain)) model_ring(BELL);
}

static void
read_to_seal(void) {
  rp_record record;
  int result;

  while ((result = rp_chain_peek(chain, &record)) != RP_CLOSED) {
    if (result == RP_EMPTY) {
      if (rp_chain_park(chain)) model_sleep(BELL);
      continue;
    }

    uint8_t bytes[128];

    CHECK(result == RP_OK && record.type == received && record.length <= sizeof(bytes));
    memcpy(bytes, record.payload, record.length);
    for (uint32_t i = 0; i < record.length; i++) CHECK(bytes[i] == received + 1);
    rp_chain_release(chain, rp_record_size(record.length), 1);
    received++;
  }
  sealed = true;
}

/* As read_to_seal(), counting what is queued before each record: this one at least. */
static void
count_to_seal(void) {
  rp_record record;
  int result;

  while ((result = rp_chain_peek(chain, &record)) != RP_CLOSED) {
    if (result == RP_EMPTY) {
      if (rp_chain_park(chain)) model_sleep(BELL);
      continue;
    }

    uint32_t queued = rp_chain_queued(chain);

    CHECK(result == RP_OK && record.type == received && queued >= 1 &&
          queued <= 2 - received);
    rp_chain_release(chain, rp_record_size(record.length), 1);
    received++;
  }
  sealed = true;
}

static void
check(uint32_t count) {
  CHECK(sealed && received == count && !model_rung(BELL));
  rp_chain_destroy(chain, NULL);
  free(chain);
  CHECK(model_blocks() == 0);
}

/* ---- each record needs a larger segment: 64, 128, 256; the spares on the way are freed
 * ---- */

static void
publish_larger(void) {
  for (uint32_t i = 0; i < 3; i++) {
    claim(i, (32u << i) - 8);
    publish();
  }
  finish();
}
static void
check_three(void) {
  check(3);
}
SCENARIO(chain_grow, "chain-grow", setup, {publish_larger, read_to_seal}, check_three,
         NULL, 3);

/* ---- the link takes the token of records that are not published yet ---- */

static void
publish_after_link(void) {
  claim(0, 24);
  claim(1, 24);
  claim(2, 24);
  publish();
  claim(3, 24);
  finish();
}
static void
check_four(void) {
  check(4);
}
SCENARIO(chain_link, "chain-link", setup, {publish_after_link, read_to_seal}, check_four,
         NULL, -1);

/* ---- the link takes the token, and close comes before any publish ---- */

static void
close_after_link(void) {
  claim(0, 24);
  claim(1, 24);
  finish();
}
static void
check_two(void) {
  check(2);
}
SCENARIO(chain_close, "chain-close", setup, {close_after_link, read_to_seal}, check_two,
         NULL, -1);

/* ---- what is queued ---- */

static void
publish_two(void) {
  for (uint32_t i = 0; i < 2; i++) {
    claim(i, 24);
    publish();
  }
  finish();
}
SCENARIO(chain_queued, "chain-queued", setup, {publish_two, count_to_seal}, check_two,
         NULL, 3);

/* ---- grown, then calm: back to a small segment, and the spare is freed or used ---- */

static void
grow_and_calm(void) {
  claim(0, 24);
  claim(1, 24);
  claim(2, 40);
  publish();
  for (uint32_t i = 3; i < 6; i++) {
    claim(i, 0);
    publish();
  }
  finish();
}
static void
check_six(void) {
  check(6);
}
SCENARIO(chain_shrink, "chain-shrink", setup, {grow_and_calm, read_to_seal}, check_six,
         NULL, 3);

/* ---- from now on each producer finds that it need not exchange, and its consumer parks
 * for the first time with a barrier ---- */

static void
setup_asymmetric(void) {
  rp_record record;

  setup();
  for (uint32_t i = 0; i < 2; i++) {
    claim(i, 0);
    (void) rp_chain_publish(chain);
    CHECK(rp_chain_peek(chain, &record) == RP_OK);
    rp_chain_release(chain, rp_record_size(0), 1);
    received++;
  }
  CHECK(model_raw(&chain->parking.asymmetric) == 1);
}
static void
link_two(void) {
  claim(2, 24);
  publish();
  claim(3, 24); /* in a second segment */
  publish();
  finish();
}
SCENARIO(chain_asymmetric, "chain-asymmetric", setup_asymmetric, {link_two, read_to_seal},
         check_four, NULL, 4);

/* ---- a consumer that reads without having been woken, as receiveMessageOnPort() does,
 * must not grant what it then sleeps on ---- */

static void
publish_three_at_once(void) {
  for (uint32_t i = 2; i < 5; i++) claim(i, 0);
  publish();
}
static void
park_and_poll(void) {
  rp_record record;

  while (received == 2 && rp_chain_peek(chain, &record) == RP_EMPTY) {
    if (!rp_chain_park(chain)) continue;
    for (uint32_t i = 0; i < 2 && rp_chain_peek(chain, &record) == RP_OK; i++) {
      rp_chain_release(chain, rp_record_size(0), 1);
      received++;
    }
    model_sleep(BELL);
  }
  while (received < 5) {
    CHECK(rp_chain_peek(chain, &record) == RP_OK);
    rp_chain_release(chain, rp_record_size(0), 1);
    received++;
  }
  sealed = true;
}
static void
check_five(void) {
  check(5);
}
SCENARIO(chain_polled, "chain-polled", setup_asymmetric,
         {publish_three_at_once, park_and_poll}, check_five, NULL, -1);
