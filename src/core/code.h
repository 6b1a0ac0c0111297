/*
 * code.h - what the threads of this process have compiled of the wrapper, for the threads to come.
 *
 * A file of the wrapper is kept with its text and the code that the engine has made of it. All of it
 * stays for as long as the process lives, and what has been put is not changed, so what is found can be
 * read without the lock. It is bounded by what the wrapper consists of.
 */
#ifndef RP_CODE_H_
#define RP_CODE_H_

#include <stddef.h>

#define RP_CODE_FILES_MAX 128u

typedef struct rp_code {
  const char *name;
  const char *text; /* latin1, not terminated */
  size_t text_length;
  const void *data;
  size_t data_length;
} rp_code;

/* Keep a copy of `code`, unless the file of this name is there. Any thread, takes a lock. RP_FULL,
 * RP_ENOMEM: it is not kept. */
int rp_code_put(const rp_code *code);

/* The file of this name, which stays for ever. Any thread, takes a lock. RP_ENOENT. */
int rp_code_get(const char *name, rp_code *code);

#endif
