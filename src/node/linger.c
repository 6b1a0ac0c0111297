/*
 * linger.c - a moment's patience of a port that has been read to the end, before its thread goes to sleep.
 *
 * A receiver that is quicker than the sender would sleep after each message, and each would cost a doorbell:
 * a system call and a wake-up for the sender, a turn of the loop for the receiver, some 3 us in all where
 * messages come as close as that. So the receiver looks again for hardly longer. Looking in vain becomes
 * rare: the next time is left out, then the next two times, and so on.
 *
 * A port that has sent something may be about to get an answer. Both threads would sleep meanwhile, each on
 * a core that sleeps too: 40 us and more. So it looks for longer. If the other thread is asleep, it would
 * answer in that time if it were awake, but waking takes longer. So once in a while the port goes on
 * looking for twice as long, which that may take. That is worth while only if sooner messages follow, and else
 * becomes rare in the same way.
 *
 * A turn in which all this pays does not last longer than it may for timers, and ends as soon as there is
 * anything else to do. Who has asked for watching (idle.c) gets that instead, which answers sooner.
 *
 * The other thread may be waiting for this very core. So this one yields it now and then; two that stay
 * awake are soon given two cores. But where other processes are busy it is one of those that gets the
 * core, for milliseconds: then the thread does not yield again for a thousand times as long.
 */
#include "node/linger.h"

#include "node/env.h"
#include "core/failpoint.h"

/* Of one turn, from the first time on. */
#define TURN (100 * RP_MICROSECOND)
/* Between two looks: each takes the cache line with the tail away from the sender. */
#define GAP (RP_MICROSECOND / 2)
/* Until a look at everything else there is to do, and between two of those. A port that expects no answer
 * does not look for longer: where messages come this rarely, a sleep costs less than looking does. */
#define UNDISTURBED (4 * RP_MICROSECOND)

/* A yield that takes longer than any answer. */
#define YIELD_LOST (100 * RP_MICROSECOND)
/* So many times as long as the core was lost, it is not yielded again. */
#define YIELD_REST 1000

/* Times left out at most. */
#define MOST 32
#define LONG_MOST 16
/* Messages in a row that are met only by lingering longer: the other thread lingers less often than that. */
#define PATIENCE (2 * MOST)

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
      for (int i = 0; i < 4; i++) rp_look_pause();
      now = uv_hrtime();
    } while (now < next);
    if (has_message(port)) return true;
  }
  return false;
}

/* Let others have the core, unless that has been a mistake. False: they took it. */
static bool
yield(rp_env *e, rp_linger *linger) {
  uint64_t now = uv_hrtime();

  if (now < e->yields_from) return true;

  uint64_t took = rp_idle_yield() - now;

  if (took > YIELD_LOST) e->yields_from = now + YIELD_REST * took;
  if (took < RP_YIELD_LONG) return true;
  linger->skips = MOST;
  return false;
}

/* look(), from one time to another, unless this thread or its core is needed for something else. */
static bool
look_around(rp_env *e, rp_port *port, uint64_t from, uint64_t to) {
  for (uint64_t until = from; until < to;) {
    if (rp_ready_list_news(&e->ready_list) || rp_idle_has_events(e)) return false;
    if (!yield(e, &port->linger)) return false;
    until = to - until < UNDISTURBED ? to : until + UNDISTURBED;
    if (look(e, port, until)) return true;
  }
  return false;
}

static bool
linger_short(rp_env *e, rp_port *port, uint64_t begin, bool asked) {
  rp_linger *linger = &port->linger;
  uint64_t most = e->idle.linger;
  uint64_t first = most < UNDISTURBED ? most : UNDISTURBED;

  if (!look(e, port, begin + first) &&
      !(asked && look_around(e, port, begin + first, begin + most)))
    return false;
  linger->skips = 0;
  if (linger->unproved > 0) linger->unproved = linger->long_skips = 0;
  return true;
}

static bool
linger_long(rp_env *e, rp_port *port, uint64_t begin) {
  rp_linger *linger = &port->linger;

  if (linger->long_skip > 0) {
    linger->long_skip--;
    return false;
  }
  uint64_t most = e->idle.linger;

  if (linger->unproved < PATIENCE &&
      look_around(e, port, begin + most, begin + 2 * most)) {
    linger->unproved++;
    return true;
  }
  linger->unproved = 0;
  linger->long_skip = linger->long_skips =
      (uint8_t) rp_rarer(linger->long_skips, LONG_MOST);
  return false;
}

bool
rp_linger_for(rp_env *e, rp_port *port) {
  rp_linger *linger = &port->linger;
  bool asked = linger->asked;

  linger->asked = false;
  if (linger->skip > 0) {
    linger->skip--;
    return false;
  }
  if (e->idle.linger == 0 || e->idle.spin > 0) return false;
  if (uv_backend_timeout(e->loop) == 0) return false;

  uint64_t begin = uv_hrtime();

  if (e->lingered == 0) e->lingered = begin;
  if (begin - e->lingered > TURN) {
    e->lingers_on = true;
    linger->asked = asked;
    return false;
  }
  rp_failpoint("linger:looking");

  bool met =
      linger_short(e, port, begin, asked) || (asked && linger_long(e, port, begin));

  rp_failpoint("linger:looked");
  if (!met) linger->skip = linger->skips = (uint8_t) rp_rarer(linger->skips, MOST);
  return met;
}
