/* casekey: the key of one epoch of a case (R8, R14). */
#ifndef KRV_CASEKEY_H
#define KRV_CASEKEY_H

#include "hash.h"
#include "secret.h"

struct krv_case_key {
  uint32_t epoch;
  struct krv_key key;
  uint8_t key_commit[32]; /* H(key) */
  struct krv_id key_id;   /* H16(key_commit) */
};

void krv_case_key_random(const struct krv_env *env, uint32_t epoch, struct krv_case_key *out);
void krv_case_key_set(struct krv_case_key *out, uint32_t epoch, const struct krv_key *key);

#endif
