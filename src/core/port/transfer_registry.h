/*
 * transfer_registry.h - the endpoints in transit, by id.
 *
 * Detaching and attaching are rare, so one lock and a hash table will do. An id cannot be
 * guessed from other ids, so no message can name an endpoint that it was not given.
 */
#ifndef RP_CORE_PORT_TRANSFER_REGISTRY_H_
#define RP_CORE_PORT_TRANSFER_REGISTRY_H_

#include <stddef.h>
#include <stdint.h>

struct rp_endpoint;

/* Return a new id, never 0. Any thread; see rp_random_number(). */
uint64_t rp_transfer_new_id(void);

/* Add an endpoint under its `id`. Any thread; constant time except when the table grows.
 * Without memory it does not grow, and lookups take longer. */
void rp_transfer_add(struct rp_endpoint *endpoint);

/* Remove the endpoint with this id and return it, or NULL if there is none. Any thread;
 * only one caller gets it. */
struct rp_endpoint *rp_transfer_take(uint64_t id);

/* Return the number of endpoints in transit. Any thread. */
size_t rp_transfer_count(void);

#endif
