/*
 * addon.c - the module: one rp_env per Node environment, one function object per
 * function.
 *
 * A function finds its environment in the data it was made with, which is cheaper than
 * napi_get_instance_data(). A function object costs a thread a microsecond and 400 bytes,
 * so define() makes those that not every thread needs.
 */
#include <node_api.h>
#include <stddef.h>

#include "node/blocks.h"
#include "node/env.h"
#include "node/flat.h"
#include "node/flow.h"
#include "node/code_cache.h"
#include "node/constants.h"
#include "node/port.h"
#include "node/port_wait.h"
#include "node/primitives.h"
#include "node/ring_buffer.h"
#include "node/process.h"
#include "node/loop_spin.h"
#include "node/lifetime.h"
#include "node/order.h"
#include "node/stay_loaded.h"
#include "node/threads.h"
#include "node/tree.h"
#include "node/value.h"

typedef struct entry {
  const char *name;
  napi_callback function;
} entry;

static napi_value define(napi_env env, napi_callback_info info);

static const entry at_start[] = {
    {"define", define},
    {"mark", rp_process_mark},
    {"threadRun", rp_process_thread_run},
    {"threads", rp_threads_describe},
    {"counts", rp_process_counts},
    {"join", rp_process_join},
    {"bind", rp_port_bind},
    {"peerDeclared", rp_port_peer_declared},
    {"place", rp_order_place},
    {"setReceiving", rp_port_set_receiving},
    {"setRef", rp_env_set_ref},
    {"setIdle", rp_loop_spin_set},
    {"setup", rp_env_setup},
    {"keepCode", rp_code_keep},
    {"codeOf", rp_code_get},
    {"checksum", rp_code_checksum},
};

/* To post and to hand over primitives: all that most workers ever need. */
static const entry for_values[] = {
    {"setPosts", rp_env_set_posts},     {"cover", rp_order_cover},
    {"setCollect", rp_env_set_collect}, {"fatal", rp_env_fatal},
    {"postValue", rp_primitives_post},  {"readValues", rp_port_read_values},
    {"release", rp_port_release},
};

/* To make a channel, to end it, and to give an end of it to a worker. */
static const entry for_channels[] = {
    {"open", rp_port_open},
    {"close", rp_port_close},
    {"withdraw", rp_port_withdraw},
    {"detach", rp_port_detach},
    {"queued", rp_port_queued},
    {"peerClosed", rp_port_peer_closed},
    {"spawnBegin", rp_process_spawn_begin},
    {"spawnCommit", rp_process_spawn_commit},
    {"spawnAbort", rp_process_spawn_abort},
    {"spawnForget", rp_process_spawn_forget},
    {"threadOnline", rp_process_thread_online},
    {"nudge", rp_port_nudge},
    {"nudgesWanted", rp_port_nudges_wanted},
};

static const entry for_flat[] = {
    {"postFlat", rp_flat_post},           {"postTree", rp_tree_post},
    {"setShape", rp_flat_set_shape},      {"internShape", rp_process_intern_shape},
    {"shapeText", rp_process_shape_text}, {"postCall", rp_tree_post_call},
};

/* Messages that the codec reads. */
static const entry for_endpoints[] = {
    {"setInbox", rp_env_set_inbox},
    {"postWhole", rp_primitives_post_whole},
    {"receive", rp_port_receive},
    {"peerViews", rp_port_peer_views},
};

static const entry for_ports[] = {
    {"setScratch", rp_env_set_scratch},
    {"setOutbox", rp_env_set_outbox},
    {"post", rp_port_post},
    {"postMany", rp_port_post_many},
    {"announce", rp_port_announce},
    {"peer", rp_port_peer},
    {"restore", rp_port_restore},
    {"attach", rp_port_attach},
    {"wantViews", rp_port_want_views},
    {"peerLost", rp_port_peer_lost},
    {"claimOffer", rp_port_claim_offer},
    {"stageBytes", rp_blocks_stage_bytes},
    {"stageString", rp_blocks_stage_string},
    {"stageEndpoint", rp_blocks_stage_endpoint},
    {"unstage", rp_blocks_unstage},
    {"blockLength", rp_blocks_length},
    {"takeBytes", rp_blocks_take_bytes},
    {"address", rp_blocks_address},
    {"lend", rp_blocks_lend},
    {"endLoan", rp_blocks_end_loan},
    {"takeString", rp_blocks_take_string},
    {"dropBlocks", rp_blocks_drop_rest},
    {"spawnEntrust", rp_process_spawn_entrust},
    {"lost", rp_process_lost},
};

