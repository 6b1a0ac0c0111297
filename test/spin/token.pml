/*
 * token.pml - the wake-up token from a publish to the run of the consumer's loop (src/core/ring.c,
 * thread.c, src/node/env.c), with liveness: whatever is published is read, under weak fairness.
 *
 * PORTS producers each write to an inbox of their own; all inboxes belong to one thread, which sleeps
 * in its loop. Each step marked atomic is one read-modify-write of one word. The doorbell is libuv's: a
 * flag that a ring sets and the loop clears before the callback runs.
 *
 * What may break is chosen by -D: see run.js.
 */
#define PORTS 2
#define MESSAGES 3

/* An inbox: tail is position, PARKED and SEALED in one word. */
byte position[PORTS];
bool parked[PORTS] = true;
bool sealed[PORTS];
byte head[PORTS];
bool closed[PORTS]; /* the consumer has read the seal */

/* Where the tokens are, for the invariant: parked, with a waker, on a list, or in its turn. */
bool waking[PORTS];
bool listed[PORTS];
bool turn[PORTS];

/* The ready list: a word that holds RESTING or a set of inboxes. */
bool resting = true;
bool pending; /* the flag of the doorbell */
byte rings;   /* rings that the loop has not heard */

#define TOKENS(i) (parked[i] + waking[i] + listed[i] + turn[i])

/* Push on the ready list; whoever finds RESTING there rings. */
inline push(i) {
  atomic {
    waking[i] = false;
    turn[i] = false;
    assert(!listed[i]);
    listed[i] = true;
    rang = resting;
#ifndef PUSH_KEEPS_RESTING
    resting = false;
#endif
  }
  if
  :: rang ->
     atomic {
       /* The relaxed fast path of uv_async_send(): it must never find the flag set. */
       assert(!pending);
       pending = true;
       rings++;
       assert(rings == 1)
     }
  :: else
  fi
}

proctype producer(byte i) {
  byte sent = 0;
  bool owed, rang, last;

  do
  :: sent < MESSAGES ->
     last = (sent + 1 == MESSAGES);
     /* rp_ring_publish(), or rp_ring_seal() with the last one. */
#ifdef PUBLISH_IN_TWO
     owed = parked[i];
#endif
     atomic {
#ifndef PUBLISH_IN_TWO
       owed = parked[i];
#endif
       position[i]++;
       parked[i] = false;
       waking[i] = owed;
       sealed[i] = last
     }
     sent++;
     if
     :: owed -> push(i)
     :: else
     fi
  :: else -> break
  od
}

/* rp_half_end(): park, and see whether something came first. */
inline park(i) {
  atomic { old = position[i]; ended = sealed[i]; turn[i] = false; parked[i] = true }
  if
#ifdef PARK_DOES_NOT_LOOK
  :: true
#elif defined(PARK_MISSES_THE_SEAL)
  :: old == head[i] || ended
#else
  :: old == head[i] && !ended
#endif
  :: else ->
     /* rp_ring_unpark(): ours to take back, unless a publish has taken it. */
#ifdef UNPARK_DOES_NOT_LOOK
     atomic { again = true; parked[i] = false; turn[i] = true }
#else
     atomic { again = parked[i]; parked[i] = false; turn[i] = again }
#endif
     if
     :: again -> push(i)
     :: else
     fi
  fi
}

active proctype loop() {
  byte i, old;
  bool ended, again, rang, rest;

  do
  :: atomic { pending -> pending = false; rings-- }
     /* on_doorbell(): the half that is taken first is anybody's. */
     do
     :: atomic { resting == false && (listed[0] || listed[PORTS - 1]) ->
          if
          :: listed[0] -> i = 0
          :: listed[PORTS - 1] -> i = PORTS - 1
          fi;
          listed[i] = false;
          turn[i] = true
        }
        do
        :: head[i] != position[i] -> head[i]++
        :: else -> break
        od;
        if
        /* The owner closes the half: it is off every list. */
        :: atomic { sealed[i] && head[i] == position[i] -> closed[i] = true; turn[i] = false }
        :: else -> park(i)
        fi
     :: !listed[0] && !listed[PORTS - 1] ->
        /* rp_thread_rest(): a CAS, which fails if somebody has pushed. */
        atomic {
#ifdef REST_DOES_NOT_LOOK
          rest = true;
#else
          rest = !listed[0] && !listed[PORTS - 1];
#endif
          if
          :: rest -> resting = true; break
          :: else
          fi
        }
     od
  :: atomic { closed[0] && closed[PORTS - 1] && !pending -> break }
  od
}

init {
  byte i;

  atomic {
    for (i : 0 .. PORTS - 1) { run producer(i) }
  }
}

#define EXACTLY_ONE(i) (closed[i] || TOKENS(i) == 1)

/* The token of an inbox is in exactly one place. */
ltl once { [] (EXACTLY_ONE(0) && EXACTLY_ONE(PORTS - 1)) }
ltl read { <> (head[0] == MESSAGES && head[PORTS - 1] == MESSAGES && closed[0] && closed[PORTS - 1]) }
