/*
 * scenarios-shared.c - the shared rings of each mode: claim, commit, abort, seal, drain,
 * and the words of sleepers. Sleeping is simplified; scenarios-handle.c has the real wait
 * queue.
 */
#include "model.h"
#include "core/ring/mpmc.h"
#include "core/ring/mpsc.h"
#include "core/ring/spsc.h"

enum { DATA_BELL, ROOM_BELL, OTHER_BELL };

static rp_shared ring;
static int received;
static int accepted[2];
static uint32_t next[2]; /* per producer */
static rp_spsc_producer spsc_producer;
static rp_spsc_consumer spsc_consumer;
static rp_mpsc_producer mpsc_producer[2];
static rp_mpsc_consumer mpsc_consumer;
static rp_mpmc_producer mpmc_producer[2];
static rp_mpmc_consumer mpmc_consumer[2];

static void
make(rp_mode mode, uint32_t capacity, uint32_t slot, uint64_t position) {
  size_t size = rp_shared_size(mode, capacity, slot);
  void *memory = malloc(size);

  memset(memory, 0, size);
  CHECK(rp_shared_format(memory, size, mode, capacity, slot) == RP_OK);
  CHECK(rp_shared_map(&ring, memory, size) == RP_OK);
  if (mode == RP_SPSC) {
    rp_store_relaxed(&ring.words->tail.word, (uint32_t) position);
    rp_store_relaxed(&ring.words->head.word, (uint32_t) position);
  } else {
    rp_store_relaxed(&ring.words->tail.wide, position);
    rp_store_relaxed(&ring.words->head.wide, position);
  }
  rp_spsc_producer_init(&spsc_producer, &ring);
  rp_spsc_consumer_init(&spsc_consumer, &ring);
  rp_mpsc_consumer_init(&mpsc_consumer, &ring);
  for (int i = 0; i < 2; i++) {
    rp_mpsc_producer_init(&mpsc_producer[i], &ring);
    rp_mpmc_producer_init(&mpmc_producer[i], &ring);
    rp_mpmc_consumer_init(&mpmc_consumer[i], &ring);
    next[i] = 0;
    accepted[i] = 0;
  }
  received = 0;
}

static void
check_gone(void) {
  free(ring.words);
  CHECK(model_blocks() == 0);
}

/* One that sleeps for each word: it is set by the sleeper and taken by who rings. */
static void
ring_if(bool wanted, rp_word *word, int bell) {
  if (wanted && rp_exchange(word, 0) == 1) model_ring(bell);
}

static void
say_wanted(rp_word *word) {
  rp_store_seq(word, 1);
}

/* Take back that somebody sleeps; if it was taken, a ring is on its way. */
static void
not_wanted(rp_word *word, int bell) {
  if (rp_exchange(word, 0) == 0) model_sleep(bell);
}

/* After say_wanted() and a look: sleep if it has found nothing. */
static void
sleep_unless(bool found, rp_word *wanted, int bell) {
  if (found)
    not_wanted(wanted, bell);
  else
    model_sleep(bell);
}

static void
write_number(uint8_t *payload, int producer, uint32_t number) {
  uint32_t value[2] = {(uint32_t) producer, number};

  memcpy(payload, value, sizeof(value));
}

static void
check_number(const rp_record *record, bool in_order) {
  uint32_t value[2];

  CHECK(record->length >= sizeof(value) && record->type == 1);
  memcpy(value, record->payload, sizeof(value));
  CHECK(value[0] < 2 && (!in_order || value[1] == next[value[0]]));
  next[value[0]]++;
  received++;
}

/* ---- spsc: both sides sleep; half a ring of a record, so that the producer waits, too
 * ---- */

