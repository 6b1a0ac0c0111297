/*
 * scenarios-handle.c - handles of shared rings that park, wait, wake others, close and
 * end.
 */
#include "model.h"
#include "core/ring/handle.h"

enum { BELLS = 4 };

static const int bells[BELLS] = {0, 1, 2, 3};
static void *memory;
static size_t size;
static rp_ring_handle *producer[2], *consumer[2];
static int received, accepted;
static bool ended;

static void
wake(void *context) {
  model_ring(*(const int *) context);
}

/* Bells: 0 and 1 of the producers, 2 and 3 of the consumers. */
static rp_ring_handle *
open_handle(rp_role role, int number) {
  rp_ring_handle *handle = NULL;

  CHECK(rp_ring_open(&handle, memory, size, role, wake,
                     (void *) (uintptr_t) &bells[role * 2 + number]) == RP_OK);
  return handle;
}

static void
make(rp_mode mode, uint32_t capacity, uint32_t slot, int producers, int consumers) {
  size = rp_shared_size(mode, capacity, slot);
  memory = malloc(size);
  memset(memory, 0, size);
  CHECK(rp_shared_format(memory, size, mode, capacity, slot) == RP_OK);
  for (int i = 0; i < 2; i++) {
    producer[i] = i < producers ? open_handle(RP_PRODUCER, i) : NULL;
    consumer[i] = i < consumers ? open_handle(RP_CONSUMER, i) : NULL;
  }
  received = 0;
  accepted = 0;
  ended = false;
}

static void
check_gone(void) {
  for (int i = 0; i < 2; i++) {
    if (producer[i] != NULL) rp_ring_end(producer[i]);
    if (consumer[i] != NULL) rp_ring_end(consumer[i]);
  }
  free(memory);
  CHECK(model_blocks() == 0);
}

/* Write one record, asleep while there is no room. */
static void
put(int who, uint32_t length) {
  static const uint8_t bytes[32];
  int result;

  while ((result = rp_ring_write(producer[who], 1, bytes, length)) == RP_FULL)
    if (rp_ring_park(producer[who], length) != RP_OK) model_sleep(who);
  if (result == RP_ECLOSED) return;
  CHECK(result == RP_OK);
  accepted++;
}

/* Read one record, asleep while there is none. False: the end. */
static bool
get(int who) {
  rp_record record;
  int result;

  while ((result = rp_ring_peek(consumer[who], &record)) == RP_EMPTY)
    if (rp_ring_park(consumer[who], 0) != RP_OK) model_sleep(2 + who);
  if (result == RP_CLOSED) return false;
  CHECK(result == RP_OK);
  rp_ring_advance(consumer[who], &record);
  rp_ring_release(consumer[who]);
  received++;
  return true;
}

static void
check_all(void) {
  CHECK(received == accepted);
  check_gone();
}

static void
put_one_0(void) {
  put(0, 8);
}
static void
put_one_1(void) {
  put(1, 8);
}
static void
put_two_0(void) {
  put(0, 8);
  put(0, 8);
}
static void
get_one_0(void) {
  CHECK(get(0));
}
static void
get_one_1(void) {
  CHECK(get(1));
}
static void
get_two_0(void) {
  CHECK(get(0) && get(0));
}

/* ---- spsc: for data, for room ---- */

static void
setup_spsc(void) {
  make(RP_SPSC, 64, 0, 1, 1);
}
static void
put_three_large(void) {
  for (int i = 0; i < 3; i++) put(0, 24);
}
static void
get_three(void) {
  for (int i = 0; i < 3; i++) CHECK(get(0));
}
SCENARIO(handle_spsc, "handle-spsc", setup_spsc, {put_three_large, get_three}, check_all,
         NULL, 3);

/* ---- the same, with a blocking wait ---- */

static void
wait_and_get_two(void) {
  rp_record record;
  int result;

  for (int i = 0; i < 2; i++) {
    while ((result = rp_ring_peek(consumer[0], &record)) == RP_EMPTY)
      CHECK(rp_ring_wait(consumer[0], 0, 1) == RP_OK);
    CHECK(result == RP_OK);
    rp_ring_advance(consumer[0], &record);
    received++;
  }
}
SCENARIO(handle_wait, "handle-wait", setup_spsc, {put_two_0, wait_and_get_two}, check_all,
         NULL, 3);

/* ---- mpsc: two producers wait for room that the consumer gives back at once ---- */

static void
setup_mpsc_full(void) {
  static const uint8_t bytes[24];

  make(RP_MPSC, 64, 0, 2, 1);
  for (int i = 0; i < 2; i++)
    CHECK(rp_ring_write(producer[i], 1, bytes, sizeof(bytes)) == RP_OK);
}
static void
put_large_0(void) {
  put(0, 24);
}
static void
put_large_1(void) {
  put(1, 24);
}
static void
release_all_at_once(void) {
  rp_record records[2];
  uint32_t taken;

  CHECK(rp_ring_take(consumer[0], records, 2, &taken) == RP_OK && taken == 2);
  rp_ring_release(consumer[0]);
}
static void
check_both_accepted(void) {
  CHECK(accepted == 2);
  check_gone();
}
SCENARIO(handle_room, "handle-room", setup_mpsc_full,
         {put_large_0, put_large_1, release_all_at_once}, check_both_accepted, NULL, 2);

/* ---- mpsc: an open claim of a producer that ends, before the record of another ---- */

