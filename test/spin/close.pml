/*
 * close.pml - the end of a channel (src/core/port/channel.c): by close(), by termination
 * of a thread, or because an endpoint is lost in transit. In any order, the channel is
 * freed once, nobody accesses it afterwards, and a receiver reads all messages and then
 * the seal.
 *
 * Thread 1 keeps endpoint A. Endpoint B belongs to thread 2, which may transfer it to
 * thread 3: there it is attached, or dropped with the record that carries it, or lost as
 * a transfer handle. Thread 1 learns of a lost handle from the Node channel, and thread
 * 2, which made the handle, from the handle itself; one of them may have ended. A
 * terminated thread closes its endpoints; the checker chooses the two native calls
 * between which that happens.
 *
 * Each step under the channel's lock is one atomic step, and so is each read-modify-write
 * of a tail.
 *
 * -D selects what to break; see run.js.
 */
#ifndef MESSAGES
#define MESSAGES 1
#endif
#define A 0
#define B 1
#define PEER(h) (1 - (h))

mtype = { ATTACHED, DETACHED, CLOSED };
mtype = { AT_HOME, UNDER_WAY, ARRIVED, DROPPED, VANISHED };

mtype state[2] = ATTACHED;
byte owner[2];
bool token_held[2];       /* the token is here: nobody to ring */
bool lost_flag;     /* B is to be closed instead of detached */
bool announced;     /* B has an id */
bool registered;    /* B is in the registry */
byte freed;

byte written[2], read[2]; /* of the inbox of each endpoint */
bool parked[2] = true;
bool sealed[2];
bool listed[2];     /* on its owner's list */
bool turn[2];       /* its owner has the token */
byte bells[4];      /* of each thread */

mtype envelope = AT_HOME;
bool told;          /* the Node channel's end has closed: thread 1 hears it */
bool noticed;       /* the transfer handle has closed: thread 2 hears it */
byte ended;         /* the thread that does not hear it any more */
bool patient[2];    /* the owner does not close before it has read the seal */

inline touch() {
  assert(freed == 0)
}

inline wake(h) {
  touch();
  atomic {
    if
    :: owner[h] != 0 -> assert(!listed[h]); listed[h] = true; bells[owner[h]]++
#ifdef WAKE_FORGETS_IN_TRANSIT
    :: else
#else
    :: else -> token_held[h] = true
#endif
    fi
  }
}

/* rp_endpoint_write() and rp_endpoint_publish() of the other endpoint. */
inline write_to(h) {
  touch();
  atomic { assert(!sealed[h]); written[h]++; wakeup_pending = parked[h]; parked[h] = false }
  if
  :: wakeup_pending -> wake(h)
  :: else
  fi
}

inline leave(h) {
  touch();
#ifdef LEAVE_REMOVES_FIRST
  atomic { wakeup_pending = listed[h] || turn[h]; listed[h] = false; turn[h] = false }
  owner[h] = 0;
  atomic { token_held[h] = token_held[h] || wakeup_pending }
#else
  owner[h] = 0;
  /* From here on nobody pushes it; the list is its owner's, and the token goes with the endpoint. */
#ifdef LEAVE_FORGETS_THE_TOKEN
  atomic { listed[h] = false; turn[h] = false }
#else
  atomic { token_held[h] = token_held[h] || listed[h] || turn[h]; listed[h] = false; turn[h] = false }
#endif
#endif
}

inline mark_closed(h) {
  touch();
#ifdef LAST_IS_ASKED_UNLOCKED
  last = state[PEER(h)] == CLOSED;
  state[h] = CLOSED
#else
  atomic { state[h] = CLOSED; last = state[PEER(h)] == CLOSED }
#endif
}

inline seal(h) {
  touch();
  atomic { sealed[h] = true; wakeup_pending = parked[h]; parked[h] = false }
  if
  :: wakeup_pending -> wake(h)
  :: else
  fi
}

inline disentangle(h) {
#ifdef SEALS_AFTER_CLOSED
  mark_closed(h);
  seal(PEER(h));
#else
  seal(PEER(h));
  mark_closed(h);
#endif
  if
  :: last -> freed++; assert(freed == 1)
  :: else
  fi
}

/* rp_endpoint_lost(): who takes B out of the registry has it for itself. */
inline lose_b() {
#ifdef TWO_MAY_TAKE
  taken = registered;
  registered = false;
#else
  atomic { taken = registered; registered = false }
#endif
  if
  :: taken -> disentangle(B)
  :: else
  fi
}

/* rp_endpoint_peer_lost() by the owner of A. */
inline peer_lost() {
  touch();
  atomic {
    away = state[B] == DETACHED;
    if
#ifndef RUMOUR_IS_MISSED
    :: state[B] == ATTACHED && announced -> lost_flag = true
#endif
    :: else
    fi
  }
  if
  :: away -> lose_b()
  :: else
  fi
}

/* Sleep until the doorbell rings; the token comes with it if the endpoint is on the list. */
inline hear(me, h) {
  bells[me]--;
  if
  :: listed[h] -> listed[h] = false; turn[h] = true
  :: else
  fi
}

