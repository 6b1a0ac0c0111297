/*
 * shared_memory.c - creates the memory of a shared ring, and finds the ring in it.
 */
#include "core/ring/shared_memory.h"

/* Return the distance between two slots: header and payload, both multiples of 8. */
static inline uint32_t
stride_of(uint32_t slot) {
  return slot == 0 ? 0 : slot + RP_SLOT_HEADER;
}

size_t
rp_shared_size(rp_mode mode, uint32_t capacity, uint32_t slot) {
  if (capacity < 2 || (capacity & (capacity - 1)) != 0) return 0;
  if (mode == RP_MPMC) {
    if (slot == 0 || slot % 8 != 0 || slot > RP_SLOT_MAX) return 0;
  } else if ((mode != RP_SPSC && mode != RP_MPSC) || slot != 0) {
    return 0;
  }

  uint64_t bytes = (uint64_t) capacity * (mode == RP_MPMC ? stride_of(slot) : 1u);

  if (bytes > RP_SHARED_MAX || (mode != RP_MPMC && bytes < RP_SHARED_MIN)) return 0;
  return RP_SHARED_DATA + (size_t) bytes;
}

/* Describe a ring whose parameters have been checked. */
static void
lay_out(rp_shared *shared, void *memory, rp_mode mode, uint32_t capacity, uint32_t slot) {
  *shared = (rp_shared){
      .words = memory,
      .data = (uint8_t *) memory + RP_SHARED_DATA,
      .mode = mode,
      .capacity = capacity,
      .slot = slot,
      .stride = stride_of(slot),
  };
}

static bool
fits(const void *memory, size_t size, rp_mode mode, uint32_t capacity, uint32_t slot) {
  size_t needed = rp_shared_size(mode, capacity, slot);

  return needed != 0 && needed <= size && (uintptr_t) memory % 8 == 0;
}

int
rp_shared_format(void *memory, size_t size, rp_mode mode, uint32_t capacity,
                 uint32_t slot) {
  if (!fits(memory, size, mode, capacity, slot)) return RP_EFORMAT;

  rp_shared_words *words = memory;

  rp_store_relaxed(&words->version, RP_SHARED_VERSION);
  rp_store_relaxed(&words->mode, (uint32_t) mode);
  rp_store_relaxed(&words->capacity, capacity);
  rp_store_relaxed(&words->slot, slot);
  /* Pairs with the acquire in rp_shared_map(): with the magic the other words are
   * visible. */
  rp_store_release(&words->magic, RP_SHARED_MAGIC);
  return RP_OK;
}

int
rp_shared_map(rp_shared *shared, void *memory, size_t size) {
  rp_shared_words *words = memory;

  if (size < RP_SHARED_DATA || (uintptr_t) memory % 8 != 0) return RP_EFORMAT;
  /* Pairs with the release in rp_shared_format(). */
  if (rp_load_acquire(&words->magic) != RP_SHARED_MAGIC) return RP_EFORMAT;
  if (rp_load_relaxed(&words->version) != RP_SHARED_VERSION) return RP_EFORMAT;

  rp_mode mode = (rp_mode) rp_load_relaxed(&words->mode);
  uint32_t capacity = rp_load_relaxed(&words->capacity);
  uint32_t slot = rp_load_relaxed(&words->slot);

  if (!fits(memory, size, mode, capacity, slot)) return RP_EFORMAT;
  lay_out(shared, memory, mode, capacity, slot);
  return RP_OK;
}
