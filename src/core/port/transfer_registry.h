/*
 * transfer_registry.h - the endpoints in transit, by id.
 *
 * Detaching and attaching are rare, so one lock and a table of chains do. Ids come from a
 * generator that cannot be guessed from another id, so that no message can name an
 * endpoint that it was not given.
 */
#ifndef RP_CORE_PORT_TRANSFER_REGISTRY_H_
#define RP_CORE_PORT_TRANSFER_REGISTRY_H_

#include <stddef.h>
#include <stdint.h>

struct rp_endpoint;

/* A fresh id, never 0. Any thread; see rp_random_number(). */
uint64_t rp_transfer_new_id(void);

/* Add an endpoint under endpoint->id. Any thread; constant time but for a malloc now and
 * then, without which it takes longer to find one. */
void rp_transfer_add(struct rp_endpoint *endpoint);

/* Take the endpoint with this id out, NULL if there is none. Any thread; one caller gets
 * it. */
struct rp_endpoint *rp_transfer_take(uint64_t id);

size_t rp_transfer_count(void);

#endif
