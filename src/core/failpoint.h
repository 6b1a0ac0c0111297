/*
 * failpoint.h - named points at which a test can stop a thread.
 *
 * rp_failpoint("post:published") compiles to nothing, except in builds with
 * RP_FAILPOINTS, which are never shipped. There test/faults/faults.c implements it, and
 * test/faults/kill.js checks that every name is reached.
 */
#ifndef RP_CORE_FAILPOINT_H_
#define RP_CORE_FAILPOINT_H_

#ifdef RP_FAILPOINTS
/* Block if a test has asked to stop a thread at this point. Any thread. */
void rp_failpoint(const char *point);
#else
#define rp_failpoint(point) ((void) 0)
#endif

#endif
