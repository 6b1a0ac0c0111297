/*
 * stay_loaded.h - keeps the addon in memory until the process ends.
 */
#ifndef RP_NODE_STAY_LOADED_H_
#define RP_NODE_STAY_LOADED_H_

/* Any thread, any number of times. On Linux the linker does it (-z nodelete). */
void rp_stay_loaded(void);

#endif
