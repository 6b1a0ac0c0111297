/*
 * spsc.c - single producer, single consumer: the paths that look at the words of the
 * other side.
 */
#include "core/ring/spsc.h"

/* Return the position at which the lap of `position` ends. */
static inline uint32_t
lap_end(const rp_shared *shared, uint32_t position) {
  return (position | (shared->capacity - 1)) + 1;
}

static inline uint32_t
min(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

void
rp_spsc_producer_init(rp_spsc_producer *p, const rp_shared *shared) {
  /* Acquire pairs with the former owner's publish, should it have been on another
   * thread. */
  uint32_t position = rp_load_acquire(&shared->words->tail.word) & ~RP_FLAGS;

  *p = (rp_spsc_producer){
      .shared = *shared,
      .position = position,
      .limit = position,
      .published = position,
      /* Full until head proves otherwise: the first claim looks at it, and checks it. */
      .released = position - shared->capacity,
  };
}

void
rp_spsc_consumer_init(rp_spsc_consumer *c, const rp_shared *shared) {
  /* Acquire pairs with the former owner's release. */
  uint32_t position = rp_load_acquire(&shared->words->head.word) & ~RP_FLAGS;

  *c = (rp_spsc_consumer){
      .shared = *shared,
      .position = position,
      .limit = position,
      .published = position,
      .released = position,
  };
}

/* Whether a record of `size` bytes fits behind `position`, padding before it included,
 * while all before `released` is free. */
static inline bool
fits(const rp_shared *shared, uint32_t position, uint32_t released, uint32_t size) {
  uint32_t contiguous = lap_end(shared, position) - position;
  uint32_t room = shared->capacity - (position - released);

  return size <= contiguous ? size <= room : contiguous + size <= room;
}

int
rp_spsc_make_room(rp_spsc_producer *p, uint32_t size) {
  if (!fits(&p->shared, p->position, p->released, size)) {
    /* Acquire pairs with rp_spsc_release(): what we are about to write over has been
     * read. */
    uint32_t released = rp_load_acquire(&p->shared.words->head.word);

    /* It only moves forward, and not past what was there to read. */
    if (released - p->released > p->published - p->released) return RP_ECORRUPT;
    if (released % RP_RECORD_HEADER != 0) return RP_ECORRUPT;
    p->released = released;
    if (!fits(&p->shared, p->position, released, size)) return RP_FULL;
  }

  uint32_t end = lap_end(&p->shared, p->position);

  if (size > end - p->position) {
    rp_spsc_commit(p, RP_PADDING, end - p->position - RP_RECORD_HEADER);
    end = lap_end(&p->shared, p->position);
  }
  p->limit = p->position +
             min(p->shared.capacity - (p->position - p->released), end - p->position);
  return RP_OK;
}

int
rp_spsc_look(rp_spsc_consumer *c) {
  rp_shared_words *words = c->shared.words;

  if (c->position == c->published) {
    /* Acquire pairs with rp_spsc_publish(): the records below tail are complete. */
    uint32_t tail = rp_load_acquire(&words->tail.word);

    if (tail == c->position) {
      /* Acquire pairs with the closing: what was published before it is in tail by
       * now. */
      if (!(rp_load_acquire(&words->state) & RP_STATE_CLOSED)) return RP_EMPTY;
      tail = rp_load_acquire(&words->tail.word);
      if (tail == c->position) return RP_CLOSED;
    }

    uint32_t in_use = tail - c->released;

    if (in_use > c->shared.capacity || tail % RP_RECORD_HEADER != 0) return RP_ECORRUPT;
    if (in_use < c->position - c->released) return RP_ECORRUPT;
    if (in_use > c->most) c->most = in_use;
    c->published = tail;
  }
  c->limit = c->position + min(c->published - c->position,
                               lap_end(&c->shared, c->position) - c->position);
  return RP_OK;
}

bool
rp_spsc_writable(const rp_shared *shared, uint32_t length) {
  rp_shared_words *words = shared->words;
  uint32_t released = rp_load_seq(&words->head.word) & ~RP_FLAGS;
  uint32_t published = rp_load_seq(&words->tail.word) & ~RP_FLAGS;

  /* True also if the ring is closed or corrupt: the claim will say so. */
  if (rp_load_acquire(&words->state) & RP_STATE_CLOSED) return true;
  if (published - released > shared->capacity) return true;
  return fits(shared, published, released, rp_record_size(length));
}

bool
rp_spsc_readable(const rp_spsc_consumer *c) {
  return rp_load_seq(&c->shared.words->tail.word) != c->position ||
         (rp_load_acquire(&c->shared.words->state) & RP_STATE_CLOSED) != 0;
}
