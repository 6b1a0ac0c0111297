/*
 * The adaptive spin of ports, with a simulated clock: how long a port polls for the next
 * message, how quickly it gives up when none comes, and what ends it. Compiles
 * port_spin.c and sleep_cost.c of src/node into the program.
 */
#include "support.h"

/* In the place of env.h. */
#define RP_NODE_ENV_H_
#include "node/spin.h"

typedef struct rp_env {
  rp_ready_list ready_list;
  rp_loop_spin loop_spin;
  rp_turn_spin turn_spin;
  struct uv_loop_s *loop;
} rp_env;

typedef struct rp_port {
  rp_endpoint *endpoint;
  rp_port_spin spin;
} rp_port;

static uint64_t uv_hrtime(void);
static int uv_backend_timeout(const struct uv_loop_s *loop);
#define rp_spin_pause() ((void) 0)

#include "node/port_spin.c"
#include "node/sleep_cost.c"

#define NEVER UINT64_MAX
/* Of who has not asked for anything else, and the longest look that follows from it. */
#define LINGER (20 * RP_MICROSECOND)
#define LONG (2 * LINGER)
/* What reading the clock takes. */
#define TICK ((uint64_t) 50)
/* How much later than it should a look may end. */
#define LATE (GAP + 4 * TICK)
/* What a thread that sleeps needs to answer. */
#define WAKING (35 * RP_MICROSECOND)

static rp_env env;
static rp_port port;
static rp_endpoint *sender;
static rng numbers;
static uint64_t now = 1000000;
static uint64_t message_at; /* when the next one comes */
static uint64_t events_at;  /* when the loop has something to do */
static int timeout;
static uint64_t yield_takes;
static int yields;
static bool pays;

static uint64_t
uv_hrtime(void) {
  now += TICK;
  if (now >= message_at) {
    message_at = NEVER;
    send_number(sender, 1);
  }
  return now;
}

static int
uv_backend_timeout(const struct uv_loop_s *loop) {
  (void) loop;
  return timeout;
}

bool
rp_spin_pays(void) {
  return pays;
}

bool
rp_spin_has_events(struct uv_loop_s *loop) {
  (void) loop;
  return now >= events_at;
}

uint64_t
rp_spin_yield(void) {
  now += yield_takes;
  yields++;
  return uv_hrtime();
}

static void
no_doorbell(rp_ready_list *list) {
  (void) list;
}

/* A port that is having its turn, and nothing else to do. */
static void
open_port(void) {
  memset(&env, 0, sizeof(env));
  memset(&port, 0, sizeof(port));
  env.turn_spin.limit = LINGER;
  rp_ready_list_init(&env.ready_list, no_doorbell);
  assert(rp_channel_open(&env.ready_list, &port.endpoint, &sender) == RP_OK);
  rp_endpoint_schedule(port.endpoint);
  rp_ready_list_wake(&env.ready_list);
  assert(rp_ready_list_next(&env.ready_list) == port.endpoint);
  rp_endpoint_begin(port.endpoint);
  message_at = events_at = NEVER;
  timeout = -1;
  yield_takes = 0;
  yields = 0;
  pays = true;
}

static void
close_port(void) {
  (void) rp_endpoint_close(port.endpoint);
  (void) rp_endpoint_close(sender);
}

/* The port has been read to the end, and the next message comes after a while. How long
 * it has looked for that, and whether that has been met; it is read in any case. */
static uint64_t
read_to_the_end(uint64_t gap, bool asked, bool *met) {
  uint64_t number, begin = now, took;

  if (asked) port.spin.asked = true;
  message_at = gap == NEVER ? NEVER : now + gap;
  *met = rp_port_spin_for(&env, &port);
  took = now - begin;
  if (message_at != NEVER) now = message_at;
  (void) uv_hrtime();
  assert(receive_number(port.endpoint, &number) == (gap == NEVER ? RP_EMPTY : RP_OK));
  assert(port.spin.vain.left <= MOST && port.spin.vain.next <= MOST);
  assert(port.spin.longer.left <= LONG_MOST && port.spin.longer.next <= LONG_MOST);
  assert(port.spin.unproved <= UNPROVED_MOST);
  return took;
}

/* The same in a turn of its own. */
static uint64_t
turn(uint64_t gap, bool asked, bool *met) {
  env.turn_spin.since = 0;
  env.turn_spin.goes_on = false;
  return read_to_the_end(gap, asked, met);
}