static void
setup_spsc(void) {
  make(RP_SPSC, 64, 0, 0u - 40u);
}
static void
spsc_write_three(void) {
  rp_word *wanted = &ring.words->room_wanted;
  uint8_t *payload;
  int result;

  for (uint32_t i = 0; i < 3; i++) {
    while ((result = rp_spsc_claim(&spsc_producer, 24, &payload)) == RP_FULL) {
      say_wanted(wanted);
      sleep_unless(rp_spsc_writable(&ring, 24), wanted, ROOM_BELL);
    }
    CHECK(result == RP_OK);
    write_number(payload, 0, i);
    rp_spsc_commit(&spsc_producer, 1, 24);
    ring_if(rp_spsc_publish(&spsc_producer), &ring.words->data_wanted, DATA_BELL);
  }
}
static void
spsc_read(int count) {
  rp_word *wanted = &ring.words->data_wanted;
  rp_record record;
  int result;

  while (received < count) {
    result = rp_spsc_peek(&spsc_consumer, &record);
    if (result == RP_CLOSED) return;
    if (result == RP_EMPTY) {
      say_wanted(wanted);
      sleep_unless(rp_spsc_readable(&spsc_consumer), wanted, DATA_BELL);
      continue;
    }
    CHECK(result == RP_OK);
    check_number(&record, true);
    rp_spsc_advance(&spsc_consumer, &record);
    ring_if(rp_spsc_release(&spsc_consumer), &ring.words->room_wanted, ROOM_BELL);
  }
}
static void
spsc_read_three(void) {
  spsc_read(3);
}
static void
check_three(void) {
  CHECK(received == 3);
  check_gone();
}
SCENARIO(spsc_sleep, "spsc-sleep", setup_spsc, {spsc_write_three, spsc_read_three},
         check_three, NULL, 4);

/* ---- spsc: closed by the producer, behind its last record ---- */

static void
spsc_write_and_close(void) {
  uint8_t *payload;

  CHECK(rp_spsc_claim(&spsc_producer, 8, &payload) == RP_OK);
  write_number(payload, 0, 0);
  rp_spsc_commit(&spsc_producer, 1, 8);
  ring_if(rp_spsc_publish(&spsc_producer), &ring.words->data_wanted, DATA_BELL);
  (void) rp_fetch_or(&ring.words->state, RP_STATE_CLOSED);
}
static void
spsc_read_to_end(void) {
  rp_record record;
  int result;

  for (int i = 0; i < 3; i++) {
    result = rp_spsc_peek(&spsc_consumer, &record);
    if (result == RP_CLOSED) {
      CHECK(received == 1);
      return;
    }
    if (result != RP_OK) continue;
    check_number(&record, true);
    rp_spsc_advance(&spsc_consumer, &record);
  }
}
SCENARIO(spsc_close, "spsc-close", setup_spsc, {spsc_write_and_close, spsc_read_to_end},
         check_gone, NULL, -1);

/* ---- mpsc: two producers, one of which writes two and publishes once, over the end
 * ---- */

static void
setup_mpsc(void) {
  make(RP_MPSC, 64, 0, (1ull << 32) - 40);
}
static void
mpsc_publish(int who) {
  ring_if(rp_mpsc_publish(&mpsc_producer[who]), &ring.words->data_wanted, DATA_BELL);
}
/* Without waiting for room. @returns whether there was a claim */
static bool
mpsc_put(int who, uint32_t length) {
  uint8_t *payload;
  int result = rp_mpsc_claim(&mpsc_producer[who], length, &payload);

  if (result == RP_ECLOSED) return false;
  CHECK(result == RP_OK);
  write_number(payload, who, (uint32_t) accepted[who]++);
  rp_mpsc_commit(&mpsc_producer[who], length, 1, 8);
  return true;
}
static void
mpsc_write_two_at_once(void) {
  CHECK(mpsc_put(0, 8) && mpsc_put(0, 8));
  mpsc_publish(0);
}
static void
mpsc_write_one(void) {
  (void) mpsc_put(1, 8);
  mpsc_publish(1);
}
static void
mpsc_read(int count) {
  rp_word *wanted = &ring.words->data_wanted;
  rp_record record;
  int result;

  while (received < count) {
    result = rp_mpsc_peek(&mpsc_consumer, &record);
    if (result == RP_CLOSED) return;
    if (result == RP_EMPTY) {
      ring_if(rp_mpsc_release(&mpsc_consumer), &ring.words->room_wanted, ROOM_BELL);
      say_wanted(wanted);
      sleep_unless(rp_mpsc_readable(&mpsc_consumer), wanted, DATA_BELL);
      continue;
    }
    CHECK(result == RP_OK);
    check_number(&record, true);
    rp_mpsc_advance(&mpsc_consumer, &record);
  }
  ring_if(rp_mpsc_release(&mpsc_consumer), &ring.words->room_wanted, ROOM_BELL);
}
static void
mpsc_read_three(void) {
  mpsc_read(3);
}
SCENARIO(mpsc_two, "mpsc-two", setup_mpsc,
         {mpsc_write_two_at_once, mpsc_write_one, mpsc_read_three}, check_three, NULL, 3);

