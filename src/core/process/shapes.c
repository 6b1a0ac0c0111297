/*
 * shapes.c - the shapes of objects that the threads of this process exchange, by number.
 *
 * Each thread caches what it has looked up, so it asks once per shape: a lock and open
 * addressing will do.
 */
#include "core/process/shapes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/lock.h"

typedef struct shape {
  size_t length;
  char text[];
} shape;

/* Twice the number of shapes, so that probing stays short; number + 1, 0 is free. */
#define SLOTS (2 * RP_SHAPES_MAX)

static rp_lock lock = RP_LOCK_INIT;
static shape *shapes[RP_SHAPES_MAX];
static uint16_t slots[SLOTS];
static uint32_t count;

/* FNV-1a. */
static uint32_t
hash(const char *text, size_t length) {
  uint32_t h = 2166136261u;

  for (size_t i = 0; i < length; i++) h = (h ^ (uint8_t) text[i]) * 16777619u;
  return h;
}

/* The slot that holds the text, or the free one where it belongs. Under the lock. */
static uint32_t
find(const char *text, size_t length) {
  uint32_t slot = hash(text, length) % SLOTS;

  while (slots[slot] != 0) {
    const shape *at = shapes[slots[slot] - 1];

    if (at->length == length && memcmp(at->text, text, length) == 0) break;
    slot = (slot + 1) % SLOTS;
  }
  return slot;
}

/* Under the lock. */
static int
add(uint32_t slot, const char *text, size_t length) {
  if (count == RP_SHAPES_MAX) return RP_FULL;

  shape *made = malloc(sizeof(*made) + length);

  if (made == NULL) return RP_ENOMEM;
  made->length = length;
  memcpy(made->text, text, length);
  shapes[count++] = made;
  slots[slot] = (uint16_t) count;
  return RP_OK;
}

int
rp_shapes_intern(const char *text, size_t length, uint32_t *number) {
  if (length > RP_SHAPE_TEXT_MAX) return RP_ETOOBIG;

  rp_lock_take(&lock);
  uint32_t slot = find(text, length);
  int result = slots[slot] != 0 ? RP_OK : add(slot, text, length);

  if (result == RP_OK) *number = slots[slot] - 1u;
  rp_lock_drop(&lock);
  return result;
}

int
rp_shapes_get(uint32_t number, const char **text, size_t *length) {
  rp_lock_take(&lock);
  bool there = number < count;

  if (there) {
    *text = shapes[number]->text;
    *length = shapes[number]->length;
  }
  rp_lock_drop(&lock);
  return there ? RP_OK : RP_ENOENT;
}
