/*
 * linger.c - a moment's patience of a port that has been read to the end, before its thread goes to sleep.
 *
 * A receiver that is quicker than the sender would sleep after each message, and each would cost a doorbell:
 * a system call and a wake-up for the sender, a turn of the loop for the receiver, 5 us and more. So the
 * receiver looks again a few times, for less than that takes. Looking in vain becomes rare: the next
 * time is left out, then the next two times, and so on. A turn in which it pays does not last longer than
 * it may for timers and I/O, and ends when there is something else to do.
 *
 * Who has asked for watching (idle.c) gets that instead, which answers sooner.
 */
#include "linger.h"

#include "env.h"

#define MICROSECOND ((uint64_t) 1000)

#define WHILE (4 * MICROSECOND)
/* Between two looks: each takes the cache line with the tail away from the sender. */
#define GAP MICROSECOND
/* Of one turn, from the first time on. */
#define TURN (100 * MICROSECOND)

/* Let GAP pass. The time then. */
static uint64_t
pass_gap(uint64_t now) {
  uint64_t until = now + GAP;

  while (now < until) {
    for (int i = 0; i < 4; i++) rp_look_pause();
    now = uv_hrtime();
  }
  return now;
}

bool
rp_linger_for(rp_env *e, rp_port *port) {
  rp_linger *linger = &port->linger;
  rp_record first;

  if (linger->skip > 0) {
    linger->skip--;
    return false;
  }
  if (e->idle.spin > 0 || uv_backend_timeout(e->loop) == 0) return false;

  uint64_t begin = uv_hrtime();

  if (e->lingered == 0) e->lingered = begin;
  if (begin - e->lingered > TURN) return false;
  for (uint64_t now = begin; now - begin < WHILE;) {
    if (rp_thread_news(&e->thread)) return false;
    now = pass_gap(now);
    if (rp_chain_peek(&port->half->inbox, &first) == RP_EMPTY) continue;
    linger->skips = 0;
    return true;
  }
  linger->skip = linger->skips = rp_twice(linger->skips);
  return false;
}
