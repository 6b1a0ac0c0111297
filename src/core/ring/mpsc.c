/*
 * mpsc.c - many producers, single consumer, in the memory of shared_memory.h.
 */
#include "core/ring/mpsc.h"
#include "core/failpoint.h"

#include <string.h>

static inline uint64_t
position_of(uint64_t tail) {
  return tail & ~(uint64_t) RP_FLAGS;
}

static inline uint32_t
offset_of(const rp_shared *shared, uint64_t position) {
  return (uint32_t) position & (shared->capacity - 1);
}

/* Return the padding needed for `size` contiguous bytes behind `position`. */
static inline uint32_t
padding_at(const rp_shared *shared, uint64_t position, uint32_t size) {
  uint32_t contiguous = shared->capacity - offset_of(shared, position);

  return size > contiguous ? contiguous : 0;
}

void
rp_mpsc_producer_init(rp_mpsc_producer *p, const rp_shared *shared) {
  *p = (rp_mpsc_producer){
      .shared = *shared,
      /* Acquire pairs with rp_mpsc_release(). */
      .released = rp_load_acquire(&shared->words->head.wide),
  };
}

void
rp_mpsc_consumer_init(rp_mpsc_consumer *c, const rp_shared *shared) {
  /* Acquire pairs with the former owner's release. */
  uint64_t position = position_of(rp_load_acquire(&shared->words->head.wide));

  *c = (rp_mpsc_consumer){
      .shared = *shared,
      .position = position,
      .published = position,
      .released = position,
  };
}

/* The first type becomes visible last, by rp_mpsc_publish(): a sleeping consumer looks
 * there. */
static inline void
put_type(rp_mpsc_producer *p, rp_word *word, uint32_t type) {
  if (p->pending == NULL) {
    p->pending = word;
    p->pending_type = type;
  } else {
    /* Relaxed: the consumer reads the first type before, with acquire. */
    rp_store_relaxed(word, type);
  }
}

/* Refresh both positions, either of which may be moving. RP_OK or RP_ECORRUPT. */
static int
look_at_head(rp_mpsc_producer *p, uint64_t *tail) {
  rp_shared_words *words = p->shared.words;

  for (;;) {
    /* Acquire pairs with the CAS in rp_mpsc_claim(): head is then no older than what the
     * producers saw that have moved tail to here. */
    *tail = rp_load_acquire(&words->tail.wide);
    /* Acquire pairs with rp_mpsc_release(): all before head has been read and cleared. It
     * also makes the tail that the consumer had seen the oldest that we can load. */
    p->released = rp_load_acquire(&words->head.wide);
    if (position_of(*tail) - p->released <= p->shared.capacity) return RP_OK;
    /* Either head has moved past the tail that we loaded, or it makes no sense. */
    if (rp_load_relaxed(&words->tail.wide) == *tail) return RP_ECORRUPT;
  }
}

int
rp_mpsc_claim(rp_mpsc_producer *p, uint32_t length, uint8_t **payload) {
  rp_atomic_u64 *shared_tail = &p->shared.words->tail.wide;

  if (length > rp_shared_payload_max(&p->shared)) return RP_ETOOBIG;

  uint32_t size = rp_record_size(length), padding;
  uint64_t tail = rp_load_relaxed(shared_tail);
  bool looked = false;

  for (;;) {
    if (tail & RP_FLAGS) return tail & RP_TAIL_CLOSED ? RP_ECLOSED : RP_ECORRUPT;
    padding = padding_at(&p->shared, tail, size);
    if (tail + padding + size - p->released <= p->shared.capacity) {
      /* Release: see look_at_head(). Access to the bytes is ordered by head and by the
       * types of records. */
      if (rp_cas(shared_tail, &tail, tail + padding + size)) break;
      looked = false;
      continue;
    }
    if (looked) return RP_FULL;

    int result = look_at_head(p, &tail);

    if (result != RP_OK) return result;
    looked = true;
  }
  if (padding != 0) {
    rp_header *header = rp_header_at(&p->shared, (uint32_t) tail);

    rp_store_relaxed(&header->length, padding - RP_RECORD_HEADER);
    put_type(p, &header->type, RP_PADDING);
  }
  rp_failpoint("mpsc:claimed");
  p->claimed = tail + padding;
  *payload =
      (uint8_t *) rp_header_at(&p->shared, (uint32_t) p->claimed) + RP_RECORD_HEADER;
  return RP_OK;
}

