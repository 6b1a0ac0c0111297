/*
 * ready_list.h - the list of endpoints that have news for one thread, and its doorbell.
 *
 * Any thread pushes, the owner takes all at once. The word `ready` is either
 *
 *   RESTING      the owner sleeps or will sleep: who pushes next owes one ring of the doorbell
 *   NULL         the owner is awake, called or of its own accord, and will look again before it rests
 *   an endpoint       the last one pushed; the others follow by their ready_next
 *
 * which is the parking token once more, for the thread: between two rests the doorbell
 * rings at most once, however many ports get news. The doorbell has only to have the
 * owner call rp_ready_list_wake() some time; happens-before comes with this word. An
 * endpoint is on at most one list, because whoever pushes it holds the token of its
 * inbox.
 */
#ifndef RP_CORE_PORT_READY_LIST_H_
#define RP_CORE_PORT_READY_LIST_H_

#include <stdbool.h>

#include "core/atomic.h"

struct rp_endpoint;

typedef struct rp_ready_list {
  _Atomic(struct rp_endpoint *) ready;
  void (*doorbell)(
      struct rp_ready_list *list);  /* any thread may call it; must not block */
  struct rp_endpoint *first, *last; /* taken, in the order of pushing; the owner's */
  uint32_t round;                   /* wake-ups so far; the owner's */
} rp_ready_list;

void rp_ready_list_init(rp_ready_list *list, void (*doorbell)(rp_ready_list *list));

/* Put an endpoint on its thread's list and ring if the thread rests. Any thread that
 * holds the token of the endpoint and knows that the thread cannot end meanwhile (it
 * holds the channel's lock, or is the thread itself). Lock-free. */
void rp_ready_list_push(rp_ready_list *list, struct rp_endpoint *endpoint);

/* Begin a round: the doorbell has rung, or there is news. Ends the rest and sees all
 * pushes before the ring, though the doorbell itself orders nothing. Owner only,
 * wait-free. */
void rp_ready_list_wake(rp_ready_list *list);

/* The next endpoint with news that has not had its turn in this round, NULL if there is
 * none: what is pushed again has to wait for the next round, so that no port starves the
 * others or the loop. Owner only. Lock-free. */
struct rp_endpoint *rp_ready_list_next(rp_ready_list *list);

/* Take an endpoint off the list if it is on it. Owner only; no one may be pushing it.
 * Constant, but for what others have pushed meanwhile. */
bool rp_ready_list_remove(rp_ready_list *list, struct rp_endpoint *endpoint);

/* Go to rest. Owner only, wait-free. False: there is news, look again. */
bool rp_ready_list_rest(rp_ready_list *list);

/* End the rest to look for news without a doorbell, until rp_ready_list_rest(). Owner
 * only, wait-free. False: somebody has just done so, and the doorbell is on its way: hear
 * it first, or a later rest could be followed by a second ring while the first is not
 * heard. */
bool rp_ready_list_watch(rp_ready_list *list);

/* Whether there is news, for who looks again and again. Owner only, wait-free. */
bool rp_ready_list_news(const rp_ready_list *list);

#endif
