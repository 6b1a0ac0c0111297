/*
 * token.pml - the wake-up token, from a publish to the endpoint's turn in the consumer's
 * loop, with liveness. Models parking.h, segment_ring.c, ready_list.c and the parking of
 * channel.c in src/core/port, and doorbell.c and loop_spin.c in src/node.
 *
 * There are PORTS producers, each with its own inbox. All inboxes belong to one thread,
 * whose loop sleeps until the doorbell rings, or polls. A producer writes up to MESSAGES
 * and may stop after any of them, or seal. So no later doorbell can save a record. In its
 * turn an endpoint reads one message or all of them, and its owner may stop it. A stopped
 * endpoint is started again in a later iteration, before or after it is drained outside
 * its turn. Others may be drained outside their turn, too.
 *
 * A read-modify-write of a word is one atomic step, a load of a word another. A
 * producer's store to tail is delayed until it does an exchange, the consumer passes its
 * barrier, or the memory makes it visible. The doorbell is libuv's: a flag that a ring
 * sets and that the loop clears before the callback.
 *
 * -D selects what to break; see run.js.
 */
#ifndef PORTS
#define PORTS 2
#endif
#ifndef MESSAGES
#define MESSAGES 2
#endif
#define STOPS 1   /* of each endpoint */
#define POLLS 1
#define WATCHES 1 /* or the loop could watch for ever and never come to its timers */

/* An inbox: position and sealed are one word, tail; parked and asymmetric are one each. */
byte position[PORTS];
bool sealed[PORTS];
bool parked[PORTS] = true;
bool asymmetric[PORTS];
byte stored[PORTS]; /* by the producer; up to position has arrived */
bool seals[PORTS];  /* stored, too */
byte head[PORTS];
bool closed[PORTS]; /* the seal has been read, and the endpoint is gone */

/* Where the tokens are besides: with a waker, on the list, with the owner. */
bool waking[PORTS];
bool listed[PORTS];
bool awake[PORTS];
bool receiving[PORTS] = true;

/* The word `ready`: RESTING, or the endpoints that were pushed. What the owner has taken, in order. */
bool resting = true;
byte pushes;
byte pushed[PORTS];
chan taken = [PORTS] of { byte };

bool bell;       /* the flag */
byte owed_bells; /* whoever found RESTING and has not rung yet */

#define ARRIVED(i) (position[i] == stored[i] && sealed[i] == seals[i])

inline arrive(i) {
  position[i] = stored[i];
  sealed[i] = seals[i]
}

#define TOKENS(i) (parked[i] + waking[i] + listed[i] + awake[i])

inline ring() {
  atomic {
    owed_bells--;
    /* uv_async_send() does nothing if it finds the flag set: that must not matter. */
    assert(!bell);
    bell = true
  }
}

/* rp_ready_list_push(), by who has the token. */
inline push(i) {
  atomic {
    waking[i] = false;
    awake[i] = false;
    assert(!listed[i]);
    listed[i] = true;
    pushed[pushes] = i;
    pushes++;
#ifdef PUSH_ALWAYS_RINGS
    rings = true;
#else
    rings = resting;
#endif
#ifndef PUSH_KEEPS_RESTING
    resting = false;
#endif
    owed_bells = owed_bells + rings
  }
  if
  :: rings -> rings = false; ring()
  :: else
  fi
}

/* rp_parking_take() by a producer. */
inline exchange(i) {
  atomic {
    arrive(i);
    wakeup_pending = parked[i];
    waking[i] = wakeup_pending;
    parked[i] = false
  }
}

/* rp_parking_publish(): the position, or the seal. Of all but the first it is one step, to keep the number
 * of states down: they never find `asymmetric` set. */
