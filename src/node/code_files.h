/*
 * code_files.h - the files in dist/: the scripts of the wrapper and their compiled code.
 */
#ifndef RP_NODE_CODE_FILES_H_
#define RP_NODE_CODE_FILES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/process/code_cache.h"

/* Return a checksum of bytes, eight at a time; scripts/bundle.js computes the same. Any
 * thread. */
uint32_t rp_code_files_checksum(const char *data, size_t length);

/* Return the key of a script in the code cache, which the caller frees; NULL without
 * memory. The key includes the build, since the package may be replaced while the process
 * runs. */
char *rp_code_files_key(const char *folder, const char *build, const char *name);

/* Find a script in the code cache, or read it from its files into the cache. `at` names
 * the Node and the flags that the compiled code is for. Returns false if there is no such
 * script. Any thread; takes locks and reads files. */
bool rp_code_files_find(const char *folder, const char *build, const char *name,
                        const char *at, rp_code_cache_entry *code);

#endif
