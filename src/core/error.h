/*
 * error.h - result codes. 0 is success, everything else is negative (libuv's habit).
 */
#ifndef RP_CORE_ERROR_H_
#define RP_CORE_ERROR_H_

enum {
  RP_OK = 0,
  RP_EMPTY = -1,    /* nothing to read now */
  RP_FULL = -2,     /* no room now; try again when the consumer has released */
  RP_ETOOBIG = -3,  /* the record can never fit into this ring */
  RP_ENOMEM = -4,   /* malloc failed; nothing was changed */
  RP_CLOSED = -5,   /* the producer has sealed the ring: nothing more will come */
  RP_ECORRUPT = -6, /* another side wrote what it must not; nothing was read */
  RP_ENOENT = -7,   /* no such id */
  RP_ECLOSED = -8,  /* the ring takes nothing more */
  RP_EBUSY = -9,    /* another has that role */
  RP_EFORMAT = -10, /* no ring, or one that there cannot be */
  RP_ECLAIM = -11,  /* a claim is open that must not be, or is not that must */
  RP_ERANDOM = -12, /* the system gives no random numbers */
};

#endif
