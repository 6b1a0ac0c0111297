/*
 * shapes.h - the shapes of objects that the threads of this process exchange, by number.
 *
 * A shape is the list of keys of an object, as text that only the codec (lib/codec)
 * reads. Its number means the same in every thread and for as long as the process lives,
 * so a record carries two bytes instead of its keys, and a port that moves to another
 * thread takes nothing along. The table is bounded: writers put in only what they meet
 * often, and when it is full they send the keys themselves.
 */
#ifndef RP_CORE_PROCESS_SHAPES_H_
#define RP_CORE_PROCESS_SHAPES_H_

#include <stddef.h>
#include <stdint.h>

#define RP_SHAPES_MAX 8192u
#define RP_SHAPE_TEXT_MAX 4096u

/* The number of the shape with this text, made on first sight. Any thread, takes a lock.
 * RP_FULL: the table is full. RP_ETOOBIG: the text is longer than RP_SHAPE_TEXT_MAX.
 * RP_ENOMEM. */
int rp_shapes_intern(const char *text, size_t length, uint32_t *number);

/* The text of shape `number`, which stays for ever. Any thread, takes a lock.
 * RP_ENOENT. */
int rp_shapes_get(uint32_t number, const char **text, size_t *length);

#endif
