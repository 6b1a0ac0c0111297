/*
 * Compares an inbox with a queue, for any sizes and any order of claim, publish, read,
 * park and close: records arrive once, in order and intact, the token is in one place,
 * and all memory of the chain is freed.
 */
#include "core/port/chain.h"

#include "input.h"

enum { QUEUE = 4096 };

typedef struct world {
  rp_chain chain;
  uint32_t lengths[QUEUE];
  uint32_t claimed, published, received;
  bool closed;
  bool parked; /* the token is in tail, or was taken by a claim that linked */
} world;

static uint32_t dropped;

static void
drop(const rp_record *record) {
  (void) record;
  dropped++;
}

/* Both ends of a payload say whose it is; the middle is ASan's. */
static void
fill(uint8_t *payload, uint32_t length, uint32_t number) {
  if (length == 0) return;
  payload[0] = (uint8_t) number;
  payload[length - 1] = (uint8_t) number;
}

static void
check(const world *w, uint32_t number, uint32_t length, uint32_t type,
      const uint8_t *payload) {
  CHECK(number < w->published);
  CHECK(length == w->lengths[number % QUEUE]);
  CHECK(type == number);
  if (length == 0) return;
  CHECK(payload[length - 1] == (uint8_t) number &&
        (length == 1 || payload[0] == (uint8_t) number));
}

static void
claim(world *w, uint32_t length) {
  uint8_t *payload;

  if (w->claimed - w->received == QUEUE) return;

  int result = rp_chain_claim(&w->chain, w->claimed, length, &payload);

  CHECK(result == (length > RP_CHAIN_PAYLOAD_MAX ? RP_ETOOBIG
                   : w->closed                   ? RP_CLOSED
                                                 : RP_OK));
  if (result != RP_OK) return;
  fill(payload, length, w->claimed);
  w->lengths[w->claimed++ % QUEUE] = length;
  /* Growing publishes what was claimed before. */
}

/* What a segment that was left behind has made visible may be read before its publish. */
static void
note_published(world *w) {
  uint32_t visible = rp_chain_queued(&w->chain) + w->received;

  CHECK(visible - w->published <= w->claimed - w->published);
  w->published = visible;
}

static void
publish(world *w, bool close) {
  bool wakeup_pending = close ? rp_chain_close(&w->chain) : rp_chain_publish(&w->chain);

  CHECK(wakeup_pending == (w->parked && !w->closed));
  if (!w->closed) w->parked = false;
  w->closed |= close;
  note_published(w);
  CHECK(w->published == w->claimed);
}

static void
park(world *w) {
  rp_record record;
  int result = rp_chain_peek(&w->chain, &record);

  note_published(w);
  if (w->parked) return; /* only who has the token may put it back */
  if (result == RP_EMPTY) {
    CHECK(w->received == w->published);
    w->parked = rp_chain_park(&w->chain);
    CHECK(w->parked);
  } else {
    CHECK(!rp_chain_park(&w->chain));
  }
}

static void
read_one(world *w) {
  rp_record record;
  int result = rp_chain_peek(&w->chain, &record);

  note_published(w);
  if (w->received == w->published) {
    CHECK(result == (w->closed ? RP_CLOSED : RP_EMPTY));
    return;
  }
  CHECK(result == RP_OK);
  check(w, w->received, record.length, record.type, record.payload);
  rp_chain_release(&w->chain, rp_record_size(record.length), 1);
  w->received++;
}

static void
read_run(world *w, uint32_t max_bytes, uint32_t max_count) {
  uint8_t *run;
  uint32_t bytes, count, header[2], at = 0;

  if (max_count == 0) max_count = 1;
  int result =
      rp_chain_peek_run(&w->chain, max_bytes, max_count, 0, &run, &bytes, &count);

  CHECK((result == RP_OK) == (count > 0));
  CHECK((result == RP_ETOOBIG) == (bytes > max_bytes));
  if (result != RP_OK) return;
  note_published(w);
  CHECK(bytes <= max_bytes && count <= max_count);
  for (uint32_t i = 0; i < count; i++) {
    memcpy(header, run + at, sizeof(header));
    check(w, w->received + i, header[0], header[1], run + at + RP_RECORD_HEADER);
    at += rp_record_size(header[0]);
  }
  CHECK(at == bytes);
  rp_chain_release(&w->chain, bytes, count);
  w->received += count;
}

static void
step(world *w, input *in) {
  switch (take_u8(in) % 9) {
    case 0:
      claim(w, take_size(in));
      break;
    case 1:
      claim(w, take_u32(in) % (RP_CHAIN_PAYLOAD_MAX + 9));
      break;
    case 2:
      publish(w, false);
      break;
    case 3:
      read_one(w);
      break;
    case 4:
      read_run(w, take_size(in), take_u8(in));
      break;
    case 5:
      park(w);
      break;
    case 6:
      if (rp_chain_unpark(&w->chain)) {
        CHECK(w->parked);
        w->parked = false;
      }
      break;
    case 7: /* a burst, one by one */
      for (uint32_t n = take_u8(in); n > 0; n--) {
        claim(w, n);
        publish(w, false);
      }
      break;
    default:
      if (take_u8(in) == 255) publish(w, true);
  }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  input in = {bytes, size};
  static world w;

  memset(&w, 0, sizeof(w));
  rp_chain_init(&w.chain);
  while (in.left > 0) step(&w, &in);
  publish(&w, false);
  dropped = 0;
  rp_chain_destroy(&w.chain, drop);
  CHECK(dropped == w.published - w.received);
  return 0;
}