/* rp_endpoint_end() after everything has been read. */
inline rest(h, me) {
  atomic {
    raced = written[h] != read[h] || sealed[h];
    if
    :: turn[h] -> turn[h] = false; parked[h] = true
    :: else -> raced = false
    fi
  }
  if
  :: raced ->
     atomic {
       if
       :: parked[h] -> parked[h] = false; listed[h] = true; bells[me]++
       :: else /* taken: a doorbell is on its way */
       fi
     }
  :: else
  fi
}

proctype one() {
  bool wakeup_pending, last, taken, away, raced, in_transit;
  byte sent;

  do
  :: sent < MESSAGES -> write_to(B); sent++
  :: true -> break
  od;
  do
  :: read[A] < written[A] -> touch(); read[A]++
  :: read[A] == written[A] && sealed[A] && turn[A] -> break
  :: !patient[A] -> break
  :: atomic { told -> told = false }
     peer_lost()
  :: turn[A] && read[A] == written[A] && !sealed[A] -> rest(A, 1)
  :: atomic { bells[1] > 0 -> hear(1, A) }
  od;
  assert(!patient[A] || read[A] == written[A]);
  /* rp_endpoint_close(): if B is on its way, who closes here keeps the Node channel and listens. */
  leave(A);
  touch();
  atomic { in_transit = state[B] == DETACHED }
  disentangle(A);
  if
  :: in_transit && ended != 1 ->
end_listening:
     told;
     lose_b()
  :: else
  fi
}

/* B with the owner that it has now, until it is closed there. */
inline own_b(me) {
  do
  :: read[B] < written[B] -> touch(); read[B]++
  :: read[B] == written[B] && sealed[B] && turn[B] -> break
  :: !patient[B] -> break
  :: turn[B] && read[B] == written[B] && !sealed[B] -> rest(B, me)
  :: atomic { bells[me] > 0 -> hear(me, B) }
  od;
  assert(!patient[B] || read[B] == written[B]);
  leave(B);
  disentangle(B)
}

proctype two() {
  bool wakeup_pending, last, taken, away, raced;

  if
  :: write_to(A)
  :: true
  fi;
  if
  :: own_b(2)
  :: touch();
     announced = true;
     /* The envelope may be posted, and lost, before the endpoint has left. */
     if
     :: true -> envelope = UNDER_WAY
     :: true
     fi;
     leave(B);
     touch();
#ifdef DETACHED_BEFORE_REGISTERED
     atomic { last = lost_flag; state[B] = DETACHED }
     if
     :: !last -> registered = true
     :: else
     fi;
#else
     atomic { last = lost_flag; state[B] = DETACHED; registered = !last }
#endif
     if
     :: last -> disentangle(B)
     :: else
     fi;
     if
     :: envelope == AT_HOME -> envelope = UNDER_WAY
     :: else
     fi;
     if
#ifndef ONLY_THE_PEER_LISTENS
     :: ended != 2 ->
end_listening:
        noticed;
        lose_b()
#endif
     :: else
     fi
  fi
}

/* The record with the envelope is dropped unread, or Node loses it, or thread 3 gets it. */
proctype courier() {
  bool wakeup_pending, last, taken;

end_waiting:
  envelope != AT_HOME;
  if
  :: envelope = ARRIVED
  :: state[B] != ATTACHED -> envelope = DROPPED; lose_b()
  :: envelope = VANISHED; told = true; noticed = true
  fi
}

proctype three() {
  bool wakeup_pending, last, taken, raced;

end_waiting:
  atomic { envelope == ARRIVED -> skip }
  /* Nobody can read the message before the endpoint has left: the binding sees to that. */
  state[B] != ATTACHED;
  atomic { taken = registered; registered = false }
  if
  :: taken ->
     touch();
     atomic {
       owner[B] = 3;
       state[B] = ATTACHED;
       announced = false;
#ifdef ATTACH_DOES_NOT_LOOK
       turn[B] = false;
#else
       turn[B] = token_held[B];
#endif
       token_held[B] = false
     }
     /* rp_endpoint_schedule(): with the token, or with one taken out of tail. */
     atomic {
       if
       :: turn[B] || parked[B] -> turn[B] = false; parked[B] = false; listed[B] = true; bells[3]++
       :: else
       fi
     }
     own_b(3)
  :: else
  fi
}

init {
  atomic {
    owner[A] = 1;
    owner[B] = 2;
    /* Not both: somebody has to begin. */
    if
    :: patient[A] = true
    :: patient[B] = true
    :: true
    fi;
    /* If thread 2 ends before its transfer handle has arrived or is lost, thread 1 must listen until then: if A
     * was closed before B was detached, nobody is left to hear of a loss, and the channel stays. */
    if
    :: ended = 0
    :: ended = 1
    :: patient[A] -> ended = 2
    fi;
    run one();
    run two();
    run courier();
    run three()
  }
}

/* Whatever happens, in the end the channel is free. */
ltl ends { <> [] (freed == 1) }