inline publish(i, count, seal) {
  if
  :: i != 0 -> atomic { stored[i] = stored[i] + count; seals[i] = seal; exchange(i) }
  :: else ->
#ifdef PUBLISH_TAKES_FIRST
     spared = asymmetric[i];
     if
     :: !spared -> exchange(i)
     :: else
     fi;
     spared = true;
#endif
#ifdef ASYMMETRIC_IS_SEEN_FIRST
     spared = asymmetric[i];
#endif
     atomic { stored[i] = stored[i] + count; seals[i] = seal };
#ifndef ASYMMETRIC_IS_SEEN_FIRST
     spared = spared || asymmetric[i];
#endif
#ifdef PUBLISH_ONLY_LOOKS
     spared = spared || !parked[i];
#endif
     if
     :: !spared -> exchange(i)
     :: else
     fi;
     spared = false
  fi;
  if
  :: wakeup_pending -> wakeup_pending = false; push(i)
  :: else
  fi
}

active [PORTS] proctype producer() {
  byte i = _pid;
  bool wakeup_pending, rings, spared;

  do
  :: stored[i] < (i == 0 -> MESSAGES : 1) -> publish(i, 1, false)
  :: break
  :: publish(i, 0, true); break
  od
}

active proctype memory() {
end:
  do
  :: atomic { !ARRIVED(0) -> arrive(0) }
  od
}

inline pass_barrier(i) {
  atomic {
    if
    :: again -> arrive(i)
    :: else
    fi
  }
}

/* rp_segment_park(): the token stays, unless something came first. */
inline park(i) {
  again = asymmetric[i];
#ifdef BARRIER_COMES_FIRST
  pass_barrier(i);
#endif
#ifndef ASYMMETRIC_STAYS
  asymmetric[i] = false;
#endif
  atomic { awake[i] = false; parked[i] = true }
#ifndef NO_BARRIER
#ifndef BARRIER_COMES_FIRST
  pass_barrier(i);
#endif
#endif
#ifdef PARK_DOES_NOT_LOOK
  again = false;
#else
#ifdef PARK_MISSES_THE_SEAL
  again = position[i] != head[i];
#else
  again = position[i] != head[i] || sealed[i];
#endif
#endif
  if
  :: again ->
#ifdef UNPARK_IS_BLIND
     atomic { parked[i] = false; awake[i] = true; again = true }
#else
     /* rp_parking_take(): a producer may have been faster. */
     atomic { again = parked[i]; parked[i] = false; awake[i] = again }
#endif
     if
     :: again -> again = false; push(i)
     :: else
     fi
  :: else
  fi
}

/* One message; after some of the first, rp_parking_go_asymmetric(). */
inline read_one(i) {
  atomic {
    head[i]++;
    if
#ifndef A_PARKED_ONE_GRANTS
    :: i == 0 && !parked[i] -> asymmetric[i] = true
#else
    :: i == 0 -> asymmetric[i] = true
#endif
    :: true
    fi
  }
}

mtype = { STAYS, COMES_AGAIN, PARKS };

/* The callback of one endpoint, then rp_endpoint_end(). */
inline turn(i) {
  assert(awake[i] && !closed[i]);
  if
  :: receiving[i] ->
     do
     :: head[i] != position[i] ->
        read_one(i);
        if
        :: true
        :: break
        fi
     :: else -> break
     od;
     if
     :: stops[i] < STOPS -> stops[i]++; receiving[i] = false
     :: true
     fi
  :: else
  fi;
  atomic { /* one look at tail */
    if
    :: head[i] != position[i] && !receiving[i] ->
#ifdef A_STOPPED_ENDPOINT_DROPS_IT
       awake[i] = false;
#endif
       next = STAYS
    :: head[i] != position[i] && receiving[i] -> next = COMES_AGAIN
    :: head[i] == position[i] && sealed[i] ->
       awake[i] = false;
       closed[i] = true;
       receiving[i] = true;
       next = STAYS
    :: else -> next = PARKS
    fi
  }
  if
#ifdef END_FORGETS_THE_REST
  :: next == COMES_AGAIN -> atomic { awake[i] = false; parked[i] = true }
#else
  :: next == COMES_AGAIN -> push(i)
#endif
  :: next == PARKS -> park(i)
  :: next == STAYS
  fi;
  next = STAYS
}

