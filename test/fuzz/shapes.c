/*
 * The table of shapes: a text keeps its number, a number stands for one text, and numbers
 * outside the table and texts that are too long are refused.
 */
#include "core/process/shapes.h"

#include "core/error.h"
#include "input.h"

static void
check_known(const uint8_t *text, size_t length, uint32_t number) {
  const char *found;
  size_t found_length;

  CHECK(rp_shapes_get(number, &found, &found_length) == RP_OK);
  CHECK(found_length == length && (length == 0 || memcmp(found, text, length) == 0));
}

static void
intern(const uint8_t *text, size_t length) {
  /* A copy that ends where it ends, for ASan. */
  char *copy = malloc(length == 0 ? 1 : length);
  uint32_t number = 0, again = 0;

  CHECK(copy != NULL);
  if (length > 0) memcpy(copy, text, length);

  int result = rp_shapes_intern(copy, length, &number);

  CHECK(result == RP_OK || result == (length > RP_SHAPE_TEXT_MAX ? RP_ETOOBIG : RP_FULL));
  if (result == RP_OK) {
    CHECK(number < RP_SHAPES_MAX);
    CHECK(rp_shapes_intern(copy, length, &again) == RP_OK && again == number);
    check_known(text, length, number);
  }
  free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  input in = {bytes, size};
  const char *text;
  size_t length;

  while (in.left > 0) {
    uint32_t number = take_u32(&in);
    size_t wanted = take_size(&in);

    if (rp_shapes_get(number, &text, &length) == RP_OK) {
      CHECK(number < RP_SHAPES_MAX);
      check_known((const uint8_t *) text, length, number);
    }
    if (wanted > in.left) wanted = in.left;
    intern(in.at, wanted);
    in.at += wanted;
    in.left -= wanted;
  }
  return 0;
}
