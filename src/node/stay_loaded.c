/*
 * stay_loaded.c - Node closes an addon's library when the last environment that loaded it
 * ends, and a thread may still be on its way out of our code: the library stays for good.
 */
#include "node/stay_loaded.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

void
rp_stay_loaded(void) {
  static const char here;
  HMODULE module;

  (void) GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_PIN,
                            &here, &module);
}
#elif defined(__APPLE__)
#include <dlfcn.h>

void
rp_stay_loaded(void) {
  static const char here;
  Dl_info library;

  if (dladdr(&here, &library) != 0)
    (void) dlopen(library.dli_fname, RTLD_LAZY | RTLD_NODELETE);
}
#else
#ifdef __linux__
#include <limits.h>
#endif
#ifdef __GLIBC__
#include <gnu/libc-version.h>

/* The loader of musl opens a library that was linked with glibc, if it only knows all the
 * symbols. It does not know this one, so that the binary for musl is used there. */
__attribute__((used)) static const char *(*const glibc_only)(void) = gnu_get_libc_version;
#endif

void
rp_stay_loaded(void) {
}
#endif
