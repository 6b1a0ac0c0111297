/*
 * env.h - the data of one Node environment: a thread, its loop and its doorbell.
 *
 * All of it belongs to the environment's thread, except `ready_list.ready`, which other
 * threads push on, and the doorbell, which they ring. They do so only while they hold the
 * lock of a channel with an endpoint attached to this thread. A closing environment
 * closes all its endpoints first, so nobody can reach the doorbell when it goes.
 */
#ifndef RP_NODE_ENV_H_
#define RP_NODE_ENV_H_

#include <node_api.h>
#include <uv.h>

#include "core/port/channel.h"
#include "core/process/threads.h"
#include "node/spin.h"

/* Control words, by which the wrapper and the binding pass numbers without a Node-API
 * call: X(name). */
#define RP_CONTROL_LIST(X)                                                               \
  X(START)  /* post: first byte of the message in the scratch */                         \
  X(END)    /* post: end of the message; postMany: of the outbox */                      \
  X(FLAGS)  /* post: flags of the record */                                              \
  X(STATUS) /* post, receive: 0 or RP_E... */                                            \
  X(BYTES)  /* receive out: bytes of the batch */                                        \
  X(COUNT)  /* receive in: records to step over first; out: records of the batch */      \
  X(MAX)    /* receive in: most records; 0: one, also if it has to wait in its turn */   \
  X(STAGED) /* post: first staged block of the message */                                \
  X(SLOT)   /* post: of the port */                                                      \
  X(FLOW) /* post: 1: the queue has reached its mark; open, attach: 1: it has a mark */  \
  X(CALL) /* readValues in: 1: also a part of a request; out: its first word, or 0 */    \
  X(ID)   /* readValues out: its second word */

#define RP_CONTROL_ENTRY(name) RP_CONTROL_##name,
enum { RP_CONTROL_LIST(RP_CONTROL_ENTRY) RP_CONTROL_WORDS = 16 };

/* MAX for all messages, also those that have to wait. */
#define RP_MAX_ALL 0x7fffffff

/* More values of STATUS: X(name, value). */
#define RP_STATUS_LIST(X)                                                                \
  X(OTHER, 1) /* postValue, readValues: a value that C cannot write or read */           \
  X(SHAPE, 2) /* readValues: an object of the shape in BYTES, unknown to C so far */     \
  X(WHOLE, 3) /* readValues: a message that the Node channel carries whole */

#define RP_STATUS_ENTRY(name, value) RP_STATUS_##name = (value),
enum { RP_STATUS_LIST(RP_STATUS_ENTRY) };

typedef enum rp_port_state {
  RP_PORT_FREE,
  RP_PORT_OPEN,
  RP_PORT_CLOSING, /* closed or transferred; freed in the closing phase of the loop */
} rp_port_state;

/* Counters of a port: its thread stores them, any thread loads them; see threads.h. They
 * begin anew where a port arrives, except `received`, which the endpoint counts. */
typedef struct rp_port_counts {
  rp_atomic_u64 bytes_in;
  rp_word received; /* records stepped over, as the inbox counts them */
  rp_word turns;    /* how often the wrapper was called for it */
  rp_word by_node;  /* messages out that Node's channel has carried */
  rp_word stalls;   /* how often it has reached its mark */
} rp_port_counts;

typedef struct rp_port {
  rp_endpoint *endpoint; /* NULL: withdrawn or transferred */
  napi_async_context context;
  uint64_t away;      /* id of the withdrawn endpoint */
  uint32_t next_free; /* next free slot */
  uint8_t state;
  rp_port_spin spin;
  bool receiving; /* started */
  uint8_t waits;  /* calls of its place, or polls, that a marked record waits for */
  /* JavaScript has run for Node's channel since libuv called older handles: what has been
   * published meanwhile waits for the next call of its place. */
  bool late;
  uint32_t covered; /* number of the first record that may have to wait; see order.h */
  uint32_t posts;   /* rp_env.posts when it last sent */
  rp_port_counts counts;
  uint32_t serial;   /* rp_env.serial when it got its endpoint */
  bool is_full;      /* has reached its mark, and nobody has seen it drained since */
  uv_async_t *place; /* see order.h; NULL: none */
} rp_port;

/* Memory of a typed array of the wrapper, kept alive by the reference. */
typedef struct rp_view {
  napi_ref ref;
  uint8_t *data;
  size_t length;
} rp_view;

struct rp_env;

/* What port_wait.c keeps for a thread. */
typedef struct rp_wait {
  uint32_t depth;  /* calls of waitBegin() without their waitEnd() */
  bool watches;    /* the first of them has ended the rest of the ready list */
  rp_backoff vain; /* unsuccessful spins */
} rp_wait;

/* See order.h. */
typedef struct rp_order {
  uint32_t *slots; /* ports that wait */
  uint32_t length, capacity;
  uint32_t unplaced;        /* how many of these have no place */
  uv_check_t *check;        /* for those: runs after each poll; NULL: never used */
  uv_idle_t *again;         /* active: the loop polls without blocking */
  const uv_async_t *called; /* the doorbell or a place, while the loop calls it */
  /* Called when libuv calls a place, or at the end of a poll. */
  void (*serve)(struct rp_env *e, const uv_async_t *place);
} rp_order;