static void
who_expects_no_answer_looks_briefly(void) {
  bool met;

  open_port();
  assert(turn(3 * RP_MICROSECOND, false, &met) <= 3 * RP_MICROSECOND + LATE && met);
  assert(turn(6 * RP_MICROSECOND, false, &met) <= UNDISTURBED + LATE && !met);
  close_port();
  open_port();
  assert(turn(6 * RP_MICROSECOND, true, &met) <= 6 * RP_MICROSECOND + LATE && met);
  assert(turn(15 * RP_MICROSECOND, true, &met) <= 15 * RP_MICROSECOND + LATE && met);
  assert(turn(6 * RP_MICROSECOND, false, &met) <= UNDISTURBED + LATE && !met);
  close_port();
  open_port();
  assert(turn(NEVER, true, &met) <= LONG + LATE && !met);
  close_port();
}

static void
in_vain_it_becomes_rare_and_never_ends(bool asked) {
  uint64_t tries = 0;
  bool met;

  open_port();
  for (int i = 0; i < 1000; i++) (void) turn(NEVER, asked, &met);
  for (int i = 0; i < 10 * (MOST + 1); i++) tries += turn(NEVER, asked, &met) > TICK;
  assert(tries == 10);
  tries = 0;
  do tries++;
  while (turn(RP_MICROSECOND, asked, &met), !met);
  assert(tries <= MOST + 1);
  for (int i = 0; i < 1000; i++) {
    (void) turn(RP_MICROSECOND, asked, &met);
    assert(met);
  }
  assert(turn(NEVER, asked, &met) > TICK); /* and it begins anew */
  assert(turn(NEVER, asked, &met) <= TICK);
  assert(turn(NEVER, asked, &met) > TICK);
  close_port();
}

/* Two that answer at once, both asleep in between: soon neither sleeps any more, whatever
 * was before. */
static void
two_that_answer_each_other_stay_awake(void) {
  for (int round = 0; round < 200; round++) {
    uint16_t most = (uint16_t) random_below(&numbers, MOST + 1);
    rp_backoff its = {most, most};
    bool met = false;
    int awake = 0, turns = 0;

    open_port();
    port.spin.vain.left = port.spin.vain.next =
        (uint16_t) random_below(&numbers, MOST + 1);
    port.spin.longer.left = (uint16_t) random_below(&numbers, LONG_MOST + 1);
    port.spin.longer.next = (uint16_t) random_below(&numbers, LONG_MOST + 1);
    port.spin.unproved = (uint8_t) random_below(&numbers, UNPROVED_MOST + 1);
    for (; awake < 100; turns++) {
      /* We were awake, so it has not waited for long; if it has spun, it answers at
       * once. */
      bool spins = !rp_backoff_skips(&its);

      if (spins && met)
        rp_backoff_succeed(&its);
      else if (spins)
        rp_backoff_fail(&its, MOST);
      (void) turn(spins && met ? RP_MICROSECOND : WAKING, true, &met);
      awake = spins && met ? awake + 1 : 0;
      assert(turns < 3 * (MOST + 1) * (LONG_MOST + 1));
    }
    assert(port.spin.unproved == 0 && port.spin.longer.next == 0);
    close_port();
  }
}

static void
what_never_comes_soon_is_not_worth_waiting_for(void) {
  uint64_t total = 0;
  bool met;

  open_port();
  for (int i = 0; i < 100000; i++) total += turn(WAKING, true, &met);
  assert(total / 100000 < WAKING / 5);
  close_port();
}

static void
whatever_else_there_is_to_do_ends_it(void) {
  bool met;

  open_port();
  timeout = 0;
  assert(turn(NEVER, true, &met) <= TICK && !met);
  timeout = -1;
  env.loop_spin.limit = 1;
  assert(turn(NEVER, true, &met) <= TICK && !met);
  env.loop_spin.limit = 0;
  env.turn_spin.limit = 0;
  assert(turn(NEVER, true, &met) <= TICK && !met);
  env.turn_spin.limit = LINGER;
  pays = false; /* on one CPU */
  assert(turn(NEVER, true, &met) <= TICK && !met);
  pays = true;
  env.turn_spin.limit = 2 * RP_MICROSECOND;
  assert(turn(NEVER, true, &met) <= 4 * RP_MICROSECOND + LATE && !met);
  env.turn_spin.limit = LINGER;
  port.spin = (rp_port_spin){.asked = true};
  events_at = now;
  assert(turn(NEVER, true, &met) <= UNDISTURBED + LATE && !met);
  close_port();

  open_port();
  events_at = now + 7 * RP_MICROSECOND;
  assert(turn(NEVER, true, &met) <= 7 * RP_MICROSECOND + UNDISTURBED + LATE && !met);
  close_port();

  open_port();
  rp_endpoint_schedule(sender);
  assert(turn(NEVER, true, &met) <= 4 * TICK && !met);
  close_port();
}

