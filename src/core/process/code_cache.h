/*
 * code_cache.h - the scripts of the wrapper with their compiled code, shared by all
 * threads of this process.
 *
 * Text and code that were added stay unchanged until the process exits, so they can be
 * read without the lock. The cache is bounded by the number of scripts in dist/.
 */
#ifndef RP_CORE_PROCESS_CODE_CACHE_H_
#define RP_CORE_PROCESS_CODE_CACHE_H_

#include <stdbool.h>
#include <stddef.h>

#define RP_CODE_CACHE_SCRIPTS_MAX 128u
/* Versions of the compiled code of a script: one left by an earlier process, one by a
 * thread here if the engine rejects that, and more complete ones. */
#define RP_CODE_CACHE_GENERATIONS 4u

typedef struct rp_code_cache_entry {
  const char *name;
  const char *text; /* latin1, not terminated */
  size_t text_length;
  const void *data; /* compiled code, aligned as by malloc(); NULL: none yet */
  size_t data_length;
  bool shallow;        /* it covers only the functions that are used early on */
  unsigned generation; /* number of rp_code_cache_put() calls */
} rp_code_cache_entry;

/* Add a script. The cache copies `name` and refers to `text`, which must stay valid. Any
 * thread, takes a lock. Returns RP_EBUSY if there is a script of that name, RP_FULL or
 * RP_ENOMEM. On any error nothing has changed. */
int rp_code_cache_add(const char *name, const char *text, size_t length);

/* Set or replace the compiled code of a script. The cache refers to `data`, which must
 * stay valid. Any thread, takes a lock. Returns RP_EBUSY after RP_CODE_CACHE_GENERATIONS
 * calls, RP_ENOENT if there is no such script. On any error nothing has changed. */
int rp_code_cache_put(const char *name, const void *data, size_t length, bool shallow);

/* Look up a script by name. Any thread, takes a lock. Returns RP_ENOENT if there is
 * none. */
int rp_code_cache_get(const char *name, rp_code_cache_entry *code);

#endif
