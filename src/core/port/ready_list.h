/*
 * ready_list.h - the list of endpoints that have news for one thread, and its doorbell.
 *
 * Any thread pushes, the owner takes all at once. The word `ready` is either
 *
 *   RESTING      the owner sleeps or will sleep: who pushes next owes one ring of the doorbell
 *   NULL         the owner is awake, called or of its own accord, and will look again before it rests
 *   an endpoint       the last one pushed; the others follow by their ready_next
 *
 * which is the parking token once more, for the thread: between two rests the doorbell rings at
 * most once, however many ports get news. The doorbell has only to have the owner call rp_thread_wake() some
 * time; happens-before comes with this word. An endpoint is on at most one list, because whoever pushes it
 * holds the token of its inbox.
 */
#ifndef RP_CORE_PORT_READY_LIST_H_
#define RP_CORE_PORT_READY_LIST_H_

#include <stdbool.h>

#include "core/atomic.h"

struct rp_endpoint;

typedef struct rp_thread {
  _Atomic(struct rp_endpoint *) ready;
  void (*doorbell)(struct rp_thread *thread); /* any thread may call it; must not block */
  struct rp_endpoint *first, *last; /* taken, in the order of pushing; the owner's */
  uint32_t round;                   /* wake-ups so far; the owner's */
} rp_thread;

void rp_thread_init(rp_thread *thread, void (*doorbell)(rp_thread *thread));

/* Put an endpoint on its thread's list and ring if the thread rests. Any thread that holds the token of
 * the endpoint and knows that the thread cannot end meanwhile (it holds the channel's lock, or is the
 * thread itself). Lock-free. */
void rp_thread_push(rp_thread *thread, struct rp_endpoint *endpoint);

/* Begin a round: the doorbell has rung, or there is news. Ends the rest and sees all pushes before the
 * ring, though the doorbell itself orders nothing. Owner only, wait-free. */
void rp_thread_wake(rp_thread *thread);

/* The next endpoint with news that has not had its turn in this round, NULL if there is none: what is
 * pushed again has to wait for the next round, so that no port starves the others or the loop.
 * Owner only. Lock-free. */
struct rp_endpoint *rp_thread_next(rp_thread *thread);

/* Take an endpoint off the list if it is on it. Owner only; no one may be pushing it. Constant, but for what
 * others have pushed meanwhile. */
bool rp_thread_remove(rp_thread *thread, struct rp_endpoint *endpoint);

/* Go to rest. Owner only, wait-free. False: there is news, look again. */
bool rp_thread_rest(rp_thread *thread);

/* End the rest to look for news without a doorbell, until rp_thread_rest(). Owner only, wait-free. False:
 * somebody has just done so, and the doorbell is on its way: hear it first, or a later rest could
 * be followed by a second ring while the first is not heard. */
bool rp_thread_watch(rp_thread *thread);

/* Whether there is news, for who looks again and again. Owner only, wait-free. */
bool rp_thread_news(const rp_thread *thread);

#endif
