/*
 * code_cache.h - what the threads of this process have compiled of the wrapper, for the threads to come.
 *
 * A file of the wrapper is kept with its text and the code that the engine has made of it. That code
 * holds the functions that have run by then, so it may be put once more, by a thread that has run more
 * of them. What has been put stays as it is for as long as the process lives, and can be read without
 * the lock; it is bounded by what the wrapper consists of.
 */
#ifndef RP_CORE_PROCESS_CODE_CACHE_H_
#define RP_CORE_PROCESS_CODE_CACHE_H_

#include <stddef.h>

#define RP_CODE_CACHE_FILES_MAX 128u
#define RP_CODE_CACHE_GENERATIONS 2u

typedef struct rp_code_cache_entry {
  const char *name;
  const char *text; /* latin1, not terminated */
  size_t text_length;
  const void *data;
  size_t data_length;
  unsigned generation; /* how often it has been put */
} rp_code_cache_entry;

/* Keep a copy of `code`; of one that is there, only the data is replaced. No-op after RP_CODE_CACHE_GENERATIONS.
 * Any thread, takes a lock. RP_FULL, RP_ENOMEM: nothing has changed. */
int rp_code_cache_put(const rp_code_cache_entry *code);

/* The file of this name, which stays for ever. Any thread, takes a lock. RP_ENOENT. */
int rp_code_cache_get(const char *name, rp_code_cache_entry *code);

#endif
