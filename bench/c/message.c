/*
 * message.c - the cost of a small message in the core, without Node: write, publish,
 * peek, copy out.
 *
 *   gcc -O3 -flto -std=c11 -D_GNU_SOURCE -Isrc bench/c/message.c \
 *       $(node scripts/sources.js | grep core) -lpthread -o message
 *   time ./message blocks 20000        10 million messages, 500 published one by one, then read
 *   time ./message runs 20000          the same, 500 at a time
 *   time ./message single 2000000      each one wakes the reader
 *   valgrind --tool=callgrind ./message blocks 300     instructions; take the difference of two counts
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/port/channel.h"

enum { BLOCK = 500, BYTES = 2, INBOX = 64 * 1024 };

static rp_ready_list thread;
static rp_endpoint *sender, *receiver;
static uint8_t inbox[INBOX];

static void
ring(rp_ready_list *rung) {
  (void) rung; /* the reader polls */
}

static void
send_one(void) {
  static const uint8_t message[BYTES];

  (void) rp_endpoint_write(sender, 0, message, sizeof(message), NULL, 0);
  rp_endpoint_publish(sender);
}

static void
send_run(void) {
  static uint32_t run[BLOCK][4];
  uint32_t count;

  for (uint32_t i = 0; i < BLOCK; i++) run[i][0] = BYTES;
  (void) rp_endpoint_write_run(sender, (uint8_t *) run, sizeof(run), &count);
  rp_endpoint_publish(sender);
}

static void
receive_all(void) {
  rp_endpoint *endpoint;
  uint8_t *run;
  uint32_t bytes, count;

  rp_ready_list_wake(&thread);
  while ((endpoint = rp_ready_list_next(&thread)) != NULL) {
    rp_endpoint_begin(endpoint);
    while (rp_chain_peek_run(&endpoint->inbox, INBOX, BLOCK, 0, &run, &bytes, &count) ==
           RP_OK) {
      memcpy(inbox, run, bytes);
      rp_chain_release(&endpoint->inbox, bytes, count);
    }
    rp_endpoint_end(endpoint, false, false);
  }
  (void) rp_ready_list_rest(&thread);
}

int
main(int argc, char **argv) {
  const char *mode = argc == 3 ? argv[1] : "";
  int singly = strcmp(mode, "blocks") == 0 ? BLOCK : strcmp(mode, "single") == 0 ? 1 : 0;

  if (singly == 0 && strcmp(mode, "runs") != 0) return 1;
  rp_ready_list_init(&thread, ring);
  if (rp_channel_open(&thread, &sender, &receiver) != RP_OK) return 1;
  for (long rounds = atol(argv[2]); rounds > 0; rounds--) {
    if (singly == 0) send_run();
    for (int i = 0; i < singly; i++) send_one();
    receive_all();
  }
  return 0;
}
