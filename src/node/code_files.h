/*
 * code_files.h - the scripts that scripts/bundle.js has made of the wrapper, in the files
 * that they are in.
 */
#ifndef RP_NODE_CODE_FILES_H_
#define RP_NODE_CODE_FILES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/process/code_cache.h"

/* Of the bytes, eight at a time; scripts/bundle.js computes the same. */
uint32_t rp_code_files_checksum(const char *data, size_t length);

/* By what a script is known in this process, since a package can be replaced while it
 * runs. To be freed; NULL without memory. */
char *rp_code_files_key(const char *folder, const char *build, const char *name);

/* Find a script that is kept, or is in files; what is read is kept. `at` names the Node
 * and the flags that the engine's code is for. Any thread, takes a lock and reads files.
 * False: there is none. */
bool rp_code_files_find(const char *folder, const char *build, const char *name,
                        const char *at, rp_code_cache_entry *code);

#endif