void
rp_mpsc_commit(rp_mpsc_producer *p, uint32_t claimed, uint32_t type, uint32_t length) {
  rp_header *header = rp_header_at(&p->shared, (uint32_t) p->claimed);
  uint32_t rest = rp_record_size(claimed) - rp_record_size(length);

  if (rest != 0) {
    rp_header *behind =
        rp_header_at(&p->shared, (uint32_t) p->claimed + rp_record_size(length));

    /* Relaxed: the type of the record before makes them visible. */
    rp_store_relaxed(&behind->length, rest - RP_RECORD_HEADER);
    rp_store_relaxed(&behind->type, RP_PADDING);
  }
  rp_store_relaxed(&header->length, length);
  put_type(p, &header->type, type);
}

bool
rp_mpsc_publish(rp_mpsc_producer *p) {
  rp_word *pending = p->pending;

  if (pending == NULL) return false;
  rp_failpoint("mpsc:publishing");
  p->pending = NULL;
  /* Pairs with the acquire in rp_mpsc_peek(). */
  return rp_post(pending, p->pending_type, &p->shared.words->data_wanted);
}

/* Refresh the copy of tail. RP_OK if it is beyond position. */
static int
look(rp_mpsc_consumer *c) {
  /* Relaxed: it only says how far producers may have written, and it is never older than
   * a type that we have read. */
  uint64_t tail = rp_load_relaxed(&c->shared.words->tail.wide);
  uint64_t published = position_of(tail);
  uint64_t in_use = published - c->released;

  if (in_use > c->shared.capacity || in_use < c->position - c->released)
    return RP_ECORRUPT;
  if (in_use > c->most) c->most = (uint32_t) in_use;
  c->published = published;
  if (published != c->position) return RP_OK;
  return tail & RP_TAIL_CLOSED ? RP_CLOSED : RP_EMPTY;
}

int
rp_mpsc_peek(rp_mpsc_consumer *c, rp_record *record) {
  for (;;) {
    /* Check this first: behind the last claim there may be a record of the lap before,
     * read but not cleared. */
    if (c->position == c->published) {
      int result = look(c);

      if (result != RP_OK) return result;
    }

    rp_header *header = rp_header_at(&c->shared, (uint32_t) c->position);
    /* Acquire pairs with the types that producers write: the record is complete. */
    uint32_t type = rp_load_acquire(&header->type);

    if (type == 0) return RP_EMPTY;

    uint32_t length = rp_load_relaxed(&header->length);
    uint64_t span = rp_record_span(length);

    if (span > c->shared.capacity - offset_of(&c->shared, c->position))
      return RP_ECORRUPT;
    if (span > c->published - c->position) {
      int result = look(c);

      if (result != RP_OK || span > c->published - c->position) return RP_ECORRUPT;
    }
    if (type != RP_PADDING) {
      *record = (rp_record){length, type, (uint8_t *) header + RP_RECORD_HEADER};
      return RP_OK;
    }
    c->position += span;
  }
}

bool
rp_mpsc_release(rp_mpsc_consumer *c) {
  rp_shared_words *words = c->shared.words;
  uint32_t size = (uint32_t) (c->position - c->released);
  uint32_t offset = offset_of(&c->shared, c->released);
  uint32_t contiguous = c->shared.capacity - offset;
  uint32_t first = size < contiguous ? size : contiguous;

  if (size == 0) return false;
  memset(c->shared.data + offset, 0, first);
  memset(c->shared.data, 0, size - first);
  rp_failpoint("mpsc:cleared");
  c->released = c->position;
  /* Release pairs with the acquire in rp_mpsc_claim(): we have read and cleared. */
  return rp_post_u64(&words->head.wide, c->position, &words->room_wanted);
}

bool
rp_mpsc_writable(const rp_shared *shared, uint32_t length) {
  uint64_t tail = rp_load_seq(&shared->words->tail.wide);
  uint64_t released = rp_load_seq(&shared->words->head.wide);
  uint64_t in_use = position_of(tail) - released;
  uint32_t size = rp_record_size(length);

  /* True also if the ring is closed or corrupt: the claim will say so. */
  if ((tail & RP_TAIL_CLOSED) != 0 || in_use > shared->capacity) return true;
  return in_use + padding_at(shared, tail, size) + size <= shared->capacity;
}

bool
rp_mpsc_readable(const rp_mpsc_consumer *c) {
  /* All that was read is released and cleared, so a type that is not 0 is new. */
  uint32_t type = rp_load_seq(&rp_header_at(&c->shared, (uint32_t) c->position)->type);
  /* Load tail after the type: then the claim of a complete record is visible. */
  uint64_t tail = rp_load_seq(&c->shared.words->tail.wide);

  /* A type without a claim is not a record; peek agrees. */
  if (type != 0 && position_of(tail) != c->position) return true;
  /* Closed once every claim before the bit CLOSED has been read. */
  return tail == (c->position | RP_TAIL_CLOSED);
}
