/*
 * open.c - opens an addon as Node does, for C libraries without a Node binary. The loader
 * must resolve all symbols at once; targets-run.js provides stubs for Node's.
 */
#include <dlfcn.h>
#include <stdio.h>

int
main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    void *library = dlopen(argv[i], RTLD_NOW);

    if (library == NULL) {
      printf("%s\n", dlerror());
      return 1;
    }
    if (dlsym(library, "napi_register_module_v1") == NULL) return 2;
  }
  return argc > 1 ? 0 : 3;
}
