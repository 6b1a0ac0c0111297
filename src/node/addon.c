/*
 * addon.c - the module: one rp_env per Node environment, one function object per function.
 *
 * Every function gets its environment as the data it was made with, which is cheaper than
 * napi_get_instance_data and as right: functions never cross environments.
 */
#include <node_api.h>
#include <stddef.h>

#include "blocks.h"
#include "env.h"
#include "kept.h"
#include "port.h"
#include "ring_buffer.h"
#include "tables.h"

static const struct {
  const char *name;
  napi_callback function;
} functions[] = {
    {"setup", rp_env_setup},
    {"setScratch", rp_env_set_scratch},
    {"setOutbox", rp_env_set_outbox},
    {"setInbox", rp_env_set_inbox},
    {"setSpin", rp_idle_set_spin},
    {"setRef", rp_env_set_ref},
    {"fatal", rp_env_fatal},
    {"open", rp_port_open},
    {"bind", rp_port_bind},
    {"post", rp_port_post},
    {"postMany", rp_port_post_many},
    {"receive", rp_port_receive},
    {"release", rp_port_release},
    {"setReceiving", rp_port_set_receiving},
    {"close", rp_port_close},
    {"announce", rp_port_announce},
    {"peer", rp_port_peer},
    {"detach", rp_port_detach},
    {"withdraw", rp_port_withdraw},
    {"restore", rp_port_restore},
    {"attach", rp_port_attach},
    {"wantViews", rp_port_want_views},
    {"peerViews", rp_port_peer_views},
    {"peerLost", rp_port_peer_lost},
    {"stageBytes", rp_blocks_stage_bytes},
    {"stageString", rp_blocks_stage_string},
    {"stageHalf", rp_blocks_stage_half},
    {"unstage", rp_blocks_unstage},
    {"blockLength", rp_blocks_length},
    {"takeBytes", rp_blocks_take_bytes},
    {"lend", rp_blocks_lend},
    {"endLoan", rp_blocks_end_loan},
    {"takeString", rp_blocks_take_string},
    {"dropBlocks", rp_blocks_drop_rest},
    {"internShape", rp_tables_intern_shape},
    {"shapeText", rp_tables_shape_text},
    {"spawnBegin", rp_tables_spawn_begin},
    {"spawnCommit", rp_tables_spawn_commit},
    {"spawnAbort", rp_tables_spawn_abort},
    {"spawnClaim", rp_tables_spawn_claim},
    {"spawnEntrust", rp_tables_spawn_entrust},
    {"spawnForget", rp_tables_spawn_forget},
    {"lost", rp_tables_lost},
    {"ringSetup", rp_rings_setup},
    {"ringSize", rp_rings_size},
    {"ringFormat", rp_rings_format},
    {"ringMap", rp_rings_map},
    {"ringOpen", rp_rings_open},
    {"ringEnd", rp_rings_end},
    {"ringClose", rp_rings_close_memory},
    {"ringPark", rp_rings_park},
    {"ringUnpark", rp_rings_unpark},
    {"ringWait", rp_rings_wait},
    {"ringWake", rp_rings_wake},
    {"ringWrite", rp_rings_write},
    {"ringWriteMany", rp_rings_write_many},
    {"ringClaim", rp_rings_claim},
    {"ringCommit", rp_rings_commit},
    {"ringAbort", rp_rings_abort},
    {"ringRead", rp_rings_read},
    {"ringGather", rp_rings_gather},
    {"ringTake", rp_rings_take},
    {"ringRelease", rp_rings_release},
    {"threadOnline", rp_tables_thread_online},
    {"threadRun", rp_tables_thread_run},
    {"threads", rp_tables_threads},
    {"mark", rp_tables_mark},
    {"counts", rp_tables_counts},
    {"keepCode", rp_kept_put},
    {"codeOf", rp_kept_get},
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

NAPI_MODULE_INIT() {
  napi_property_descriptor properties[FUNCTIONS];
  rp_env *e = rp_env_new(env);

  if (e == NULL) return NULL;
  for (size_t i = 0; i < FUNCTIONS; i++)
    properties[i] = (napi_property_descriptor){.utf8name = functions[i].name,
                                               .method = functions[i].function,
                                               .attributes = napi_enumerable,
                                               .data = e};
  (void) napi_set_instance_data(env, e, NULL, NULL);
  (void) napi_define_properties(env, exports, FUNCTIONS, properties);
  return exports;
}