static void
setup_claim_open(void) {
  uint8_t *payload;

  make(RP_MPSC, 64, 0, 2, 1);
  CHECK(rp_ring_claim(producer[0], 1, 8, &payload) == RP_OK);
}
static void
end_producer_0(void) {
  rp_ring_end(producer[0]);
  producer[0] = NULL;
}
SCENARIO(handle_end, "handle-end", setup_claim_open,
         {end_producer_0, put_one_1, get_one_0}, check_all, NULL, 2);

/* ---- mpmc: two records, two consumers that each take one ---- */

static void
setup_mpmc(void) {
  make(RP_MPMC, 2, 8, 2, 2);
}
SCENARIO(handle_mpmc, "handle-mpmc", setup_mpmc,
         {put_one_0, put_one_1, get_one_0, get_one_1}, check_all, NULL, 1);
SCENARIO(handle_mpmc_two, "handle-mpmc-two", setup_mpmc,
         {put_two_0, get_one_0, get_one_1}, check_all, NULL, 2);

/* Two records at once: both are woken. */
static void
put_two_at_once(void) {
  static const uint8_t bytes[16];
  uint32_t written;

  CHECK(rp_ring_write_many(producer[0], 1, bytes, (const uint32_t[]){8, 8}, 2,
                           &written) == RP_OK);
  accepted += 2;
}
SCENARIO(handle_mpmc_batch, "handle-mpmc-batch", setup_mpmc,
         {put_two_at_once, get_one_0, get_one_1}, check_all, NULL, 2);

/* The first record comes last: who is woken for the second finds nothing and sleeps
 * again. */
static void
setup_mpmc_claim_open(void) {
  uint8_t *payload;

  make(RP_MPMC, 2, 8, 2, 2);
  CHECK(rp_ring_claim(producer[0], 1, 8, &payload) == RP_OK);
}
static void
commit_0(void) {
  CHECK(rp_ring_commit(producer[0], 8) == RP_OK);
  rp_ring_publish(producer[0]);
  accepted++;
}
SCENARIO(handle_mpmc_late, "handle-mpmc-late", setup_mpmc_claim_open,
         {commit_0, put_one_1, get_one_0, get_one_1}, check_all, NULL, 1);

/* Room for two, after both wanted it; what is written last stays. */
static void
setup_mpmc_full(void) {
  static const uint8_t bytes[8];

  make(RP_MPMC, 2, 8, 2, 2);
  for (int i = 0; i < 2; i++) CHECK(rp_ring_write(producer[i], 1, bytes, 8) == RP_OK);
  accepted = 2;
}
static void
check_four_accepted(void) {
  CHECK(accepted == 4 && received == 2);
  check_gone();
}
SCENARIO(handle_mpmc_room, "handle-mpmc-room", setup_mpmc_full,
         {put_one_0, put_one_1, get_two_0}, check_four_accepted, NULL, 2);

/* One that was woken gives up waiting, or ends. */
static void
park_and_give_up(void) {
  if (rp_ring_park(consumer[0], 0) == RP_OK) return;
  if (!rp_ring_unpark(consumer[0])) model_sleep(2);
}
static void
park_and_end(void) {
  (void) rp_ring_park(consumer[0], 0);
  rp_ring_end(consumer[0]);
  consumer[0] = NULL;
}
SCENARIO(handle_unpark, "handle-unpark", setup_mpmc,
         {put_one_0, park_and_give_up, get_one_1}, check_all, NULL, 3);
SCENARIO(handle_leave, "handle-leave", setup_mpmc, {put_one_0, park_and_end, get_one_1},
         check_all, NULL, 3);

static void
check_not_rung(void) {
  CHECK(!model_rung(2));
  check_gone();
}
SCENARIO(handle_leave_alone, "handle-leave-alone", setup_mpmc, {park_and_end},
         check_not_rung, NULL, -1);

/* ---- closed while others write and read ---- */

static void
check_ended(void) {
  CHECK(ended);
  check_all();
}
static void
close_ring(void) {
  CHECK(rp_shared_close(memory, size) == RP_OK);
}
static void
get_to_end(void) {
  while (get(0)) {}
  ended = true;
}
static void
setup_mpsc(void) {
  make(RP_MPSC, 64, 0, 2, 1);
}
SCENARIO(handle_close_mpsc, "handle-close-mpsc", setup_mpsc,
         {put_two_0, close_ring, get_to_end}, check_ended, NULL, 2);
SCENARIO(handle_close_mpmc, "handle-close-mpmc", setup_mpmc,
         {put_two_0, close_ring, get_to_end}, check_ended, NULL, 2);
static void
put_and_close(void) {
  put(0, 8);
  CHECK(rp_shared_close(memory, size) == RP_OK);
}
SCENARIO(handle_close_spsc, "handle-close-spsc", setup_spsc, {put_and_close, get_to_end},
         check_ended, NULL, -1);

/* ---- handles come and go: one of a role, and the last one frees the wait queue ---- */

static void
setup_nobody(void) {
  make(RP_SPSC, 64, 0, 0, 0);
}
static void
come_and_go(void) {
  rp_ring_handle *handle = NULL;
  int result = rp_ring_open(&handle, memory, size, RP_PRODUCER, NULL, NULL);

  CHECK(result == RP_OK || result == RP_EBUSY);
  if (result != RP_OK) return;
  CHECK(rp_ring_count(handle, RP_PRODUCER) == 1);
  CHECK(rp_ring_write(handle, 1, "12345678", 8) == RP_OK);
  rp_ring_end(handle);
}
SCENARIO(handle_join, "handle-join", setup_nobody, {come_and_go, come_and_go}, check_gone,
         NULL, -1);
