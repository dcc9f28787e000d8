#include "casekey.h"

void krv_case_key_random(const struct krv_env *env, uint32_t epoch, struct krv_case_key *out) {
  struct krv_key key;
  krv_key_random(env, &key);
  krv_case_key_set(out, epoch, &key);
  krv_wipe(&key, sizeof key);
}

void krv_case_key_set(struct krv_case_key *out, uint32_t epoch, const struct krv_key *key) {
  out->epoch = epoch;
  out->key = *key;
  krv_key_commit(&out->key, out->key_commit);
  krv_key_id(out->key_commit, &out->key_id);
}
