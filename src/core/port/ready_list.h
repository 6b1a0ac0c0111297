/*
 * ready_list.h - the endpoints of a thread that have news, and its doorbell.
 *
 * Any thread pushes, the owner takes all at once. The word `ready` is one of
 *
 *   RESTING      the owner sleeps or is about to: the next push must ring the doorbell
 *   NULL         the owner is awake and will look again before it rests
 *   an endpoint  the last one pushed; the others follow by their ready_next
 *
 * So there is a second token, for the thread: it rings at most once between two rests,
 * however many ports get news. All the doorbell must do is to have the owner call
 * rp_ready_list_wake() later; happens-before comes from this word. An endpoint is on at
 * most one list, because only the holder of its inbox's token pushes it.
 */
#ifndef RP_CORE_PORT_READY_LIST_H_
#define RP_CORE_PORT_READY_LIST_H_

#include <stdbool.h>

#include "core/atomic.h"

struct rp_endpoint;
struct rp_senders;

typedef struct rp_ready_list {
  _Atomic(struct rp_endpoint *) ready;
  /* Called by any thread; must not block. */
  void (*doorbell)(struct rp_ready_list *list);
  struct rp_endpoint *first, *last; /* taken, oldest first; the owner's */
  uint32_t round;                   /* number of wake-ups; the owner's */
  /* See flow.h; NULL until the thread has an endpoint with a mark. The owner writes. */
  _Atomic(struct rp_senders *) senders;
} rp_ready_list;

void rp_ready_list_init(rp_ready_list *list, void (*doorbell)(rp_ready_list *list));

/* Put an endpoint on the list, and ring the doorbell if the thread rests. Lock-free. The
 * caller holds the token of the endpoint's inbox and keeps the thread from ending: it
 * holds the channel's lock, or is that thread. */
void rp_ready_list_push(rp_ready_list *list, struct rp_endpoint *endpoint);

/* Begin a round, after the doorbell has rung or rp_ready_list_news() has returned true.
 * Ends the rest, and sees all pushes before the ring although the doorbell orders
 * nothing. Owner only, wait-free. */
void rp_ready_list_wake(rp_ready_list *list);

/* Return the next endpoint with news that has not had a turn in this round, or NULL. What
 * is pushed again waits for the next round, so that no port starves the others or the
 * loop. Owner only, lock-free. */
struct rp_endpoint *rp_ready_list_next(rp_ready_list *list);

/* Take an endpoint off the list. No one may be pushing it. Returns false if it was not on
 * the list. Owner only; constant time, plus what others have pushed in the meantime. */
bool rp_ready_list_remove(rp_ready_list *list, struct rp_endpoint *endpoint);

/* Go to rest: the next push rings. Owner only, wait-free. Returns false if there is news:
 * look again. */
bool rp_ready_list_rest(rp_ready_list *list);

/* End the rest in order to look for news without a doorbell, until rp_ready_list_rest().
 * Owner only, wait-free. Returns false if a push has just done so and its doorbell is on
 * the way. Then wait for that doorbell: otherwise a later rest could be followed by a
 * second ring before the first is heard. */
bool rp_ready_list_watch(rp_ready_list *list);

/* Return true if there is news; made for polling. Owner only, wait-free. */
bool rp_ready_list_news(const rp_ready_list *list);

#endif
