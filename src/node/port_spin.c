/*
 * port_spin.c - how long a port that was read to the end looks for the next message
 * before its thread sleeps.
 *
 * A receiver that is faster than its sender would sleep after each message. Each message
 * then costs a doorbell: a system call and a wake-up for the sender, and a turn of the
 * loop for the receiver, about 3 us in all when messages are that close. So the port
 * spins for little longer than that. After an unsuccessful spin it skips the next one,
 * then the next two, and so on.
 *
 * A port that has sent something may be about to get an answer. If both threads slept
 * meanwhile, a round trip would take 40 us or more. So such a port spins for as long as a
 * sleep costs. If the other thread is asleep, its answer comes too late, although it
 * would come in time if that thread were awake. So once in a while the port spins for
 * twice as long, which covers the wake-up. That pays only if later messages come sooner,
 * so it backs off in the same way.
 *
 * A turn must not keep timers waiting, so its spins are limited, and they end as soon as
 * the loop has anything else to do. A thread that watches (loop_spin.c) does not spin
 * here.
 *
 * The other thread may be waiting for this very core, so the port yields it now and then.
 * If another process then keeps the core for milliseconds, the thread does not yield
 * again for a thousand times as long.
 */
#include "node/port_spin.h"

#include "node/env.h"
#include "node/sleep_cost.h"
#include "core/failpoint.h"

/* How long a turn may last once it has begun to spin. */
#define TURN (100 * RP_MICROSECOND)
/* Time between two looks: each takes the cache line of tail away from the sender. */
#define GAP (RP_MICROSECOND / 2)
/* Time until the first look at whatever else there is to do, and between two of those. A
 * port that expects no answer spins no longer than this: for messages that are further
 * apart, a sleep costs less. */
#define UNDISTURBED (4 * RP_MICROSECOND)

/* A yield that takes longer than any answer. */
#define YIELD_LOST (100 * RP_MICROSECOND)
/* The next yield comes after so many times the time that was lost. */
#define YIELD_REST 1000

/* Most spins skipped in a row, of either kind. */
#define MOST 32
#define LONG_MOST 16
/* Most messages in a row that only a spin of twice the limit may meet. By then the other
 * thread should have spun, too. */
#define UNPROVED_MOST (2 * MOST)

/* Until a port has spun in vain so many times, it skips fewer spins: code that V8 has not
 * compiled yet answers too late, but not for long. */
#define YOUNG 64
#define YOUNG_MOST 4

static uint64_t
limit_of(const rp_env *e) {
  uint64_t limit = e->turn_spin.limit;

  return limit == RP_LIMIT_MEASURED ? rp_sleep_cost() : limit;
}

/* Return the most spins to skip, given the limit `most` of an older port. */
static uint16_t
most_skips(const rp_port_spin *spin, uint16_t most) {
  return spin->failures < YOUNG ? YOUNG_MOST : most;
}

/* Look at the inbox from now until `until`. True if there is a message. */
static bool
look(rp_env *e, rp_port *port, uint64_t until) {
  uint64_t now = uv_hrtime();

  while (now < until && !rp_ready_list_news(&e->ready_list)) {
    now = rp_spin_until(now + GAP);
    if (rp_port_has_news(port)) return true;
  }
  return false;
}

/* Yield, unless that was too costly a while ago. False if others need the core. */
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

/* look() from one time to another, until this thread has other work or others need the
 * core. */
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
