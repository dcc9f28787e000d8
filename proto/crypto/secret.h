/* secret: 32 bytes that are zeroed when done with. */
#ifndef KRV_SECRET_H
#define KRV_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "env.h"
#include "status.h"

enum { KRV_KEY_LEN = 32, KRV_TAG_LEN = 16, KRV_SIG_LEN = 64 };

struct krv_key {
  uint8_t b[KRV_KEY_LEN];
};

/* A public and a secret half; what they are for says the field's name. */
struct krv_sign_pair {
  struct krv_key pk;
  uint8_t sk[64]; /* seed, then pk: libsodium's form */
};
struct krv_dh_pair {
  struct krv_key pk, sk;
};

/* Once per process, before anything else of crypto; CRYPTO if libsodium refuses. */
int krv_crypto_start(void);
void krv_wipe(void *p, size_t len);
/* Constant time. */
bool krv_secret_equal(const void *a, const void *b, size_t len);
/* The system's own generator, for the host's env; never called by proto/ itself. */
void krv_random_bytes(void *out, size_t len);
void krv_key_random(const struct krv_env *env, struct krv_key *out);

#endif