static void
a_turn_is_bounded_and_the_next_one_goes_on(void) {
  uint64_t begin = now;
  bool met;

  open_port();
  env.turn_spin.since = 0;
  do (void) read_to_the_end(2 * RP_MICROSECOND, true, &met);
  while (met);
  assert(env.turn_spin.goes_on && now - begin <= TURN + LONG + LATE);
  (void) turn(15 * RP_MICROSECOND, false, &met); /* it has asked in the turn before */
  assert(met);
  close_port();
}

static void
a_core_that_others_need_is_left_to_them(void) {
  const uint64_t slice = 3000 * RP_MICROSECOND;
  bool met;

  open_port();
  yield_takes = 10 * RP_MICROSECOND;
  (void) turn(NEVER, true, &met);
  assert(!met && yields > 0 && port.spin.vain.left == MOST);
  yields = 0;
  port.spin.vain.left = 0;
  yield_takes = slice;
  (void) turn(NEVER, true, &met);
  assert(!met && yields == 1);
  for (int i = 0; i < 100 * (MOST + 1); i++) {
    (void) turn(NEVER, true, &met);
    assert(yields == 1);
  }
  port.spin.vain.left = 0;
  (void) turn(15 * RP_MICROSECOND, true, &met);
  assert(met && yields == 1); /* it spins all the same */
  now += YIELD_REST * slice;
  yield_takes = 0;
  (void) turn(15 * RP_MICROSECOND, true, &met);
  assert(met && yields > 1);
  close_port();
}

static void
the_end_is_met_too(void) {
  uint64_t number;

  open_port();
  (void) rp_endpoint_close(sender);
  assert(rp_port_spin_for(&env, &port));
  assert(receive_number(port.endpoint, &number) == RP_CLOSED);
  (void) rp_endpoint_close(port.endpoint);
}

static void
whatever_comes_the_state_stays_in_its_bounds(void) {
  bool met;

  open_port();
  for (int i = 0; i < ROUNDS(300000, 30000); i++) {
    uint32_t gap = 1u << random_below(&numbers, 18);

    if (random_below(&numbers, 50) == 0) events_at = now + random_below(&numbers, 100000);
    timeout = random_below(&numbers, 50) == 0 ? 0 : -1;
    assert(turn(gap, random_below(&numbers, 2) == 0, &met) <= LONG + LATE);
  }
  close_port();
}

/* As long as a few rings take, within bounds; what took too long was something else. */
static void
a_sleep_costs_what_ringing_says(void) {
  assert(rp_sleep_cost() == SLEEP_LEAST);
  for (int i = 0; i < 100; i++) rp_sleep_cost_rung(0);
  assert(rp_sleep_cost() == SLEEP_LEAST);
  for (int i = 0; i < 200; i++) rp_sleep_cost_rung(18 * RP_MICROSECOND);
  assert(rp_sleep_cost() > 53 * RP_MICROSECOND && rp_sleep_cost() <= 54 * RP_MICROSECOND);
  for (int i = 0; i < 200; i++) rp_sleep_cost_rung(SLEEP_MOST + 1);
  assert(rp_sleep_cost() <= 54 * RP_MICROSECOND);
  for (int i = 0; i < 200; i++) rp_sleep_cost_rung(SLEEP_MOST);
  assert(rp_sleep_cost() == SLEEP_MOST);
  env.turn_spin.limit = RP_LIMIT_MEASURED;
  assert(limit_of(&env) == SLEEP_MOST);
  env.turn_spin.limit = LINGER;
  assert(limit_of(&env) == LINGER);
}

/* A port that has not spun in vain often backs off less. */
static void
a_young_port_tries_again_soon(void) {
  bool met;
  int tries = 0;

  open_port();
  for (int i = 0; i < 5 * (YOUNG_MOST + 1); i++) tries += turn(NEVER, true, &met) > TICK;
  assert(tries >= 5);
  assert(port.spin.vain.next == YOUNG_MOST);
  port.spin.failures = YOUNG;
  for (int i = 0; i < 10 * (MOST + 1); i++) (void) turn(NEVER, true, &met);
  assert(port.spin.vain.next == MOST);
  close_port();
}

int
main(void) {
  numbers.state = seed();
  who_expects_no_answer_looks_briefly();
  in_vain_it_becomes_rare_and_never_ends(false);
  in_vain_it_becomes_rare_and_never_ends(true);
  two_that_answer_each_other_stay_awake();
  what_never_comes_soon_is_not_worth_waiting_for();
  whatever_else_there_is_to_do_ends_it();
  a_turn_is_bounded_and_the_next_one_goes_on();
  a_core_that_others_need_is_left_to_them();
  the_end_is_met_too();
  a_sleep_costs_what_ringing_says();
  a_young_port_tries_again_soon();
  whatever_comes_the_state_stays_in_its_bounds();
  return 0;
}