/* ---- mpsc: one claim is given up (or made shorter) before that of another ---- */

static void
mpsc_give_up(void) {
  uint8_t *payload;

  CHECK(rp_mpsc_claim(&mpsc_producer[0], 8, &payload) == RP_OK);
  rp_mpsc_commit(&mpsc_producer[0], 8, RP_PADDING, 8);
  mpsc_publish(0);
}
static void
mpsc_write_shorter(void) {
  CHECK(mpsc_put(1, 24) && mpsc_put(1, 8));
  mpsc_publish(1);
}
static void
mpsc_read_two(void) {
  mpsc_read(2);
}
static void
check_two(void) {
  CHECK(received == 2);
  check_gone();
}
static void
setup_mpsc_empty(void) {
  make(RP_MPSC, 64, 0, 0);
}
SCENARIO(mpsc_give_up_, "mpsc-give-up", setup_mpsc_empty,
         {mpsc_give_up, mpsc_write_shorter, mpsc_read_two}, check_two, NULL, 3);

/* ---- mpsc: the producer goes round and waits for what has been read and cleared ---- */

static void
mpsc_write_three(void) {
  rp_word *wanted = &ring.words->room_wanted;
  uint8_t *payload;
  int result;

  for (uint32_t i = 0; i < 3; i++) {
    while ((result = rp_mpsc_claim(&mpsc_producer[0], 24, &payload)) == RP_FULL) {
      say_wanted(wanted);
      sleep_unless(rp_mpsc_writable(&ring, 24), wanted, ROOM_BELL);
    }
    CHECK(result == RP_OK);
    write_number(payload, 0, i);
    rp_mpsc_commit(&mpsc_producer[0], 24, 1, 24);
    mpsc_publish(0);
  }
}
SCENARIO(mpsc_full, "mpsc-full", setup_mpsc_empty, {mpsc_write_three, mpsc_read_three},
         check_three, NULL, 2);

/* ---- mpsc: head moves past where a producer has seen tail: full, perhaps, never corrupt
 * ---- */

static void
setup_mpsc_full(void) {
  make(RP_MPSC, 64, 0, 0);
  for (int i = 0; i < 4; i++) CHECK(mpsc_put(0, 8));
  mpsc_publish(0);
}
static void
mpsc_try(int who) {
  uint8_t *payload;
  int result = rp_mpsc_claim(&mpsc_producer[who], 8, &payload);

  CHECK(result == RP_OK || result == RP_FULL);
  if (result != RP_OK) return;
  write_number(payload, who, (uint32_t) accepted[who]++);
  rp_mpsc_commit(&mpsc_producer[who], 8, 1, 8);
  mpsc_publish(who);
}
static void
mpsc_try_two_0(void) {
  mpsc_try(0);
  mpsc_try(0);
}
static void
mpsc_try_1(void) {
  mpsc_try(1);
}
/* One by one, with no more sleep than the word needs. */
static void
mpsc_read_four_and_more(void) {
  rp_record record;

  for (int i = 0; i < 6; i++) {
    int result = rp_mpsc_peek(&mpsc_consumer, &record);

    CHECK(result == RP_OK || result == RP_EMPTY);
    if (result == RP_EMPTY) return;
    check_number(&record, true);
    rp_mpsc_advance(&mpsc_consumer, &record);
    if (i % 2 == 1) (void) rp_mpsc_release(&mpsc_consumer);
  }
}
SCENARIO(mpsc_race, "mpsc-race", setup_mpsc_full,
         {mpsc_try_two_0, mpsc_try_1, mpsc_read_four_and_more}, check_gone, NULL, 2);

