/*
 * env.h - what ringport keeps for one Node environment: one thread, one loop, one
 * doorbell.
 *
 * Everything here belongs to the thread of the environment, except `ready_list.ready`,
 * which others push on, and the doorbell, which others ring - only while they hold the
 * lock of a channel one endpoint of which is attached to this thread. Closing the
 * environment first closes all its endpoints, so nobody can reach the doorbell when it
 * goes.
 */
#ifndef RP_NODE_ENV_H_
#define RP_NODE_ENV_H_

#include <node_api.h>
#include <uv.h>

#include "core/port/channel.h"
#include "core/process/threads.h"
#include "node/spin.h"

/* Words that the wrapper and the binding share instead of passing numbers through
 * Node-API: X(name). The wrapper's copy is compared with this list by
 * test/js/constants.test.js. */
#define RP_CONTROL_LIST(X)                                                               \
  X(START)  /* post: first byte of the message in the scratch */                         \
  X(END)    /* post: end of the message; postMany: of the outbox */                      \
  X(FLAGS)  /* post: flags of the record */                                              \
  X(STATUS) /* post, receive: 0 or RP_E... */                                            \
  X(BYTES)  /* receive out: bytes of the batch */                                        \
  X(COUNT)  /* receive in: records to step over first; out: records of the batch */      \
  X(MAX)    /* receive in: most records; 0: one, also if it has to wait in its turn */   \
  X(STAGED) /* post: first staged block of the message */                                \
  X(SLOT)   /* post: of the port */

#define RP_CONTROL_ENTRY(name) RP_CONTROL_##name,
enum { RP_CONTROL_LIST(RP_CONTROL_ENTRY) RP_CONTROL_WORDS = 16 };

typedef enum rp_port_state {
  RP_PORT_FREE,
  RP_PORT_OPEN,
  RP_PORT_CLOSING, /* closed or sent away; gone, with a 'close' event, in the closing phase */
} rp_port_state;

typedef struct rp_port {
  rp_endpoint *endpoint; /* NULL: sent away */
  napi_async_context context;
  uint64_t away;      /* id of its endpoint while that is withdrawn */
  uint32_t next_free; /* slot, when free */
  uint8_t state;
  rp_port_spin spin;
  bool receiving; /* started: the callback may take messages */
  uint8_t
      waits; /* it has met a marked record, for so many calls of its place, or polls; see order.h */
  /* JavaScript has run for Node's channel since the loop called older handles: what has
   * been published meanwhile waits for the next call. */
  bool late;
  uint32_t covered;  /* number of the first record that may have to wait */
  uint32_t posts;    /* of the thread to channels of Node's, when it last sent */
  uv_async_t *place; /* among the handles of the loop; NULL: none */
} rp_port;

/* Memory of an ArrayBuffer that the wrapper gave us and keeps alive. */
typedef struct rp_view {
  napi_ref ref;
  uint8_t *data;
  size_t length;
} rp_view;

struct rp_env;

/* See loop_spin.h. Times are in nanoseconds; all but the first are 0 until setIdle() asks
 * for spinning. */
typedef struct rp_loop_spin {
  uint64_t port_limit; /* how long a port spins at most, see port_spin.h */
  uv_prepare_t
      *prepare;     /* runs right before the loop would block; NULL until it is needed */
  uv_idle_t *again; /* active: the loop must come back without blocking */
  uint64_t limit;   /* how long to spin at most */
  uint64_t budget;  /* how long it is worth to spin now */
  uint64_t
      since;     /* when the loop ran out of work, or last served a message by spinning */
  uint64_t vain; /* how long it has spun since the last news */
  rp_backoff taken; /* others needed the core: spinning is left out */
  rp_backoff deaf;  /* a hint was wrong: hints are not followed */
  bool hinted;      /* it spins because of a hint that has not been proved yet */
  bool watching;    /* the thread does not rest and no doorbell is on its way */
} rp_loop_spin;

/* See order.h. */
typedef struct rp_order {
  uint32_t *slots; /* of the ports that wait */
  uint32_t length, capacity;
  uint32_t unplaced; /* of these, ports without a place */
  uv_check_t *check; /* for those: runs behind each poll; NULL until it is needed */
  uv_idle_t *again;  /* active: the loop polls without blocking */
  const uv_async_t *called; /* the doorbell or a position, while the loop calls it */
  /* What libuv calling a place, or ending a poll, leads to. */
  void (*serve)(struct rp_env *e, const uv_async_t *place);
} rp_order;

