/*
 * failpoint.h - moments at which a test stops a thread, to do something to it right
 * there.
 *
 * rp_failpoint("post:published") costs nothing: only builds with RP_FAILPOINTS, which
 * nobody ships, have the function (test/faults/faults.c), and every name must be reached
 * by a test (test/faults/kill.js).
 */
#ifndef RP_CORE_FAILPOINT_H_
#define RP_CORE_FAILPOINT_H_

#ifdef RP_FAILPOINTS
/* Stop here if this thread is to. Any thread. */
void rp_failpoint(const char *point);
#else
#define rp_failpoint(point) ((void) 0)
#endif

#endif
