/*
 * code_cache.h - the scripts of the wrapper, which all threads of this process share.
 *
 * A script is kept with its text and the code that the engine has made of it. What has
 * been put stays as it is for as long as the process lives, and can be read without the
 * lock; it is bounded by what the wrapper consists of.
 */
#ifndef RP_CORE_PROCESS_CODE_CACHE_H_
#define RP_CORE_PROCESS_CODE_CACHE_H_

#include <stdbool.h>
#include <stddef.h>

#define RP_CODE_CACHE_SCRIPTS_MAX 128u
/* The code that a process has left, that of a thread here if the engine refuses it, and
 * better ones. */
#define RP_CODE_CACHE_GENERATIONS 4u

typedef struct rp_code_cache_entry {
  const char *name;
  const char *text; /* latin1, not terminated */
  size_t text_length;
  const void *data; /* the engine's code; aligned as by malloc() */
  size_t data_length;
  bool shallow;        /* of the functions that are used early on, only */
  unsigned generation; /* how often data has been put */
} rp_code_cache_entry;

/* Keep a script, with its text where it lies, which stays there from now on, and a copy
 * of its name. Any thread, takes a lock. RP_EBUSY: it is kept already. RP_FULL,
 * RP_ENOMEM. Otherwise than RP_OK nothing has changed. */
int rp_code_cache_add(const char *name, const char *text, size_t length);

/* Keep the engine's code for a script in the place of what it has; it stays where it
 * lies. Any thread, takes a lock. RP_EBUSY: it has been replaced often enough. RP_ENOENT:
 * there is no such script. Otherwise than RP_OK nothing has changed. */
int rp_code_cache_put(const char *name, const void *data, size_t length, bool shallow);

/* The script of this name. Any thread, takes a lock. RP_ENOENT. */
int rp_code_cache_get(const char *name, rp_code_cache_entry *code);

#endif
