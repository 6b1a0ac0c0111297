/*
 * port_spin.c - a port that has been read to the end spins for a moment before its thread
 * goes to sleep.
 *
 * A receiver that is faster than the sender would sleep after each message. Each message
 * then costs a doorbell: a system call and a wake-up for the sender and a turn of the
 * loop for the receiver, some 3 us in all when messages are that close. So the receiver
 * spins for hardly longer than that. After an unsuccessful spin the port leaves out the
 * next one, then the next two, and so on.
 *
 * A port that has sent something may be about to get an answer. Both threads would sleep
 * meanwhile, each on a core that sleeps too: 40 us and more. So such a port spins for
 * longer. If the other thread is asleep, it would answer in that time if it were awake,
 * but waking takes longer. So once in a while the port spins for twice as long, which
 * covers the wake-up. This pays only if later messages come sooner, so it backs off in
 * the same way.
 *
 * A turn in which this pays must not last longer than timers can bear, and it ends as
 * soon as the loop has anything else to do. A thread for which setIdle() asked for
 * spinning (loop_spin.c) does that instead.
 *
 * The other thread may be waiting for this very core, so the port yields it now and then.
 * If another process takes the core for milliseconds, the thread does not yield again for
 * a thousand times as long.
 */
#include "node/port_spin.h"

#include "node/env.h"
#include "node/sleep_cost.h"
#include "core/failpoint.h"

/* Of one turn, from the first time on. */
#define TURN (100 * RP_MICROSECOND)
/* Between two looks: each takes the cache line with the tail away from the sender. */
#define GAP (RP_MICROSECOND / 2)
/* Until a look at everything else there is to do, and between two of those. A port that
 * expects no answer does not look for longer: where messages come this rarely, a sleep
 * costs less than looking does. */
#define UNDISTURBED (4 * RP_MICROSECOND)

/* A yield that takes longer than any answer. */
#define YIELD_LOST (100 * RP_MICROSECOND)
/* So many times as long as the core was lost, it is not yielded again. */
#define YIELD_REST 1000

/* Times left out at most. */
#define MOST 32
#define LONG_MOST 16
/* Messages in a row that only spinning for longer may meet: the other thread spins more
 * rarely than that. */
#define UNPROVED_MOST (2 * MOST)

/* As long as a port has spun in vain so few times, it backs off less: code that V8 has
 * not compiled yet answers too late, and soon does not. */
#define YOUNG 64
#define YOUNG_MOST 4

static uint64_t
limit_of(const rp_env *e) {
  uint64_t limit = e->turn_spin.limit;

  return limit == RP_LIMIT_MEASURED ? rp_sleep_cost() : limit;
}

/* Most times to be left out, which would be `most` later on. */
static uint16_t
most_skips(const rp_port_spin *spin, uint16_t most) {
  return spin->failures < YOUNG ? YOUNG_MOST : most;
}

static bool
has_message(rp_port *port) {
  rp_record first;

  return rp_chain_peek(&port->endpoint->inbox, &first) != RP_EMPTY;
}

/* Look until this time, beginning now. Whether there is a message. */
static bool
look(rp_env *e, rp_port *port, uint64_t until) {
  uint64_t now = uv_hrtime();

  while (now < until && !rp_ready_list_news(&e->ready_list)) {
    uint64_t next = now + GAP;

    do {
      for (int i = 0; i < 4; i++) rp_spin_pause();
      now = uv_hrtime();
    } while (now < next);
    if (has_message(port)) return true;
  }
  return false;
}

/* Let others have the core, unless that has been a mistake. False: they took it. */
static bool
yield(rp_env *e, rp_port_spin *spin) {
  uint64_t now = uv_hrtime();

  if (now < e->turn_spin.yields_from) return true;

  uint64_t took = rp_spin_yield() - now;

  if (took > YIELD_LOST) e->turn_spin.yields_from = now + YIELD_REST * took;
  if (took < RP_YIELD_LONG) return true;
  spin->vain.next = MOST;
  spin->failures = YOUNG;
  return false;
}

/* look(), from one time to another, unless this thread or its core is needed for
 * something else. */
static bool
look_around(rp_env *e, rp_port *port, uint64_t from, uint64_t to) {
  for (uint64_t until = from; until < to;) {
    if (rp_ready_list_news(&e->ready_list) || rp_spin_has_events(e->loop)) return false;
    if (!yield(e, &port->spin)) return false;
    until = to - until < UNDISTURBED ? to : until + UNDISTURBED;
    if (look(e, port, until)) return true;
  }
  return false;
}

static bool
spin_first(rp_env *e, rp_port *port, uint64_t begin, bool asked) {
  rp_port_spin *spin = &port->spin;
  uint64_t most = limit_of(e);
  uint64_t first = most < UNDISTURBED ? most : UNDISTURBED;

  if (!look(e, port, begin + first) &&
      !(asked && look_around(e, port, begin + first, begin + most)))
    return false;
  rp_backoff_succeed(&spin->vain);
  if (spin->unproved > 0) {
    spin->unproved = 0;
    rp_backoff_succeed(&spin->longer);
  }
  return true;
}

static bool
spin_longer(rp_env *e, rp_port *port, uint64_t begin) {
  rp_port_spin *spin = &port->spin;

  if (rp_backoff_skips(&spin->longer)) return false;

  uint64_t most = limit_of(e);

  if (spin->unproved < UNPROVED_MOST &&
      look_around(e, port, begin + most, begin + 2 * most)) {
    spin->unproved++;
    return true;
  }
  spin->unproved = 0;
  rp_backoff_fail(&spin->longer, most_skips(spin, LONG_MOST));
  return false;
}

bool
rp_port_spin_for(rp_env *e, rp_port *port) {
  rp_turn_spin *turn = &e->turn_spin;
  rp_port_spin *spin = &port->spin;
  bool asked = spin->asked;

  spin->asked = false;
  if (rp_backoff_skips(&spin->vain)) return false;
  if (turn->limit == 0 || e->loop_spin.limit > 0 || !rp_spin_pays()) return false;
  if (uv_backend_timeout(e->loop) == 0) return false;

  uint64_t begin = uv_hrtime();

  if (turn->since == 0) turn->since = begin;
  if (begin - turn->since > TURN) {
    turn->goes_on = true;
    spin->asked = asked;
    return false;
  }
  rp_failpoint("spin:looking");

  bool met = spin_first(e, port, begin, asked) || (asked && spin_longer(e, port, begin));

  rp_failpoint("spin:looked");
  if (met) return true;
  rp_backoff_fail(&spin->vain, most_skips(spin, MOST));
  if (spin->failures < YOUNG) spin->failures++;
  return false;
}
