/*
 * failpoint.h - moments at which a test stops a thread, to do something to it right there.
 *
 * rp_yield("post:published") costs nothing: only builds with RP_YIELD_POINTS, which nobody ships, have
 * the function (test/faults/faults.c), and every name must be reached by a test (test/faults/kill.js).
 */
#ifndef RP_CORE_FAILPOINT_H_
#define RP_CORE_FAILPOINT_H_

#ifdef RP_YIELD_POINTS
/* Stop here if this thread is to. Any thread. */
void rp_yield(const char *point);
#else
#define rp_yield(point) ((void) 0)
#endif

#endif