/* ---- mpsc: a full ring, read and not yet released ---- */

static void
mpsc_read_without_release(void) {
  rp_record record;

  for (int i = 0; i < 4; i++) {
    CHECK(rp_mpsc_peek(&mpsc_consumer, &record) == RP_OK);
    check_number(&record, true);
    rp_mpsc_advance(&mpsc_consumer, &record);
  }
  CHECK(rp_mpsc_peek(&mpsc_consumer, &record) == RP_EMPTY);
}
SCENARIO(mpsc_again, "mpsc-again", setup_mpsc_full,
         {mpsc_read_without_release, mpsc_try_1}, check_gone, NULL, -1);

/* ---- mpsc: sealed while two write: what was accepted arrives before the end ---- */

static void
mpsc_write_until_sealed(void) {
  if (mpsc_put(0, 8)) mpsc_publish(0);
  if (mpsc_put(0, 8)) mpsc_publish(0);
}
static void
mpsc_seal(void) {
  (void) rp_fetch_or(&ring.words->tail.wide, (uint64_t) RP_TAIL_CLOSED);
  ring_if(rp_load_seq(&ring.words->data_wanted) == 1, &ring.words->data_wanted,
          DATA_BELL);
}
static void
mpsc_read_to_seal(void) {
  mpsc_read(100);
}
static void
check_accepted(void) {
  CHECK(received == accepted[0] + accepted[1]);
  check_gone();
}
SCENARIO(mpsc_seal_, "mpsc-seal", setup_mpsc_empty,
         {mpsc_write_until_sealed, mpsc_seal, mpsc_read_to_seal}, check_accepted, NULL,
         3);

/* ---- mpmc: two on either side, without sleep: nothing twice, nothing lost ---- */

static void
setup_mpmc(void) {
  make(RP_MPMC, 2, 8, 0);
}
static bool
mpmc_put(int who) {
  uint8_t *payload;
  int result = rp_mpmc_claim(&mpmc_producer[who], 8, &payload);

  if (result == RP_ECLOSED || result == RP_FULL) return false;
  CHECK(result == RP_OK);
  write_number(payload, who, (uint32_t) accepted[who]++);
  rp_mpmc_commit(&mpmc_producer[who], 1, 8);
  ring_if(rp_mpmc_publish(&mpmc_producer[who]), &ring.words->data_wanted, DATA_BELL);
  return true;
}
/* @returns what there was, before it is released */
static int
mpmc_get(int who, uint32_t limit) {
  rp_record record;
  int result = rp_mpmc_take(&mpmc_consumer[who], limit);

  if (result != RP_OK) return result;
  while (rp_mpmc_peek(&mpmc_consumer[who], &record) == RP_OK) {
    uint32_t value[2];

    memcpy(value, record.payload, sizeof(value));
    CHECK(value[0] < 2 && record.length == 8 && record.type == 1);
    rp_mpmc_advance(&mpmc_consumer[who]);
    accepted[value[0]]--;
  }
  ring_if(rp_mpmc_release(&mpmc_consumer[who]), &ring.words->room_wanted, ROOM_BELL);
  return RP_OK;
}
static void
mpmc_put_two_0(void) {
  for (int i = 0; i < 2; i++) (void) mpmc_put(0);
}
static void
mpmc_put_two_1(void) {
  for (int i = 0; i < 2; i++) (void) mpmc_put(1);
}
static void
mpmc_get_two_0(void) {
  for (int i = 0; i < 2; i++) CHECK(mpmc_get(0, 1) != RP_ECORRUPT);
}
static void
mpmc_get_many_1(void) {
  CHECK(mpmc_get(1, 2) != RP_ECORRUPT);
}
static void
check_nothing_left(void) {
  while (mpmc_get(0, 2) == RP_OK) {}
  CHECK(accepted[0] == 0 && accepted[1] == 0);
  check_gone();
}
SCENARIO(mpmc_two, "mpmc-two", setup_mpmc,
         {mpmc_put_two_0, mpmc_put_two_1, mpmc_get_two_0}, check_nothing_left, NULL, 2);
