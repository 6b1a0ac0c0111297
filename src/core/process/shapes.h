/*
 * shapes.h - the shapes of objects that the threads of this process exchange, by number.
 *
 * A shape is the list of keys of an object, as text in a format of the codec (lib/codec).
 * Its number has the same meaning in every thread until the process exits, so a record
 * carries the number instead of the keys, and a port needs no table when it moves to
 * another thread. The table is bounded: writers add only shapes that they meet often, and
 * send the keys themselves once it is full.
 */
#ifndef RP_CORE_PROCESS_SHAPES_H_
#define RP_CORE_PROCESS_SHAPES_H_

#include <stddef.h>
#include <stdint.h>

#define RP_SHAPES_MAX 8192u
#define RP_SHAPE_TEXT_MAX 4096u

/* Get the number of the shape with this text; the first call for a text adds it. Any
 * thread, takes a lock. Returns RP_FULL if the table is full, RP_ETOOBIG if the text is
 * longer than RP_SHAPE_TEXT_MAX, or RP_ENOMEM. */
int rp_shapes_intern(const char *text, size_t length, uint32_t *number);

/* Get the text of shape `number`, which stays valid until the process exits. Any thread,
 * takes a lock. Returns RP_ENOENT if there is no such shape. */
int rp_shapes_get(uint32_t number, const char **text, size_t *length);

#endif
