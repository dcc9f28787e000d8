/* evil: the server's end of a device's session in the hands of an adversary who has the server's
 * key: the channel is right, and what is said in it is whatever the test says. Link the fleet. */
#ifndef KRV_EVIL_H
#define KRV_EVIL_H

#include "fleet.h"

enum { EVIL_LINES_MAX = 1024 };

/* One message as it will be said. */
struct evil_line {
  enum krv_message_kind kind;
  struct krv_buf payload;
};

/* What the server says once it has heard OPEN, in order. ANSWER lines are made when they are said,
 * from what came in; one with a payload goes as it is. */
struct evil_script {
  const struct krv_env *env;
  struct evil_line lines[EVIL_LINES_MAX];
  size_t count;
};
void evil_script_init(struct evil_script *script, const struct krv_env *env);
void evil_script_release(struct evil_script *script);
void evil_script_copy(const struct evil_script *from, struct evil_script *to);
/* Adds at a place (count: at the end); later ones move. */
struct krv_buf *evil_add(struct evil_script *script, size_t at, enum krv_message_kind kind);
void evil_drop(struct evil_script *script, size_t at);
void evil_swap(struct evil_script *script, size_t a, size_t b);
/* The i-th of a kind from the start; count when there is none. */
size_t evil_find(const struct evil_script *script, enum krv_message_kind kind, size_t i);
size_t evil_of_kind(const struct evil_script *script, enum krv_message_kind kind);

/* The honest script: what a vault holds, told to a device from the beginning: RESTART, roster,
 * ANSWER, boxes and receipts for it, every case, CURSOR. */
void evil_truth(struct fleet_device *from, krv_device_ix to, struct evil_script *script);

struct evil_options {
  const struct evil_script *script;
  size_t noise_at; /* so many bytes of what is said, then: */
  size_t cut_at; /* 0: no; else nothing after so many bytes of plaintext */
  uint64_t flips; /* seed: after noise_at random bits of plaintext flip; 0: none */
  bool enrolled; /* an enrolment: ENROLLED(1) first */
  bool mute; /* never says anything */
  bool pongs; /* answers PING, as an honest one does */
  uint64_t wants; /* out: WANTs that it heard */
  uint64_t heard; /* out: messages that it heard */
  size_t queue_max; /* out: the most bytes that waited to be sent to it */
};
/* One session of the device with this server. The device's status. */
int evil_session(struct fleet_device *device, struct evil_options *options);

#endif
