/*
 * delay_load.c - has a binary that MinGW has built take Node's functions from the program
 * that loads it, whatever that is called: electron.exe, a single executable application.
 *
 * node-gyp gives Visual Studio a file that does the same (win_delay_load_hook.cc).
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <delayimp.h>
#include <string.h>

static FARPROC WINAPI
program_for_node(unsigned event, PDelayLoadInfo info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0)
    return NULL;
  return (FARPROC) (void *) GetModuleHandleA(NULL);
}

/* Read by MinGW's __delayLoadHelper2(). */
PfnDliHook __pfnDliNotifyHook2 = program_for_node;