static const entry for_rings[] = {
    {"ringSetup", rp_rings_setup},     {"ringSize", rp_rings_size},
    {"ringFormat", rp_rings_format},   {"ringMap", rp_rings_map},
    {"ringOpen", rp_rings_open},       {"ringEnd", rp_rings_end},
    {"ringOthers", rp_rings_others},   {"ringClose", rp_rings_close_memory},
    {"ringPark", rp_rings_park},       {"ringUnpark", rp_rings_unpark},
    {"ringWait", rp_rings_wait},       {"ringWake", rp_rings_wake},
    {"ringWrite", rp_rings_write},     {"ringWriteMany", rp_rings_write_many},
    {"ringClaim", rp_rings_claim},     {"ringCommit", rp_rings_commit},
    {"ringAbort", rp_rings_abort},     {"ringRead", rp_rings_read},
    {"ringGather", rp_rings_gather},   {"ringTake", rp_rings_take},
    {"ringRelease", rp_rings_release},
};

/* To block until there is a message. */
static const entry for_waits[] = {
    {"waitBegin", rp_port_wait_begin},
    {"wait", rp_port_wait},
    {"waitEnd", rp_port_wait_end},
    {"isAwaited", rp_port_is_awaited},
};

/* Ports with a mark. */
static const entry for_flow[] = {
    {"setMark", rp_flow_set_mark},
    {"flowMark", rp_flow_get_mark},
    {"flowLength", rp_flow_get_length},
    {"flowReached", rp_flow_reached},
    {"lookAgain", rp_flow_look_again},
    {"carry", rp_flow_carry},
    {"pass", rp_flow_pass},
    {"portStats", rp_flow_port_stats},
};

/* To look at all threads. */
static const entry for_top[] = {
    {"ports", rp_threads_ports},
    {"answers", rp_threads_answer},
    {"answering", rp_threads_answering},
};

static const entry for_tests[] = {{"constants", rp_constants_get}};

static bool
define_all(napi_env env, rp_env *e, napi_value object, const entry *entries,
           size_t count) {
  napi_property_descriptor properties[64];

  for (size_t i = 0; i < count; i++)
    properties[i] = (napi_property_descriptor){.utf8name = entries[i].name,
                                               .method = entries[i].function,
                                               .attributes = napi_enumerable,
                                               .data = e};
  return napi_define_properties(env, object, count, properties) == napi_ok;
}

#define COUNT(entries) (sizeof(entries) / sizeof((entries)[0]))
#define GROUP(entries)                                                                   \
  { entries, COUNT(entries) }

static const struct {
  const entry *entries;
  size_t count;
} groups[] = {GROUP(for_values),    GROUP(for_channels), GROUP(for_flat),
              GROUP(for_endpoints), GROUP(for_ports),    GROUP(for_rings),
              GROUP(for_waits),     GROUP(for_flow),     GROUP(for_top),
              GROUP(for_tests)};

_Static_assert(COUNT(for_ports) <= 64 && COUNT(for_rings) <= 64, "see define_all()");

/* define(object, group): more functions as methods of the object; lib/loading/native.js
 * names the groups. */
static napi_value
define(napi_env env, napi_callback_info info) {
  napi_value argv[RP_ARGS_MAX];
  rp_env *e = rp_arguments(env, info, argv);
  uint32_t group;

  if (napi_get_value_uint32(env, argv[1], &group) != napi_ok || group >= COUNT(groups) ||
      !define_all(env, e, argv[0], groups[group].entries, groups[group].count))
    return rp_throw_type(env, "define needs an object and a group");
  return NULL;
}

NAPI_MODULE_INIT() {
  rp_stay_loaded();

  rp_env *e = rp_env_new(env);

  if (e == NULL) return NULL;
  if (!define_all(env, e, exports, at_start, COUNT(at_start)))
    return rp_throw_memory(env);
  return exports;
}