typedef struct rp_env {
  rp_ready_list ready_list; /* first: rp_doorbell_ring() casts its address */
  napi_env env;
  uv_loop_t *loop;
  uv_async_t *doorbell;
  uv_idle_t *reserve; /* closes ports without memory for a handle; see ports.c */
  uint32_t unclosed;  /* slot of the first of these, linked by next_free */
  napi_async_cleanup_hook_handle hook;
  uint32_t open_handles;            /* libuv handles not yet closed */
  void (*finish)(struct rp_env *e); /* called when the last has closed */
  uint64_t spawn_horizon;           /* see rp_spawn_claim() */
  bool prepares;                    /* `preparer` was started; finish() joins it */
  uv_thread_t preparer;             /* prepares the barrier of the process */
  bool closing;
  bool ref_by_ports, ref_by_rings; /* what keeps the loop alive */
  rp_counters counters;            /* see threads.h */
  rp_loop_spin loop_spin;
  rp_turn_spin turn_spin;
  rp_order order;
  rp_wait wait;

  rp_endpoint *turn; /* whose callback runs; NULL: none */

  /* Held to change `ports`, its length, the endpoint of a port or its mark. The thread
   * itself reads them without it; others take it to read; see threads.h. */
  rp_lock ports_lock;
  rp_port *ports; /* by slot */
  uint32_t ports_length;
  uint32_t serial;    /* how often a port has got an endpoint */
  uint32_t free_slot; /* RP_NO_SLOT: none */

  napi_ref receiver; /* `this` of dispatch and closed */
  napi_ref dispatch;
  napi_ref closed;
  napi_ref collect; /* (...values) => values */
  rp_view scratch;  /* what post reads */
  rp_view outbox;   /* what postMany reads */
  rp_view inbox;    /* what receive writes */
  rp_view control;  /* int32_t[RP_CONTROL_WORDS] */
  rp_view posts;    /* uint32_t: number of posts to channels of Node's; see order.h */

  struct rp_rings *rings; /* NULL: none used; see ring_buffer.c */

  rp_block *staged; /* blocks of messages being encoded */
  uint32_t staged_length, staged_capacity;

  struct rp_flat_shape *flat; /* by number; see flat.c */
  uint8_t *batch;             /* records that were read, still in the ring */
  uint32_t flat_length;
  uint32_t flats_left;   /* how many more it reads: then the codec is faster */
  uint32_t wanted_shape; /* met and not introduced; RP_NO_SHAPE: none */
  uint32_t batch_bytes, batch_count;
  uint32_t batch_slot; /* RP_NO_SLOT: none */
} rp_env;

#define RP_NO_SLOT UINT32_MAX
#define RP_NO_SHAPE UINT32_MAX

/* Return the control words; only after rp_env_setup(). */
static inline uint32_t *
rp_control(rp_env *e) {
  return (uint32_t *) (void *) e->control.data;
}

/* Call a function of the wrapper as libuv callbacks must: ticks and microtasks run after
 * it, an error goes to 'uncaughtException'. `context` may be NULL. Owner's thread.
 * Returns false if JavaScript cannot run any more. */
bool rp_env_call(rp_env *e, napi_async_context context, napi_ref receiver,
                 napi_ref function, size_t argc, const napi_value *argv);

/* setup(receiver, dispatch, closed, control): the wrapper introduces itself. */
napi_value rp_env_setup(napi_env env, napi_callback_info info);

/* setScratch(Uint8Array): what post() reads. setOutbox(Uint8Array): what postMany()
 * reads. setInbox(Uint8Array): what receive() writes. */
napi_value rp_env_set_scratch(napi_env env, napi_callback_info info);
napi_value rp_env_set_outbox(napi_env env, napi_callback_info info);
napi_value rp_env_set_inbox(napi_env env, napi_callback_info info);

/* Make an array of values by setCollect()'s function, in a third of the time that
 * napi_set_element() takes. Returns NULL on failure. Owner's thread. */
napi_value rp_env_collect(rp_env *e, uint32_t count, const napi_value *values);

/* setCollect(function, flats): function(...values) returns its arguments as an array.
 * `flats` is how many objects and arrays tree.c reads at most. */
napi_value rp_env_set_collect(napi_env env, napi_callback_info info);

/* setPosts(Uint8Array of 4 bytes): where the wrapper counts the posts of this thread to
 * channels of Node's. */
napi_value rp_env_set_posts(napi_env env, napi_callback_info info);

/* setRef(boolean, rings): whether ports (rings: shared rings) keep the loop alive. */
napi_value rp_env_set_ref(napi_env env, napi_callback_info info);

/* fatal(error): handle an uncaught error. Returns if 'uncaughtException' has handled
 * it. */
napi_value rp_env_fatal(napi_env env, napi_callback_info info);

/* A handle that counts in open_handles has closed. Returns true if it was the last and
 * the environment was freed. */
bool rp_env_release_handle(rp_env *e);

/* Close callback of a malloced handle that counts in open_handles and has the environment
 * as data. */
void rp_env_handle_closed(uv_handle_t *handle);

/* Return the open port whose slot is `value`, or NULL. */
rp_port *rp_env_port(rp_env *e, napi_value value);

/* The same, but the port may be closing: as long as it has its endpoint, it can be
 * read. */
rp_port *rp_env_readable_port(rp_env *e, napi_value value);

/* The same, by slot. */
rp_port *rp_env_port_at(rp_env *e, uint32_t slot);

/* The same, but the port may have no endpoint: any slot that is not free. */
rp_port *rp_env_used_port(rp_env *e, napi_value value);

#endif
