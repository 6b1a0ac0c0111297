/*
 * error.h - result codes. 0 is success, everything else is negative (libuv's habit).
 *
 * JavaScript has the same list in lib/constants.js, which is generated from this one; see
 * docs/decisions/constants.md.
 */
#ifndef RP_CORE_ERROR_H_
#define RP_CORE_ERROR_H_

/* X(name, value) */
#define RP_ERROR_LIST(X)                                                                 \
  X(OK, 0)                                                                               \
  X(EMPTY, -1)      /* nothing to read now */                                            \
  X(FULL, -2)       /* no room now; try again when the consumer has released */          \
  X(ETOOBIG, -3)    /* the record can never fit into this ring */                        \
  X(ENOMEM, -4)     /* malloc failed; nothing was changed */                             \
  X(CLOSED, -5)     /* the producer has closed: no more will come */                     \
  X(ECORRUPT, -6)   /* another side has written nonsense; nothing was read */            \
  X(ENOENT, -7)     /* no such id */                                                     \
  X(ECLOSED, -8)    /* the ring is closed: it takes no more records */                   \
  X(EBUSY, -9)      /* another handle has that role */                                   \
  X(EFORMAT, -10)   /* not a ring, or an impossible one */                               \
  X(ECLAIM, -11)    /* claim or commit called out of order */                            \
  X(ERANDOM, -12)   /* the system has no source of random numbers */                     \
  X(EDEADLOCK, -13) /* the peer's thread waits for this one */

#define RP_ERROR_ENTRY(name, value) RP_##name = (value),
enum { RP_ERROR_LIST(RP_ERROR_ENTRY) };

#endif
