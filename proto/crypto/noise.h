/* noise: the Noise Protocol Framework, revision 34, patterns as data:
 * Noise_XK, Noise_XKpsk3, Noise_NNpsk0, all with 25519, ChaChaPoly, SHA256.
 * One machine runs them all; no I/O, no allocation. */
#ifndef KRV_NOISE_H
#define KRV_NOISE_H

#include "buf.h"
#include "secret.h"

enum krv_noise_pattern { KRV_NOISE_XK, KRV_NOISE_XKPSK3, KRV_NOISE_NNPSK0, KRV_NOISE_COUNT };

struct krv_noise_cipher {
  struct krv_key k;
  uint64_t n;
  bool has_key;
};

struct krv_noise {
  enum krv_noise_pattern pattern;
  bool initiator;
  unsigned message; /* the next one to write or read, from 0 */
  uint8_t h[32], ck[32];
  struct krv_noise_cipher cipher;
  struct krv_dh_pair s, e;
  struct krv_key rs, re;
  struct krv_key psk;
  bool has_psk;
  bool failed;
};

struct krv_noise_options {
  enum krv_noise_pattern pattern;
  bool initiator;
  struct krv_slice prologue;
  const struct krv_dh_pair *s;  /* own static; NULL for NNpsk0 */
  const struct krv_dh_pair *e;  /* own ephemeral, always given: the caller decides its source */
  const struct krv_key *rs;     /* the responder's static, for the initiator of XK; else NULL */
  const struct krv_key *psk;    /* may come later by krv_noise_set_psk (XKpsk3 responder) */
};

void krv_noise_init(struct krv_noise *noise, const struct krv_noise_options *options);
void krv_noise_set_psk(struct krv_noise *noise, const struct krv_key *psk);
void krv_noise_release(struct krv_noise *noise); /* wipes */

/* Appends the next handshake message with payload to out. CRYPTO or NOMEM, and
 * the machine is dead; STATE when it is not our turn, TOO_LARGE beyond 65,535
 * bytes, and nothing changed. A psk that is missing where it is mixed: STATE, dead. */
int krv_noise_write(struct krv_noise *noise, struct krv_slice payload, struct krv_buf *out)
    __attribute__((warn_unused_result));
/* Reads the next handshake message, appends its payload to payload. After a
 * failure the machine is dead (not by STATE out of turn) and payload is as it
 * was. CRYPTO, MALFORMED, NOMEM, STATE. */
int krv_noise_read(struct krv_noise *noise, struct krv_slice message, struct krv_buf *payload)
    __attribute__((warn_unused_result));
/* Bytes that message i of the pattern adds to its payload. */
size_t krv_noise_overhead(enum krv_noise_pattern pattern, unsigned message);
bool krv_noise_done(const struct krv_noise *noise);

/* After the last message: the two directions, seen from this end, the
 * handshake hash (channel binding), and the final chaining key, from which the
 * next ticket comes (R26). */
void krv_noise_split(struct krv_noise *noise, struct krv_noise_cipher *send,
                     struct krv_noise_cipher *receive, uint8_t handshake_hash[32],
                     struct krv_key *chaining_key);

/* Transport messages, with ad; in place allowed. seal: out has plain.len + 16 bytes. The counter
 * never wraps: STATE at 2^64 - 1. */
int krv_noise_seal(struct krv_noise_cipher *cipher, struct krv_slice ad, struct krv_slice plain,
                   uint8_t *out) __attribute__((warn_unused_result));
int krv_noise_open(struct krv_noise_cipher *cipher, struct krv_slice ad, struct krv_slice sealed,
                   uint8_t *out) __attribute__((warn_unused_result));

#endif
