/*
 * change.pml - one side of a Worker switches from Node's channel to the ring
 * (lib/worker). One direction, since the other is the same. Each message is received
 * once, in the order of posting, and the last one arrives: in whatever order the loop
 * calls the receiver, and while its port stops and starts, or messages are taken by
 * receiveMessageOnPort().
 *
 * Node's channel and the ring each have a queue and a doorbell, which rings after the
 * message is queued. An iteration of the receiver's loop calls the handles that were
 * rung, in either order. Node's port delivers LIMIT messages per call.
 *
 * -D selects what to break; see run.js.
 */
#ifndef MESSAGES
#define MESSAGES 5
#endif
#define CHANGE 100
#define LIMIT 2

chan node = [MESSAGES + 1] of { byte };
chan ring = [MESSAGES] of { byte };
bool node_bell, ring_bell;
byte heard;

inline by_node(message) {
  node!message;
  node_bell = true
}

proctype sender() {
  byte next = 1;
  bool by_ring;

  do
  :: next > MESSAGES -> break
  :: next <= MESSAGES && !by_ring ->
     by_node(next);
     next++
  :: next < MESSAGES && !by_ring ->
     /* Node reads a message, a getter of which posts another one and has the port go over. */
     by_node(next);
#ifdef CHANGE_WHILE_NODE_READS
     by_node(CHANGE);
     by_node(next + 1);
#else
     by_node(next + 1);
     by_node(CHANGE);
#endif
     by_ring = true;
     next = next + 2
  :: next <= MESSAGES ->
#ifdef CHANGE_COMES_BEHIND
     ring!next;
     ring_bell = true;
     if
     :: !by_ring -> by_node(CHANGE)
     :: else
     fi;
#else
     if
     :: !by_ring -> by_node(CHANGE)
     :: else
     fi;
     ring!next;
     ring_bell = true;
#endif
     by_ring = true;
     next++
  od
}

inline hear(message) {
  assert(message == heard + 1);
  heard = message
}

/* What a wake-up delivers of the ring. */
inline drain() {
  do
  :: started && left > 0 && len(ring) > 0 ->
     ring?message;
     left--;
     hear(message)
  :: else -> break
  od
}

/* Node calls its port. */
inline call_node() {
  node_bell = false;
  left = LIMIT;
  do
  :: started && left > 0 && len(node) > 0 ->
     node?message;
     if
     :: message == CHANGE ->
        direct = true;
        drain()
     :: else -> left--; hear(message)
     fi
  :: else -> break
  od;
  /* TriggerAsync() of Node's. */
  if
  :: len(node) > 0 && started -> node_bell = true
  :: else
  fi
}

/* The addon calls for the ring. */
inline call_ring() {
  ring_bell = false;
  left = LIMIT;
  if
#ifndef RING_DOES_NOT_WAIT
  :: !direct ->
#ifndef WHO_WAITS_IS_FORGOTTEN
     ring_bell = started && len(ring) > 0 /* another turn, unless the port has stopped */
#else
     skip
#endif
#endif
  :: else ->
     drain();
     if
     :: len(ring) > 0 && started -> ring_bell = true
     :: else
     fi
  fi
}

/* receiveMessageOnPort() */
inline take() {
  do
  :: !direct && len(node) > 0 ->
     node?message;
     if
     :: message == CHANGE -> direct = true
     :: else -> hear(message); break
     fi
  :: direct && len(ring) > 0 -> ring?message; hear(message); break
  :: else -> break
  od
}

proctype receiver() {
  byte message, left, taken, stops;
  bool started = true, direct;

  do
  :: heard == MESSAGES -> break
  :: started && node_bell -> call_node()
  :: started && ring_bell && node_bell -> call_ring(); call_node()
  :: started && ring_bell && !node_bell -> call_ring()
  :: taken < 2 -> taken++; take()
  :: started && stops < 2 -> started = false; stops++
  :: !started ->
     started = true;
     node_bell = true;
     ring_bell = true
  od
}

init {
  atomic {
    run sender();
    run receiver()
  }
}

/* All is heard, whatever happens. */
ltl heard_all { <> (heard == MESSAGES) }