typedef struct rp_env {
  rp_ready_list ready_list; /* first: the doorbell finds its environment by it */
  napi_env env;
  uv_loop_t *loop;
  uv_async_t *doorbell;
  uv_idle_t *reserve; /* closes ports for which there is no memory */
  uint32_t unclosed;  /* slot of the first of those, linked by next_free */
  napi_async_cleanup_hook_handle hook;
  uint32_t open_handles;            /* libuv handles not yet closed */
  void (*finish)(struct rp_env *e); /* the last of them has closed: free this */
  uint64_t spawn_horizon;           /* see rp_spawn_claim() */
  bool prepares;                    /* has begun the next, which finish() joins */
  uv_thread_t preparer;             /* of the process's barrier */
  bool closing;
  bool ref_by_ports, ref_by_rings; /* which of them keep the loop alive */
  rp_counters counters;            /* see threads.h */
  rp_loop_spin loop_spin;
  rp_order order;

  rp_endpoint *turn;    /* which the wrapper deals with, NULL: none */
  uint64_t spun_since;  /* when it first spun in that turn; 0: it has not */
  bool spins_on;        /* it goes on spinning in its next turn */
  uint64_t yields_from; /* until then, a port that spins yields no core */

  rp_port *ports; /* by slot */
  uint32_t ports_length;
  uint32_t free_slot; /* RP_NO_SLOT: none */

  napi_ref receiver; /* the object whose `dispatch` and `closed` we call */
  napi_ref dispatch;
  napi_ref closed;
  napi_ref collect; /* (...values) => values */
  rp_view scratch;  /* what post reads */
  rp_view outbox;   /* what postMany reads */
  rp_view inbox;    /* what receive writes */
  rp_view control;  /* int32_t[RP_CONTROL_WORDS] */
  rp_view posts; /* uint32_t: posts of this thread to channels of Node's; see order.h */

  struct rp_rings *rings; /* NULL: the wrapper uses none; see ring_buffer.c */

  rp_block *staged; /* blocks of the message being encoded */
  uint32_t staged_length, staged_capacity;

  struct rp_flat_shape *flat; /* by number; see flat.c */
  uint8_t *batch;             /* the records that have been read, still in the ring */
  uint32_t flat_length;
  uint32_t flats_left;   /* so many more are read there: then the codec is quicker */
  uint32_t wanted_shape; /* which has been met and is not among them; RP_NO_SHAPE: none */
  uint32_t batch_bytes, batch_count;
  uint32_t batch_slot; /* RP_NO_SLOT: none */
} rp_env;

#define RP_NO_SLOT UINT32_MAX
#define RP_NO_SHAPE UINT32_MAX

/* The words shared with the wrapper; only after rp_env_setup(). */
static inline uint32_t *
rp_control(rp_env *e) {
  return (uint32_t *) (void *) e->control.data;
}

/* Call a function of the wrapper the way libuv callbacks must: ticks and microtasks run
 * after it, an error goes to 'uncaughtException'. `context` may be NULL. False if JS
 * cannot run any more. */
bool rp_env_call(rp_env *e, napi_async_context context, napi_ref receiver,
                 napi_ref function, size_t argc, const napi_value *argv);

/* setup(receiver, dispatch, closed, control): the wrapper introduces itself. */
napi_value rp_env_setup(napi_env env, napi_callback_info info);

/* setScratch(Uint8Array), setOutbox(Uint8Array), setInbox(Uint8Array): memory to post
 * from, one message or many, and to receive into. */
napi_value rp_env_set_scratch(napi_env env, napi_callback_info info);
napi_value rp_env_set_outbox(napi_env env, napi_callback_info info);
napi_value rp_env_set_inbox(napi_env env, napi_callback_info info);

/* setCollect(function, flats): (...values) => values; how many flat objects are read by
 * flat.c, at most. */
napi_value rp_env_set_collect(napi_env env, napi_callback_info info);

/* setPosts(Uint8Array of 4 bytes): where this thread counts its posts to channels of
 * Node's. */
napi_value rp_env_set_posts(napi_env env, napi_callback_info info);

/* setRef(boolean, rings): whether ports, or rings, have the doorbell keep the loop
 * alive. */
napi_value rp_env_set_ref(napi_env env, napi_callback_info info);

/* fatal(error): what an error does that nothing catches; returns if 'uncaughtException'
 * took it. */
napi_value rp_env_fatal(napi_env env, napi_callback_info info);

/* A handle that counts in open_handles has closed. True if the environment went with
 * it. */
bool rp_env_release_handle(rp_env *e);

/* For uv_close() of a handle that was malloc'ed, counts in open_handles and has the
 * environment as data. */
void rp_env_handle_closed(uv_handle_t *handle);

/* The open port that argument `value` names by its slot, NULL if there is none. */
rp_port *rp_env_port(rp_env *e, napi_value value);

/* The same, or a port that is closing but has its endpoint yet: it can be read to the
 * last. */
rp_port *rp_env_readable_port(rp_env *e, napi_value value);

/* The same by its slot, not by an argument. */
rp_port *rp_env_port_at(rp_env *e, uint32_t slot);

/* The same, or a port whose endpoint is away: any slot that is not free. */
rp_port *rp_env_used_port(rp_env *e, napi_value value);

#endif
