/*
 * segment_ring.c - single producer, single consumer ring of records.
 *
 * The producer owns tail and the consumer owns head. Each keeps a copy of the other's
 * position and refreshes it only when it must. A word that the other side writes is read
 * once into a local, checked, then used.
 */
#include "core/port/segment_ring.h"

#include <assert.h>
#include <string.h>

/* A record header as one 8-byte word, so that both halves come from one read. */
typedef struct header {
  uint32_t length;
  uint32_t type;
} header;

_Static_assert(sizeof(header) == RP_RECORD_HEADER, "a header is 8 bytes");

/* Bytes between two free-running positions. */
static inline uint32_t
used(uint32_t from, uint32_t to) {
  return to - from;
}

static inline uint32_t
room(const rp_segment_producer *p) {
  return p->capacity - used(p->released, p->position);
}

static inline void
write_header(uint8_t *at, uint32_t length, uint32_t type) {
  header h = {length, type};

  memcpy(at, &h, sizeof(h));
}

static void
check_side(uint32_t capacity) {
  assert(capacity == 0 || (capacity >= RP_CAPACITY_MIN && capacity <= RP_CAPACITY_MAX));
  assert((capacity & (capacity - 1)) == 0);
  (void) capacity;
}

/* Refresh the copy of head. False if it makes no sense. */
static bool
refresh_head(rp_segment_producer *p) {
  /* Acquire pairs with the store in rp_segment_release(): the consumer has finished
   * reading what we are about to write over. */
  uint32_t released = rp_load_acquire(p->head) & ~RP_FLAGS;

  /* It only moves forward, and not past what was there to read. */
  if (used(p->released, released) > used(p->released, p->published)) return false;
  p->released = released;
  return true;
}

/* Refresh the copy of tail. False if it makes no sense. */
static bool
refresh_tail(rp_segment_consumer *c) {
  /* Acquire pairs with the store in rp_segment_publish(): the records below tail are
   * complete. */
  uint32_t tail = rp_load_acquire(c->tail);
  uint32_t published = tail & ~RP_FLAGS;

  if (used(c->position, published) > c->capacity) return false;
  c->published = published;
  c->sealed = (tail & RP_TAIL_SEALED) != 0;
  return true;
}

void
rp_segment_producer_init(rp_segment_producer *p, rp_word *tail, rp_word *head,
                         uint8_t *data, uint32_t capacity) {
  check_side(capacity);
  p->tail = tail;
  p->head = head;
  p->data = data;
  p->capacity = capacity;
  p->position = rp_load_acquire(tail) & ~RP_FLAGS;
  p->published = p->position;
  /* Full until head proves otherwise: the first claim looks at it, and checks it. */
  p->released = p->position - capacity;
}

void
rp_segment_consumer_init(rp_segment_consumer *c, rp_word *tail, rp_word *head,
                         uint8_t *data, uint32_t capacity) {
  check_side(capacity);
  c->tail = tail;
  c->head = head;
  c->data = data;
  c->capacity = capacity;
  c->position = rp_load_acquire(head) & ~RP_FLAGS;
  c->published = c->position;
  c->sealed = false;
}

int
rp_segment_claim(rp_segment_producer *p, uint32_t type, uint32_t length,
                 uint8_t **payload) {
  if (length > p->capacity || rp_record_size(length) > p->capacity / 2) return RP_ETOOBIG;

  uint32_t size = rp_record_size(length);
  uint32_t offset = p->position & (p->capacity - 1);
  uint32_t contiguous = p->capacity - offset;
  uint32_t padding = size > contiguous ? contiguous : 0;

  assert(type != RP_PADDING);
  if (size + padding > room(p)) {
    if (!refresh_head(p)) return RP_ECORRUPT;
    if (size + padding > room(p)) return RP_FULL;
  }
  if (padding != 0) {
    write_header(p->data + offset, padding - RP_RECORD_HEADER, RP_PADDING);
    offset = 0;
  }
  write_header(p->data + offset, length, type);
  *payload = p->data + offset + RP_RECORD_HEADER;
  p->position += padding + size;
  return RP_OK;
}

bool
rp_segment_publish(rp_segment_producer *p, rp_parking *parking) {
  p->published = p->position;
  /* Its release pairs with the acquire in refresh_tail(). */
  return rp_parking_publish(parking, p->tail, p->position);
}

bool
rp_segment_seal(rp_segment_producer *p, rp_parking *parking) {
  p->published = p->position;
  return rp_parking_publish(parking, p->tail, p->position | RP_TAIL_SEALED);
}

int
rp_segment_peek(rp_segment_consumer *c, rp_record *record) {
  for (;;) {
    if (c->position == c->published) {
      if (!refresh_tail(c)) return RP_ECORRUPT;
      if (c->position == c->published) return c->sealed ? RP_CLOSED : RP_EMPTY;
    }

    uint32_t offset = c->position & (c->capacity - 1);
    uint32_t readable = used(c->position, c->published);
    uint32_t contiguous = c->capacity - offset;
    header h;

    if (readable < RP_RECORD_HEADER) return RP_ECORRUPT;
    memcpy(&h, c->data + offset, sizeof(h));
    if (h.length > c->capacity) return RP_ECORRUPT;

    uint32_t size = rp_record_size(h.length);

    if (size > readable || size > contiguous) return RP_ECORRUPT;
    if (h.type == RP_PADDING) {
      /* Padding must end where the data area ends, or a forged one could lead into the
       * middle of a record. */
      if (size != contiguous) return RP_ECORRUPT;
      c->position += size;
      continue;
    }
    record->length = h.length;
    record->type = h.type;
    record->payload = c->data + offset + RP_RECORD_HEADER;
    return RP_OK;
  }
}

void
rp_segment_advance(rp_segment_consumer *c, const rp_record *record) {
  c->position += rp_record_size(record->length);
}

void
rp_segment_release(rp_segment_consumer *c) {
  /* Pairs with the acquire in refresh_head(). */
  rp_store_release(c->head, c->position);
}

bool
rp_segment_park(rp_segment_consumer *c, rp_parking *parking) {
  uint32_t tail = rp_parking_put(parking, c->tail);

  if ((tail & ~RP_FLAGS) == c->position && (tail & RP_TAIL_SEALED) == 0) return true;

  /* A publish or the seal came first: take the token back, unless a producer has taken it
   * already. Then its doorbell is on the way. */
  return !rp_parking_take(parking);
}