SCENARIO(mpmc_four, "mpmc-four", setup_mpmc,
         {mpmc_put_two_0, mpmc_put_two_1, mpmc_get_two_0, mpmc_get_many_1},
         check_nothing_left, NULL, 1);

/* ---- mpmc: sleep for data, sleep for room ---- */

static void
mpmc_write_three(void) {
  rp_word *wanted = &ring.words->room_wanted;

  for (int i = 0; i < 3; i++)
    while (!mpmc_put(0)) {
      say_wanted(wanted);
      sleep_unless(rp_mpmc_writable(&ring), wanted, ROOM_BELL);
    }
}
static void
mpmc_read(int count) {
  rp_word *wanted = &ring.words->data_wanted;

  while (received < count) {
    int result = mpmc_get(0, 1);

    if (result == RP_CLOSED) return;
    if (result == RP_OK) {
      received++;
      continue;
    }
    CHECK(result == RP_EMPTY);
    say_wanted(wanted);
    sleep_unless(rp_mpmc_readable(&ring), wanted, DATA_BELL);
  }
}
static void
mpmc_read_three(void) {
  mpmc_read(3);
}
SCENARIO(mpmc_sleep, "mpmc-sleep", setup_mpmc, {mpmc_write_three, mpmc_read_three},
         check_three, NULL, 3);

/* ---- mpmc: two records published at once, two slots given back at once ---- */

static void
mpmc_write_pairs(void) {
  rp_word *wanted = &ring.words->room_wanted;
  uint8_t *payload;

  for (int i = 0; i < 4; i++) {
    while (rp_mpmc_claim(&mpmc_producer[0], 8, &payload) == RP_FULL) {
      ring_if(rp_mpmc_publish(&mpmc_producer[0]), &ring.words->data_wanted, DATA_BELL);
      say_wanted(wanted);
      sleep_unless(rp_mpmc_writable(&ring), wanted, ROOM_BELL);
    }
    write_number(payload, 0, (uint32_t) accepted[0]++);
    rp_mpmc_commit(&mpmc_producer[0], 1, 8);
  }
  ring_if(rp_mpmc_publish(&mpmc_producer[0]), &ring.words->data_wanted, DATA_BELL);
}
static void
mpmc_read_pairs(void) {
  rp_word *wanted = &ring.words->data_wanted;

  for (;;) {
    if (mpmc_get(0, 2) == RP_OK) continue;
    if (accepted[1]-- < -4) return; /* as many looks as it takes */
    say_wanted(wanted);
    sleep_unless(rp_mpmc_readable(&ring), wanted, DATA_BELL);
  }
}
static void
check_pairs(void) {
  CHECK(accepted[0] == 0);
  check_gone();
}
SCENARIO(mpmc_batch, "mpmc-batch", setup_mpmc, {mpmc_write_pairs, mpmc_read_pairs},
         check_pairs, NULL, 3);

/* ---- mpmc: sealed while one writes ---- */

static void
mpmc_read_to_seal(void) {
  mpmc_read(100);
}
static void
check_sealed(void) {
  CHECK(accepted[0] == 0);
  check_gone();
}
SCENARIO(mpmc_seal, "mpmc-seal", setup_mpmc,
         {mpmc_put_two_0, mpsc_seal, mpmc_read_to_seal}, check_sealed, NULL, 3);
