/*
 * Two threads and two rings, with consumers that really sleep between records. No wake-up
 * is lost, and the doorbell rings at most once per sleep. Consumers set and clear
 * `asymmetric` meanwhile.
 */
#include "support.h"

#include "core/port/segment_ring.h"

enum { CAPACITY = 64 };

typedef struct lane {
  _Alignas(128) rp_word tail;
  _Alignas(128) rp_word head;
  uint8_t data[CAPACITY];
  _Alignas(128) rp_parking parking;
  rp_segment_producer producer;
  rp_segment_consumer consumer;
  bell bell;
  rng random;
  uint32_t grants;     /* one of so many records grants; 0: none */
  uint64_t parks;      /* times that the consumer gave the token away */
  uint64_t asymmetric; /* times that it passed a barrier first */
} lane;

typedef struct player {
  lane *in, *out;
  uint32_t balls; /* sent at once: with more than one, parking races with publishing */
  uint32_t rounds;
  bool serves;
} player;

static void
lane_init(lane *l) {
  memset(l, 0, sizeof(*l));
  rp_segment_producer_init(&l->producer, &l->tail, &l->head, l->data, CAPACITY);
  rp_segment_consumer_init(&l->consumer, &l->tail, &l->head, l->data, CAPACITY);
  bell_init(&l->bell);
}

static void
hit(lane *l, uint32_t number) {
  uint8_t *payload;

  assert(rp_segment_claim(&l->producer, 7, sizeof(number), &payload) == RP_OK);
  memcpy(payload, &number, sizeof(number));
  if (rp_segment_publish(&l->producer, &l->parking)) bell_ring(&l->bell);
}

static uint32_t catch (lane *l) {
  rp_record record;
  uint32_t number;
  int result;

  while ((result = rp_segment_peek(&l->consumer, &record)) == RP_EMPTY) {
    if (rp_load_relaxed(&l->parking.asymmetric) != 0) l->asymmetric++;
    if (!rp_segment_park(&l->consumer, &l->parking)) continue;
    /* Some wake by themselves, like an endpoint that its owner schedules, and park again
     * at once, without a barrier: the producer may still be where it was before the
     * first. */
    if (l->grants != 0 && random_below(&l->random, 4) == 0 &&
        rp_parking_take(&l->parking))
      continue;
    l->parks++;
    bell_wait(&l->bell);
  }
  assert(result == RP_OK && record.type == 7 && record.length == sizeof(number));
  memcpy(&number, record.payload, sizeof(number));
  rp_segment_advance(&l->consumer, &record);
  rp_segment_release(&l->consumer);
  if (l->grants != 0 && random_below(&l->random, l->grants) == 0)
    rp_parking_go_asymmetric(&l->parking);
  return number;
}

static void *
play(void *argument) {
  player *p = argument;
  uint32_t sent = 0;
  uint32_t caught = 0;

  if (p->serves)
    for (uint32_t i = 0; i < p->balls; i++) hit(p->out, sent++);
  while (caught < p->rounds) {
    assert(catch (p->in) == caught);
    caught++;
    if (sent < p->rounds) hit(p->out, sent++);
  }
  return NULL;
}

static void
match(uint32_t balls, uint32_t rounds, uint32_t grants, uint64_t s) {
  lane lanes[2];
  player players[2] = {
      {&lanes[0], &lanes[1], balls, rounds, true},
      {&lanes[1], &lanes[0], balls, rounds, false},
  };

  for (int i = 0; i < 2; i++) {
    lane_init(&lanes[i]);
    lanes[i].grants = grants;
    lanes[i].random.state = s + (uint64_t) i;
  }

  pthread_t other = start(play, &players[1]);

  play(&players[0]);
  finish(other);
  for (int i = 0; i < 2; i++) {
    lane *l = &lanes[i];

    /* Every token given away came back with exactly one ring, and none is left over. */
    assert(l->bell.count == l->parks && !bell_heard(&l->bell));
    assert(atomic_load(&l->parking.parked) == 0);
    assert((atomic_load(&l->tail) & RP_FLAGS) == 0);
    assert((l->asymmetric > 0) == (grants != 0 && rp_barrier_available()));
    printf("%u balls: %u records, %llu sleeps, %llu barriers\n", balls, rounds,
           (unsigned long long) l->parks, (unsigned long long) l->asymmetric);
    bell_destroy(&l->bell);
  }
}

/* The token's ways one at a time, without a race. */
static void
one_by_one(void) {
  lane l;
  rp_record record;

  lane_init(&l);
  assert(rp_segment_park(&l.consumer, &l.parking));
  hit(&l, 1);
  assert(l.bell.count == 1 && bell_heard(&l.bell));
  hit(&l, 2); /* the consumer has the token: no ring */
  assert(l.bell.count == 1);
  assert(!rp_segment_park(&l.consumer,
                          &l.parking)); /* and is not let go while there is news */
  assert(catch (&l) == 1 && catch (&l) == 2);
  assert(rp_segment_peek(&l.consumer, &record) == RP_EMPTY);
  assert(rp_segment_park(&l.consumer, &l.parking));
  assert(rp_parking_take(&l.parking) && !rp_parking_take(&l.parking));
  hit(&l, 3);
  assert(l.bell.count == 1 && catch (&l) == 3);
  assert(rp_segment_peek(&l.consumer, &record) == RP_EMPTY &&
         rp_segment_park(&l.consumer, &l.parking));
  assert(rp_segment_seal(&l.producer, &l.parking)); /* the seal wakes like a record */
  assert(rp_segment_peek(&l.consumer, &record) == RP_CLOSED);
  assert(!rp_segment_park(&l.consumer, &l.parking));
  bell_destroy(&l.bell);
}

/* The same with a consumer that grants: its parking takes the grant back. */
static void
granted_one_by_one(void) {
  lane l;
  rp_record record;

  lane_init(&l);
  rp_parking_go_asymmetric(&l.parking);
  assert((rp_load_relaxed(&l.parking.asymmetric) != 0) == rp_barrier_available());
  hit(&l, 1);
  assert(!rp_segment_park(&l.consumer, &l.parking));
  assert(rp_load_relaxed(&l.parking.asymmetric) == 0);
  assert(catch (&l) == 1);
  rp_parking_go_asymmetric(&l.parking);
  assert(rp_segment_peek(&l.consumer, &record) == RP_EMPTY);
  assert(rp_segment_park(&l.consumer, &l.parking));
  rp_parking_go_asymmetric(&l.parking); /* nothing while it is parked */
  assert(rp_load_relaxed(&l.parking.asymmetric) == 0);
  hit(&l, 2);
  assert(l.bell.count == 1 && bell_heard(&l.bell));
  rp_parking_go_asymmetric(&l.parking);
  hit(&l, 3);
  assert(l.bell.count == 1 && catch (&l) == 2 && catch (&l) == 3);
  assert(rp_segment_peek(&l.consumer, &record) == RP_EMPTY);
  assert(rp_segment_park(&l.consumer, &l.parking));
  assert(rp_segment_seal(&l.producer, &l.parking));
  bell_destroy(&l.bell);
}

int
main(void) {
  uint64_t s = seed();

  (void) rp_barrier_available(); /* from now on it is ready, if there is one */
  one_by_one();
  granted_one_by_one();
  for (uint32_t grants = 0; grants <= 4; grants += 2) {
    match(1, ROUNDS(10000, 5000), grants, s);
    match(2, ROUNDS(10000, 10000), grants, s + 2);
    match(4, ROUNDS(30000, 20000), grants, s + 4);
  }
  return 0;
}