/* take_all(): the oldest first. */
inline take_all() {
  atomic {
    k = 0;
    do
    :: k < pushes -> taken!pushed[k]; k++
    :: else -> break
    od;
    pushes = 0;
    k = 0
  }
}

/* rp_dispatch_serve(): each endpoint once; those that have had their turn lie behind the others. rp_ready_list_wake() ends the
 * rest, if a push has not. */
inline serve() {
  atomic { resting = false; take_all() }
  do
  :: take_all();
     if
     :: atomic { nempty(taken) -> taken?<endpoint> }
        if
        :: had[endpoint] -> break
        :: else ->
           atomic { taken?endpoint; had[endpoint] = true; listed[endpoint] = false; awake[endpoint] = true }
           turn(endpoint)
        fi
     :: empty(taken) -> break
     fi
  od;
  atomic { endpoint = 0; had[0] = false; had[PORTS - 1] = false }
}

/* rp_ready_list_rest(), and who has to come back rings itself. */
inline rest() {
#ifdef REST_DOES_NOT_LOOK
  atomic { fails = false; resting = true }
#else
  atomic {
    fails = nempty(taken) || pushes > 0;
    resting = resting || !fails
  }
#endif
  if
#ifndef REST_DOES_NOT_COME_BACK
  :: fails -> fails = false; owed_bells++; ring()
#endif
  :: else
  fi
}

active proctype loop() {
  byte endpoint, k, watches, polls, stops[PORTS];
  bool again, rings, fails, had[PORTS];
  mtype next = STAYS;

end:
  do
  :: bell ->
#ifdef BELL_IS_CLEARED_LATE
     serve();
     rest();
     bell = false
#else
     bell = false;
     serve();
     rest()
#endif
  :: /* rp_ready_list_watch(): not while a doorbell is on its way. */
     watches < WATCHES ->
     watches++;
#ifdef WATCH_IS_BLIND
     atomic { again = true; resting = false }
#else
     atomic { again = resting; resting = false }
#endif
     if
     :: again -> again = false; serve(); rest()
     :: else
     fi
  :: /* A timer reads from who is parked. */
     atomic { polls < POLLS && parked[0] && head[0] != position[0] -> polls++ }
     read_one(0)
  :: /* A timer starts what is stopped. */
     (!receiving[0] || !receiving[PORTS - 1]) ->
     if
     :: !receiving[0] -> endpoint = 0
     :: !receiving[PORTS - 1] -> endpoint = PORTS - 1
     fi;
     if
     :: /* receiveMessageOnPort() to the end, rp_endpoint_drained(). */
        do
        :: head[endpoint] != position[endpoint] -> read_one(endpoint)
        :: else -> break
        od;
        if
        :: awake[endpoint] -> park(endpoint)
        :: else
        fi
     :: true
     fi;
     receiving[endpoint] = true;
     /* rp_endpoint_schedule() */
#ifdef SCHEDULE_WITHOUT_THE_TOKEN
     again = !closed[endpoint];
#else
     atomic {
       again = awake[endpoint] || parked[endpoint];
       if
       :: !awake[endpoint] && parked[endpoint] -> parked[endpoint] = false; awake[endpoint] = true
       :: else
       fi
     }
#endif
     if
     :: again -> again = false; push(endpoint)
     :: else
     fi;
     endpoint = 0
  od
}

#define ONE(i) (closed[i] || TOKENS(i) == 1)
#define DONE(i) (ARRIVED(i) && head[i] == position[i] && (closed[i] || !sealed[i]))

#define BARRED(i) (!parked[i] || !asymmetric[i])

/* A token is in one place, not where the producer does not look, and there is never a second ring. */
ltl once { [] (ONE(0) && ONE(PORTS - 1) && BARRED(0) && BARRED(PORTS - 1) && owed_bells + bell <= 1) }
/* Whatever is published is read in the end, and so is the seal. */
ltl read { <> [] (DONE(0) && DONE(PORTS - 1)) }
