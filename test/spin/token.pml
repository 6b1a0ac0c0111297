/*
 * token.pml - the wake-up token, from a publish to the turn of the half in the consumer's loop
 * (src/core/ring.c, thread.c, the parking of channel.c, src/node/env.c and idle.c), with liveness.
 *
 * PORTS producers, each with an inbox of its own; all inboxes belong to one thread, whose loop sleeps until
 * the doorbell rings, or watches. A producer writes up to MESSAGES and may stop after any of them, or
 * seal: so no record is saved by the doorbell of a later one. In each of its turns a half reads one
 * message or all, and its owner may stop it; whoever is stopped is started again in a later
 * iteration, before or after it was drained from outside.
 *
 * One read-modify-write of one word is one atomic step, a look at a word is another. The doorbell is
 * libuv's: a flag that a ring sets, and that the loop clears before it calls back.
 *
 * What may break is chosen by -D: see run.js.
 */
#ifndef PORTS
#define PORTS 2
#endif
#ifndef MESSAGES
#define MESSAGES 2
#endif
#define STOPS 1   /* of each half */
#define WATCHES 1 /* or the loop could watch for ever and never come to its timers */

/* An inbox: position, parked and sealed are one word, tail. */
byte position[PORTS];
bool parked[PORTS] = true;
bool sealed[PORTS];
byte head[PORTS];
bool closed[PORTS]; /* the seal has been read, and the half is gone */

/* Where the tokens are besides: with a waker, on the list, with the owner. */
bool waking[PORTS];
bool listed[PORTS];
bool awake[PORTS];
bool receiving[PORTS] = true;

/* The word `ready`: RESTING, or the halves that were pushed. What the owner has taken, in order. */
bool resting = true;
byte pushes;
byte pushed[PORTS];
chan taken = [PORTS] of { byte };

bool bell;       /* the flag */
byte owed_bells; /* whoever found RESTING and has not rung yet */

#define TOKENS(i) (parked[i] + waking[i] + listed[i] + awake[i])

inline ring() {
  atomic {
    owed_bells--;
    /* uv_async_send() does nothing if it finds the flag set: that must not matter. */
    assert(!bell);
    bell = true
  }
}

/* rp_thread_push(), by who has the token. */
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

active [PORTS] proctype producer() {
  byte i = _pid;
  bool owed, rings;

  do
  :: position[i] < (i == 0 -> MESSAGES : 1) ->
     /* rp_ring_publish() */
#ifdef PUBLISH_STORES
     owed = parked[i];
     atomic { position[i]++; waking[i] = owed; parked[i] = false }
#else
     atomic { position[i]++; owed = parked[i]; waking[i] = owed; parked[i] = false }
#endif
     if
     :: owed -> push(i)
     :: else
     fi
  :: break
  :: /* rp_ring_seal() */
     atomic { sealed[i] = true; owed = parked[i]; waking[i] = owed; parked[i] = false }
     if
     :: owed -> push(i)
     :: else
     fi;
     break
  od
}

/* rp_ring_park(): into tail, unless something came first. */
inline park(i) {
  atomic {
#ifdef PARK_DOES_NOT_LOOK
    again = false;
#else
#ifdef PARK_MISSES_THE_SEAL
    again = position[i] != head[i];
#else
    again = position[i] != head[i] || sealed[i];
#endif
#endif
    awake[i] = false;
    parked[i] = true
  }
  if
  :: again ->
#ifdef UNPARK_IS_BLIND
     atomic { parked[i] = false; awake[i] = true; again = true }
#else
     /* rp_ring_unpark(): a later publish may have taken it. */
     atomic { again = parked[i]; parked[i] = false; awake[i] = again }
#endif
     if
     :: again -> again = false; push(i)
     :: else
     fi
  :: else
  fi
}

mtype = { STAYS, COMES_AGAIN, PARKS };

/* The callback of one half, then rp_half_end(). */
inline turn(i) {
  assert(awake[i] && !closed[i]);
  if
  :: receiving[i] ->
     do
     :: head[i] != position[i] ->
        head[i]++;
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
#ifdef A_STOPPED_HALF_DROPS_IT
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

/* rp_env_serve(): each half once; those that have had their turn lie behind the others. */
inline serve() {
  do
  :: take_all();
     if
     :: atomic { nempty(taken) -> taken?<half> }
        if
        :: had[half] -> break
        :: else ->
           atomic { taken?half; had[half] = true; listed[half] = false; awake[half] = true }
           turn(half)
        fi
     :: empty(taken) -> break
     fi
  od;
  atomic { half = 0; had[0] = false; had[PORTS - 1] = false }
}

/* rp_thread_rest(), and who has to come back rings itself. */
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
  byte half, k, watches, stops[PORTS];
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
  :: /* rp_thread_watch(): not while a doorbell is on its way. */
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
  :: /* A timer starts what is stopped. */
     (!receiving[0] || !receiving[PORTS - 1]) ->
     if
     :: !receiving[0] -> half = 0
     :: !receiving[PORTS - 1] -> half = PORTS - 1
     fi;
     if
     :: /* receiveMessageOnPort() to the end, rp_half_drained(). */
        do
        :: head[half] != position[half] -> head[half]++
        :: else -> break
        od;
        if
        :: awake[half] -> park(half)
        :: else
        fi
     :: true
     fi;
     receiving[half] = true;
     /* rp_half_schedule() */
#ifdef SCHEDULE_WITHOUT_THE_TOKEN
     again = !closed[half];
#else
     atomic {
       again = awake[half] || parked[half];
       if
       :: !awake[half] && parked[half] -> parked[half] = false; awake[half] = true
       :: else
       fi
     }
#endif
     if
     :: again -> again = false; push(half)
     :: else
     fi;
     half = 0
  od
}

#define ONE(i) (closed[i] || TOKENS(i) == 1)
#define DONE(i) (head[i] == position[i] && (closed[i] || !sealed[i]))

/* A token is in one place, and there is never a second ring. */
ltl once { [] (ONE(0) && ONE(PORTS - 1) && owed_bells + bell <= 1) }
/* Whatever is published is read in the end, and so is the seal. */
ltl read { <> [] (DONE(0) && DONE(PORTS - 1)) }
